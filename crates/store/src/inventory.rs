//! What was read from a tenant, stored per tenant, and verification reports.

use std::collections::BTreeMap;

use domain::{ids::RunId, time::Timestamp, verification::VerificationReport};
use policy::Running;
use serde_json::json;

use crate::{
    Store,
    audit::to_json,
    error::StoreError,
    sql::{Fragments, Statement, args, dialects, same},
    tenants::TenantAccess,
    versions::touch,
};

/// One object read from the provider.
#[derive(Debug, Clone)]
pub struct InventoryObject {
    /// Its id at the provider.
    pub external_id: String,
    /// What it is called there.
    pub display_name: String,
    /// Its type there, where the collection mixes types.
    pub odata_type: Option<String>,
}

/// One stored object.
#[derive(Debug, Clone)]
pub struct InventoryRow {
    /// Which kind of object.
    pub kind: String,
    /// Its id at the provider.
    pub external_id: String,
    /// What it is called there.
    pub display_name: String,
    /// Its type there.
    pub odata_type: Option<String>,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
    /// When it was last seen.
    pub last_seen_at: Timestamp,
}

static INVENTORY_UPSERT: Statement = dialects(
    "inventory_upsert",
    "insert into inventory_items (workspace_id, tenant_id, kind, external_id, display_name, odata_type,
       last_run_id, first_seen_at, last_seen_at)
     select $1, $2, $3, o.value ->> 'id', o.value ->> 'name', o.value ->> 'type', $4, $5, $5
     from jsonb_each($6) o where true
     on conflict (tenant_id, kind, external_id) do update set display_name = excluded.display_name,
       odata_type = excluded.odata_type, last_run_id = excluded.last_run_id, last_seen_at = excluded.last_seen_at",
    "insert into inventory_items (workspace_id, tenant_id, kind, external_id, display_name, odata_type,
       last_run_id, first_seen_at, last_seen_at)
     select $1, $2, $3, o.id, o.name, o.type, $4, $5, $5
     from json_to_recordset($6::json) as o(id text, name text, type text)
     on conflict (tenant_id, kind, external_id) do update set display_name = excluded.display_name,
       odata_type = excluded.odata_type, last_run_id = excluded.last_run_id, last_seen_at = excluded.last_seen_at",
);
static INVENTORY_FENCE: Statement = dialects(
    "inventory_fence",
    "select tenant_id from operation_runs where id = $1 and attempt = $2 and status = 'running'",
    "select tenant_id from operation_runs where id = $1 and attempt = $2 and status = 'running' for share",
);
static INVENTORY_FORGET: Statement = same(
    "inventory_forget",
    "delete from inventory_items where tenant_id = $1 and kind = $2 and last_run_id <> $3",
);
static INVENTORY_COUNTS: Statement = same(
    "inventory_counts",
    "select kind, count(*) as n, max(last_seen_at) as seen from inventory_items
     where workspace_id = $1 and tenant_id = $2 group by kind order by kind",
);
static REPORT_INSERT: Statement = same(
    "verification_report_insert",
    "insert into verification_reports (workspace_id, scope_id, run_id, connection_id, overall, report, generated_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (run_id) do update set overall = excluded.overall, report = excluded.report,
       generated_at = excluded.generated_at",
);
static REPORT_LATEST: Statement = same(
    "verification_report_latest",
    "select run_id, report from verification_reports
     where workspace_id = $1 and scope_id = $2 order by generated_at desc limit 1",
);

impl Store {
    /// Stores one page of objects; fenced by the attempt.
    ///
    /// # Errors
    /// `LeaseLost` when another attempt has taken over: then nothing was written.
    pub async fn inventory_store(
        &self,
        running: &Running,
        kind: &str,
        objects: &[InventoryObject],
    ) -> Result<(), StoreError> {
        let key = running.key();
        // A page may name an object twice; one statement may not write a row twice.
        let objects: BTreeMap<&str, &InventoryObject> =
            objects.iter().map(|o| (&*o.external_id, o)).collect();
        let rows: Vec<_> = objects
            .values()
            .map(|o| json!({ "id": o.external_id, "name": o.display_name, "type": o.odata_type }))
            .collect();
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let fence = tx
            .first(&INVENTORY_FENCE, args![key.run_id, key.attempt])
            .await?;
        let tenant = fence.ok_or(StoreError::LeaseLost)?.uuid("tenant_id")?;
        let args = args![
            key.workspace_id,
            tenant,
            kind,
            key.run_id,
            now,
            to_json(&rows)?
        ];
        tx.execute(&INVENTORY_UPSERT, args).await?;
        touch(&mut tx, [(key.scope_id, key.workspace_id)].into()).await?;
        tx.commit().await
    }

    /// Forgets objects of a kind that a complete read did not see any more; answers how many.
    ///
    /// # Errors
    /// `LeaseLost` when another attempt has taken over: then nothing was written.
    pub async fn inventory_forget(&self, running: &Running, kind: &str) -> Result<u64, StoreError> {
        let key = running.key();
        let mut tx = self.db.write().await?;
        let fence = tx
            .first(&INVENTORY_FENCE, args![key.run_id, key.attempt])
            .await?;
        let tenant = fence.ok_or(StoreError::LeaseLost)?.uuid("tenant_id")?;
        let gone = tx
            .execute(&INVENTORY_FORGET, args![tenant, kind, key.run_id])
            .await?;
        touch(&mut tx, [(key.scope_id, key.workspace_id)].into()).await?;
        tx.commit().await?;
        Ok(gone)
    }

    /// How many objects of each kind a tenant has, and when they were last seen.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn inventory_counts(
        &self,
        tenant: &TenantAccess,
    ) -> Result<Vec<(String, i64, Timestamp)>, StoreError> {
        let args = args![tenant.workspace_id(), tenant.id()];
        let rows = self.db.fetch(&INVENTORY_COUNTS, args).await?;
        rows.iter()
            .map(|row| Ok((row.text("kind")?, row.int("n")?, row.time("seen")?)))
            .collect()
    }

    /// One page of a tenant's inventory, by kind and name, after a row of the page before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn inventory(
        &self,
        tenant: &TenantAccess,
        kind: &str,
        after: Option<(&str, &str)>,
        limit: i64,
    ) -> Result<Vec<InventoryRow>, StoreError> {
        let mut query = Fragments::new(
            "inventory_list",
            "select kind, external_id, display_name, odata_type, first_seen_at, last_seen_at from inventory_items where workspace_id = ",
        );
        query
            .bind(tenant.workspace_id())
            .push(" and tenant_id = ")
            .bind(tenant.id());
        query.push(" and kind = ").bind(kind);
        if let Some((name, id)) = after {
            query
                .push(" and (display_name, external_id) > (")
                .bind(name)
                .push(", ")
                .bind(id)
                .push(")");
        }
        query
            .push(" order by display_name, external_id limit ")
            .bind(limit);
        let rows = self.db.list(query).await?;
        rows.iter()
            .map(|row| {
                Ok(InventoryRow {
                    kind: row.text("kind")?,
                    external_id: row.text("external_id")?,
                    display_name: row.text("display_name")?,
                    odata_type: row.opt_text("odata_type")?,
                    first_seen_at: row.time("first_seen_at")?,
                    last_seen_at: row.time("last_seen_at")?,
                })
            })
            .collect()
    }

    /// Stores the report of a verification; fenced by the attempt.
    ///
    /// # Errors
    /// `LeaseLost` when another attempt has taken over: then nothing was written.
    pub async fn report_store(
        &self,
        running: &Running,
        report: &VerificationReport,
    ) -> Result<(), StoreError> {
        let key = running.key();
        let connection = running.connection_id().ok_or(StoreError::NotFound)?;
        let mut tx = self.db.write().await?;
        let fence = tx
            .first(&INVENTORY_FENCE, args![key.run_id, key.attempt])
            .await?;
        fence.ok_or(StoreError::LeaseLost)?;
        let args = args![
            key.workspace_id,
            key.scope_id,
            key.run_id,
            connection,
            report.overall.as_str(),
            to_json(report)?,
            report.generated_at,
        ];
        tx.execute(&REPORT_INSERT, args).await?;
        touch(&mut tx, [(key.scope_id, key.workspace_id)].into()).await?;
        tx.commit().await
    }

    /// A tenant's newest verification report and the run that made it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn report_latest(
        &self,
        tenant: &TenantAccess,
    ) -> Result<Option<(RunId, VerificationReport)>, StoreError> {
        let args = args![tenant.workspace_id(), tenant.scope_id()];
        let row = self.db.first(&REPORT_LATEST, args).await?;
        row.map(|row| Ok((RunId::from_uuid(row.uuid("run_id")?), row.json("report")?)))
            .transpose()
    }
}
