//! Runs that write for a trial of faults: only a laboratory's database takes them.

use domain::{
    ids::RunId,
    operation::{Habitat, OperationType},
    run::AuthorityMode,
};
use policy::Running;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append},
    error::StoreError,
    new_id::new_id,
    scope::Scope,
    sql::{Statement, args, same},
    tenants::TenantAccess,
};

/// How a `lab.write` changes objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabEffect {
    /// Their descriptions.
    #[default]
    Update,
    /// New ones come to be.
    Create,
    /// To whom they are assigned.
    Assign,
    /// New policies of the settings catalog come to be, with their settings.
    CreateCatalog,
    /// The settings of policies of the settings catalog.
    Settings,
    /// To whom profiles of Autopilot are assigned, one by one.
    AssignOne,
    /// That profiles of Autopilot are no longer assigned to the group that the seed names.
    UnassignOne,
    /// To whom policies about apps are assigned.
    AssignApp,
}

/// How much a `lab.write` is to write, and which values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabWrite {
    /// How many objects it changes, one after the other.
    pub items: u32,
    /// Told in every value, so that those of two trials are not taken for each other.
    pub seed: u64,
    /// What it does to each.
    #[serde(default)]
    pub effect: LabEffect,
    /// The run whose requests for approval it goes on with; only [`Store::lab_write_resume`] says so.
    #[serde(default)]
    pub resumes: Option<RunId>,
}

impl LabWrite {
    /// The id of the group that the seed names.
    pub fn seed_group(&self) -> String {
        let end = self.seed & 0xffff_ffff_ffff;
        format!("00000000-0000-0000-0000-{end:012x}")
    }
}

static RUN_INSERT: Statement = same(
    "laboratory_run_insert",
    "insert into operation_runs (workspace_id, tenant_id, id, type, authority_mode, user_id, initiator_name,
       required_capability, connection_id, identity_hash, context, queued_at, updated_at)
     select $1, $2, $3, $4, 'actor_bound', $5, $6, $7,
       (select c.id from provider_connections c where c.tenant_id = $2 and c.is_default), $8, $9, $10, $10",
);
static QUEUE_INSERT: Statement = same(
    "laboratory_queue_insert",
    "insert into run_queue (workspace_id, scope_id, run_id, identity_hash, type, priority, queued_at, available_at, attempt,
       connection_id)
     select r.workspace_id, r.scope_id, r.id, r.identity_hash, r.type, 0, r.queued_at, r.queued_at, 1, r.connection_id
     from operation_runs r where r.id = $1",
);
static CONTEXT: Statement = same(
    "laboratory_run_context",
    "select context from operation_runs where id = $1 and attempt = $2 and status = 'running'",
);
static EARLIER: Statement = same(
    "laboratory_run_earlier",
    "select context from operation_runs where id = $1 and tenant_id = $2 and type = $3 and status = 'completed'",
);

#[derive(Deserialize)]
struct Context {
    input: LabWrite,
}

impl Store {
    /// Queues a `lab.write` in a person's name; every one is a run of its own.
    ///
    /// # Errors
    /// `Conflict` in a database that people use.
    pub async fn lab_write_request(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        writes: LabWrite,
    ) -> Result<RunId, StoreError> {
        let resumes = None;
        self.lab_write_queue(scope, tenant, LabWrite { resumes, ..writes })
            .await
    }

    /// Queues a `lab.write` that goes on with what an earlier one left waiting for approval.
    ///
    /// The earlier run stays as it ended; the new one is in the name of whoever resumes, and is decided about anew.
    ///
    /// # Errors
    /// `NotFound` unless the earlier run is a `lab.write` of this tenant and is over.
    pub async fn lab_write_resume(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        earlier: RunId,
    ) -> Result<RunId, StoreError> {
        let args = args![earlier, tenant.id(), OperationType::LabWrite.as_str()];
        let row = self.db.first(&EARLIER, args).await?;
        let context: Context = row.ok_or(StoreError::NotFound)?.json("context")?;
        // The requests carry the name of the run that made them, however often they were gone on with.
        let resumes = Some(context.input.resumes.unwrap_or(earlier));
        let writes = LabWrite {
            resumes,
            ..context.input
        };
        self.lab_write_queue(scope, tenant, writes).await
    }

    async fn lab_write_queue(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
        writes: LabWrite,
    ) -> Result<RunId, StoreError> {
        if self.habitat() != Habitat::Laboratory {
            return Err(StoreError::Conflict);
        }
        let id = new_id(RunId::from_uuid);
        let capability = OperationType::LabWrite.spec().start_capability;
        let context = json!({
            "execution_authority_mode": AuthorityMode::ActorBound,
            "required_capability": capability,
            "requested_by": scope.user_id,
            "input": writes,
        });
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let args = args![
            tenant.workspace_id(),
            tenant.id(),
            id,
            OperationType::LabWrite.as_str(),
            scope.user_id,
            &*scope.display_name,
            capability.as_str(),
            id.as_uuid().as_bytes().as_slice(),
            context.to_string(),
            now,
        ];
        tx.execute(&RUN_INSERT, args).await?;
        tx.execute(&QUEUE_INSERT, args![id]).await?;
        let entry = AuditEntry {
            workspace_id: tenant.workspace_id(),
            scope_id: tenant.scope_id(),
            action: action::RUN_REQUESTED,
            actor: AuditActor::of(scope),
            subject_id: id.as_uuid(),
            run_id: Some(id),
            detail: context.to_string(),
        };
        append(&mut tx, now, vec![entry]).await?;
        tx.commit().await?;
        self.ring();
        Ok(id)
    }

    /// What a running `lab.write` was asked for.
    ///
    /// # Errors
    /// `LeaseLost` when another attempt has taken over, `UnreadableJson` when it does not say.
    pub async fn lab_write_of(&self, running: &Running) -> Result<LabWrite, StoreError> {
        let key = running.key();
        let row = self
            .db
            .first(&CONTEXT, args![key.run_id, key.attempt])
            .await?;
        let context: Context = row.ok_or(StoreError::LeaseLost)?.json("context")?;
        Ok(context.input)
    }
}
