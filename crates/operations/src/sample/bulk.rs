//! Many tenants and many runs, for benchmarks.

use domain::{
    capability::Role,
    connection::{ConsentStatus, VerificationStatus},
    ids::{TenantId, UserId},
    lifecycle::TenantLifecycle,
    operation::OperationType,
    time::DAY,
};
use secrecy::SecretString;
use store::{NewConnection, NewTenant, NewUser, Scope, TenantAccess, WaitingRun};
use uuid::Uuid;

use super::{SampleDirectory, SampleError, history, tenants::SampleTenants};
use crate::{
    Services,
    families::kinds::{KINDS, Kind},
};

/// Tenants with people who may start runs in them.
pub struct Bulk {
    tenants: Vec<(TenantAccess, Vec<(UserId, String)>)>,
    /// The owner of everything, signed in.
    pub owner: Scope,
}

impl Bulk {
    /// The tenants.
    pub fn tenant_ids(&self) -> impl Iterator<Item = TenantId> + Clone {
        self.tenants.iter().map(|(tenant, _)| tenant.id())
    }
}

/// How many rows one statement writes.
const CHUNK: usize = 2_000;

impl Services {
    /// Makes workspaces and tenants in an empty database.
    ///
    /// # Errors
    /// [`SampleError`].
    pub async fn make_bulk(&self, workspaces: usize, tenants: usize) -> Result<Bulk, SampleError> {
        let nowhere = (0..tenants).map(|index| SampleDirectory {
            name: format!("Tenant {index:03}"),
            entra_tenant_id: Uuid::now_v7().to_string(),
            client_id: Uuid::now_v7().to_string(),
            client_secret: "bench".to_owned(),
        });
        self.make_bulk_of(workspaces, nowhere).await
    }

    async fn make_bulk_of(
        &self,
        workspaces: usize,
        directories: impl Iterator<Item = SampleDirectory>,
    ) -> Result<Bulk, SampleError> {
        let name = "Bench Person".to_owned();
        let user = NewUser {
            email: format!("bench-{}@tenantatlas.example", Uuid::now_v7().simple()),
            display_name: name.clone(),
            password_hash: self.passwords.hash(Uuid::now_v7().to_string()).await?,
        };
        let person = self.store.user_create(user).await?;
        let mut made = Vec::new();
        let mut places = Vec::new();
        for index in 0..workspaces.max(1) {
            places.push(
                self.store
                    .workspace_create(&format!("Workspace {index}"), person)
                    .await?,
            );
        }
        let owner = self.act_as(person).await?;
        for (directory, workspace) in directories.zip(places.iter().cycle()) {
            let workspace = self.store.workspace(&owner, *workspace).await?;
            let new = NewTenant {
                name: directory.name.clone(),
                entra_tenant_id: None,
                lifecycle: TenantLifecycle::Active,
            };
            let id = self.store.tenant_create(&owner, &workspace, new).await?;
            let tenant = self.tenant_for(&owner, id).await?;
            self.connect_bulk(&owner, &tenant, directory).await?;
            self.store
                .tenant_role_set(&owner, &tenant, person, Role::Owner)
                .await?;
            made.push((tenant, vec![(person, name.clone())]));
        }
        Ok(Bulk {
            tenants: made,
            owner,
        })
    }

    /// Makes a workspace with a tenant for each directory, connected to it.
    ///
    /// # Errors
    /// [`SampleError`].
    pub async fn make_connected(
        &self,
        directories: &[SampleDirectory],
    ) -> Result<Bulk, SampleError> {
        self.make_bulk_of(1, directories.iter().cloned()).await
    }

    /// How many objects of each kind the first tenant's inventory holds; a kind without any is there too.
    ///
    /// # Errors
    /// [`SampleError`].
    pub async fn inventory_sizes(&self, bulk: &Bulk) -> Result<Vec<(String, i64)>, SampleError> {
        let Some((tenant, _)) = bulk.tenants.first() else {
            return Ok(Vec::new());
        };
        let counts = self.store.inventory_counts(tenant).await?;
        let size = |kind: &Kind| {
            let found = counts.iter().find(|(key, ..)| key == kind.key);
            (kind.key.to_owned(), found.map_or(0, |(_, count, _)| *count))
        };
        Ok(KINDS.iter().map(size).collect())
    }

    async fn connect_bulk(
        &self,
        owner: &Scope,
        tenant: &TenantAccess,
        directory: SampleDirectory,
    ) -> Result<(), SampleError> {
        let new = NewConnection {
            display_name: "Bench".to_owned(),
            entra_tenant_id: directory.entra_tenant_id,
            client_id: directory.client_id,
            consent: ConsentStatus::Granted,
            verification: VerificationStatus::Healthy,
        };
        let id = self.store.connection_create(owner, tenant, new).await?;
        let sealed = self
            .key
            .seal(id, &SecretString::from(directory.client_secret))?;
        Ok(self
            .store
            .credential_store(owner, tenant, id, sealed)
            .await?)
    }

    /// Writes past runs over the tenants, into the ledger alone.
    ///
    /// # Errors
    /// [`SampleError`].
    pub async fn fill_history(&self, bulk: &Bulk, count: usize) -> Result<(), SampleError> {
        let Some((first, _)) = bulk.tenants.first() else {
            return Ok(());
        };
        let sample = SampleTenants {
            second: first.clone(),
            onboarding: first.id(),
            elsewhere: first.id(),
            with_history: bulk.tenants.clone(),
        };
        let now = self.store.now().await?;
        // The same fortnight again and again, each time a part of it: many runs are never held at once.
        let chunks = count.div_ceil(CHUNK).max(1);
        let span = 14 * DAY / i64::try_from(chunks).unwrap_or(1);
        for chunk in 0..chunks {
            let runs = CHUNK.min(count - chunk * CHUNK);
            let later = i64::try_from(chunks - chunk).unwrap_or(1) - 1;
            let (end, seed) = (now.plus(-later * span), 7 + chunk as u64);
            let runs = history::past_runs(&sample, runs, seed, end, span);
            self.store.seed_ended_runs(&runs).await?;
        }
        Ok(())
    }

    /// How many runs of the tenants wait to be started.
    ///
    /// # Errors
    /// [`SampleError`].
    pub async fn queued(&self, bulk: &Bulk) -> Result<i64, SampleError> {
        let mut runs = 0;
        for (tenant, _) in &bulk.tenants {
            runs += self.store.runs_queued(tenant).await?;
        }
        Ok(runs)
    }

    /// Puts runs into the queue, spread over the tenants.
    ///
    /// # Errors
    /// [`SampleError`].
    pub async fn fill_queue(
        &self,
        bulk: &Bulk,
        operation: OperationType,
        count: usize,
    ) -> Result<(), SampleError> {
        let runs: Vec<_> = bulk
            .tenants
            .iter()
            .filter_map(|(tenant, people)| Some((tenant, people.first()?)))
            .cycle()
            .take(count)
            .map(|(tenant, person)| WaitingRun {
                workspace_id: tenant.workspace_id(),
                tenant_id: tenant.id(),
                operation,
                initiator: person.clone(),
            })
            .collect();
        for chunk in runs.chunks(CHUNK) {
            self.store.seed_waiting_runs(chunk).await?;
        }
        Ok(())
    }
}
