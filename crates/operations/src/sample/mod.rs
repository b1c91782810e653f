//! Sample data for `tenant-atlas demo`: made through the same doors as real data.

mod bulk;
mod history;
mod people;
mod tenants;

use domain::{
    ids::{RequestId, TenantId},
    operation::OperationType,
    time::{DAY, HOUR},
};
use store::{RunDraft, Scope, SystemDraft, TenantAccess};
use uuid::Uuid;

pub use bulk::Bulk;
pub use people::SampleAccount;

use crate::{Services, secrets::random};

/// A directory at the provider that a sample tenant connects to.
#[derive(Clone)]
pub struct SampleDirectory {
    /// What the tenant is called.
    pub name: String,
    /// The directory's id.
    pub entra_tenant_id: String,
    /// The application's id.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: String,
}

/// Why the sample data could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// Fewer directories than sample tenants.
    #[error("six directories are needed for the sample tenants, {0} are there")]
    TooFewDirectories(usize),
    /// The database did not take it.
    #[error("writing sample data")]
    Store(#[from] store::StoreError),
    /// A secret could not be sealed or made.
    #[error("making sample secrets")]
    Secret(#[from] crate::secrets::SecretError),
    /// A password could not be hashed.
    #[error("hashing sample passwords")]
    Password(#[from] crate::passwords::HashFailed),
}

/// How many past runs the sample holds.
const HISTORY: usize = 320;
/// Over which time; the last two hours are left to the person who looks.
const FORTNIGHT: i64 = 14 * DAY - 2 * HOUR;

impl Services {
    /// Fills an empty installation with workspaces, tenants, people, a history, and a few queued runs.
    ///
    /// # Errors
    /// [`SampleError`]; a half-made sample is not useful, so start again with an empty database.
    pub async fn make_sample(
        &self,
        directories: &[SampleDirectory],
        seed: u64,
    ) -> Result<Vec<SampleAccount>, SampleError> {
        let accounts = people::accounts()?;
        let people = self.make_people(&accounts).await?;
        let sample = self.make_tenants(&people, directories).await?;
        let now = self.store.now().await?;
        let runs = history::past_runs(&sample, HISTORY, seed, now, FORTNIGHT);
        self.store.seed_past_runs(&runs).await?;
        self.queue_some(&people, &sample).await?;
        // Nobody finds a session that they did not open.
        for scope in [&people.owner, &people.operator, &people.outsider] {
            self.store.session_end(scope).await?;
        }
        Ok(accounts)
    }

    /// Leaves three runs waiting, one of them without a person behind it.
    async fn queue_some(
        &self,
        people: &people::People,
        sample: &tenants::SampleTenants,
    ) -> Result<(), SampleError> {
        let by_system = SystemDraft {
            operation: OperationType::InventorySync,
            workspace_id: sample.second.workspace_id(),
            tenant_id: sample.second.id(),
        };
        self.store.run_request_by_system(by_system).await?;
        let waiting = [
            (
                &people.operator,
                sample.onboarding,
                OperationType::ConnectionCheck,
            ),
            (
                &people.outsider,
                sample.elsewhere,
                OperationType::InventorySync,
            ),
        ];
        for (scope, tenant, operation) in waiting {
            let tenant = self.store.tenant(scope, tenant).await?;
            let draft = RunDraft {
                operation,
                tenant: &tenant,
                retry_of: None,
            };
            self.store.run_request(scope, draft).await?;
        }
        Ok(())
    }

    /// Signs a sample person in without a password, to act in their name while the sample is made.
    async fn act_as(&self, user: domain::ids::UserId) -> Result<Scope, SampleError> {
        let token = random::<32>()?.map(|byte| format!("{byte:02x}")).concat();
        self.store.session_create(user, &token).await?;
        let request = RequestId::from_uuid(Uuid::now_v7());
        let scope = self
            .store
            .scope(&token, request, store::Presence::ByHand)
            .await?;
        Ok(scope.ok_or(store::StoreError::NotFound)?)
    }

    async fn tenant_for(&self, scope: &Scope, id: TenantId) -> Result<TenantAccess, SampleError> {
        Ok(self.store.tenant(scope, id).await?)
    }
}
