//! Six tenants in every part of a tenant's life.

use domain::{
    capability::Capability,
    connection::{ConsentStatus, VerificationStatus},
    ids::{TenantId, UserId},
    lifecycle::TenantLifecycle,
};
use secrecy::SecretString;
use store::{NewConnection, NewTenant, Scope, TenantAccess};

use super::{SampleDirectory, SampleError, people::People};
use crate::Services;

/// The sample's tenants, as the history needs them.
pub(super) struct SampleTenants {
    /// Tenants with a history, each with the people who could have started its runs.
    pub(super) with_history: Vec<(TenantAccess, Vec<(UserId, String)>)>,
    /// An active tenant beside the first one.
    pub(super) second: TenantAccess,
    /// The tenant being onboarded.
    pub(super) onboarding: TenantId,
    /// The tenant of the other workspace.
    pub(super) elsewhere: TenantId,
}

/// Where each directory's tenant is in its life; the last one is in the other workspace.
const LIVES: [TenantLifecycle; 6] = [
    TenantLifecycle::Active,
    TenantLifecycle::Active,
    TenantLifecycle::Onboarding,
    TenantLifecycle::Draft,
    TenantLifecycle::Archived,
    TenantLifecycle::Active,
];

impl Services {
    /// Writes the tenants, their connections, and the tenant roles of the people.
    pub(super) async fn make_tenants(
        &self,
        people: &People,
        directories: &[SampleDirectory],
    ) -> Result<SampleTenants, SampleError> {
        let [first, second, onboarding, draft, archived, elsewhere] = directories else {
            return Err(SampleError::TooFewDirectories(directories.len()));
        };
        let mut made = Vec::new();
        for (directory, life) in [first, second, onboarding, draft, archived]
            .into_iter()
            .zip(LIVES)
        {
            made.push(
                self.make_tenant(&people.owner, people, directory, life)
                    .await?,
            );
        }
        let elsewhere = self
            .make_tenant(&people.outsider, people, elsewhere, TenantLifecycle::Active)
            .await?;
        let starters: Vec<_> = people
            .members
            .iter()
            .filter(|(.., role)| role.holds(Capability::OperationsStart))
            .map(|(id, name, _)| (*id, name.clone()))
            .collect();
        let [first, second, onboarding, _, archived] = made.as_slice() else {
            return Err(SampleError::TooFewDirectories(made.len()));
        };
        let theirs = vec![people.outsider_name.clone()];
        Ok(SampleTenants {
            second: second.clone(),
            onboarding: onboarding.id(),
            elsewhere: elsewhere.id(),
            with_history: vec![
                (first.clone(), starters.clone()),
                (second.clone(), starters.clone()),
                (archived.clone(), starters),
                (elsewhere, theirs),
            ],
        })
    }

    async fn make_tenant(
        &self,
        scope: &Scope,
        people: &People,
        directory: &SampleDirectory,
        life: TenantLifecycle,
    ) -> Result<TenantAccess, SampleError> {
        let workspace = self.store.current_workspace(scope).await?;
        // An archived tenant was active before: nothing is born archived.
        let born = if life == TenantLifecycle::Archived {
            TenantLifecycle::Active
        } else {
            life
        };
        let new = NewTenant {
            name: directory.name.clone(),
            entra_tenant_id: Some(directory.entra_tenant_id.clone()),
            lifecycle: born,
        };
        let id = self.store.tenant_create(scope, &workspace, new).await?;
        let tenant = self.tenant_for(scope, id).await?;
        if life != TenantLifecycle::Draft {
            self.connect(scope, &tenant, directory, life).await?;
        }
        if scope.user_id() == people.owner.user_id() {
            for (user, _, role) in people
                .members
                .iter()
                .filter(|(id, ..)| *id != scope.user_id())
            {
                self.store
                    .tenant_role_set(scope, &tenant, *user, *role)
                    .await?;
            }
        }
        if life != born {
            self.store
                .tenant_lifecycle_set(scope, &tenant, life)
                .await?;
        }
        self.tenant_for(scope, id).await
    }

    async fn connect(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        directory: &SampleDirectory,
        life: TenantLifecycle,
    ) -> Result<(), SampleError> {
        let verification = match life {
            TenantLifecycle::Onboarding => VerificationStatus::Unverified,
            _ => VerificationStatus::Healthy,
        };
        let new = NewConnection {
            display_name: "Microsoft 365".to_owned(),
            entra_tenant_id: directory.entra_tenant_id.clone(),
            client_id: directory.client_id.clone(),
            consent: ConsentStatus::Granted,
            verification,
        };
        let id = self.store.connection_create(scope, tenant, new).await?;
        let secret = SecretString::from(directory.client_secret.clone());
        let sealed = self.key.seal(id, &secret)?;
        Ok(self
            .store
            .credential_store(scope, tenant, id, sealed)
            .await?)
    }
}
