//! A tenant's inventory.

use domain::{
    capability::Capability,
    error::ApiError,
    views::{InventoryCount, InventoryObjectView, InventoryView},
};
use store::{Scope, TenantAccess};

use crate::{Services, families::kinds::KINDS, problem::Answer as _};

const PAGE: i64 = 100;

impl Services {
    /// One page of a tenant's inventory.
    ///
    /// # Errors
    /// `NotFound` for an unknown kind too.
    pub async fn inventory_page(
        &self,
        scope: &Scope,
        tenant: &str,
        kind: Option<&str>,
        after: Option<(&str, &str)>,
    ) -> Result<InventoryView, ApiError> {
        let request = scope.request_id();
        let tenant = self.tenant_of(scope, tenant).await?;
        tenant.require(Capability::InventoryView)?;
        let kind = match kind.filter(|kind| !kind.is_empty()) {
            // What every directory has.
            None => KINDS.iter().find(|kind| kind.key == "groups"),
            Some(kind) => KINDS.iter().find(|known| known.key == kind),
        }
        .ok_or(ApiError::NotFound)?;
        let mut rows = self
            .store
            .inventory(&tenant, kind.key, after, PAGE + 1)
            .await
            .answer(request)?;
        let more = rows.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
        rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
        let next = rows
            .last()
            .filter(|_| more)
            .map(|row| (row.display_name.clone(), row.external_id.clone()));
        let objects = rows
            .into_iter()
            .map(|row| InventoryObjectView {
                external_id: row.external_id,
                name: row.display_name,
                object_type: row.odata_type,
                last_seen_at: row.last_seen_at,
            })
            .collect();
        Ok(InventoryView {
            tenant_id: tenant.id(),
            tenant: tenant.name().to_owned(),
            kinds: self.inventory_counts(scope, &tenant).await?,
            kind: kind.key.to_owned(),
            objects,
            next,
            as_of: self.store.now().await.answer(request)?,
        })
    }

    pub(crate) async fn inventory_counts(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
    ) -> Result<Vec<InventoryCount>, ApiError> {
        let counts = self
            .store
            .inventory_counts(tenant)
            .await
            .answer(scope.request_id())?;
        let counts = KINDS.iter().filter_map(|kind| {
            let (_, count, seen_at) = counts.iter().find(|(key, ..)| key == kind.key)?;
            Some(InventoryCount {
                kind: kind.key.to_owned(),
                label: kind.label.to_owned(),
                count: *count,
                seen_at: *seen_at,
            })
        });
        Ok(counts.collect())
    }
}
