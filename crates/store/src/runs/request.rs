//! The start gate: a run exists at dispatch, before any work.

use domain::{
    error::ApiError,
    ids::{ConnectionId, RunId, ScopeId, TenantId, WorkspaceId},
    operation::OperationType,
    reason::{DenialClass, ReasonCode},
    run::{AuthorityMode, DecisionPhase},
    time::Timestamp,
};
use policy::{ContextState, Refusal, Ruling, RunFacts, decide};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    RunAccess,
    ledger::record_decisions,
    settle::{Notice, notify},
};
use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append, to_json},
    error::StoreError,
    facts,
    new_id::new_id,
    scope::Scope,
    sql::{Statement, Tx, args, same},
    tenants::TenantAccess,
};

/// A run a person asks for.
#[derive(Debug, Clone, Copy)]
pub struct RunDraft<'a> {
    /// What to do.
    pub operation: OperationType,
    /// Which tenant to do it in.
    pub tenant: &'a TenantAccess,
    /// Which run this one tries again.
    pub retry_of: Option<&'a RunAccess>,
}

/// A run the system asks for, by schedule.
#[derive(Debug, Clone, Copy)]
pub struct SystemDraft {
    /// What to do.
    pub operation: OperationType,
    /// The tenant's workspace.
    pub workspace_id: WorkspaceId,
    /// Which tenant to do it in.
    pub tenant_id: TenantId,
}

/// What asking for a run led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requested {
    /// A new run is queued.
    Accepted(RunId),
    /// The same is already queued or running.
    Deduped(RunId),
    /// Another operation of the same exclusion group is active.
    ScopeBusy(RunId),
    /// A prerequisite is not in order; the run is there, blocked, and says what to do.
    Blocked(RunId, ReasonCode),
    /// The person may not do this; there is no run.
    Forbidden(ApiError),
}

// One statement: between two, the equal run could appear and be taken for another operation's.
static ACTIVE: Statement = same(
    "run_active",
    "select run_id, identity_hash = $2 as is_equal from run_queue
     where scope_id = $1 and (identity_hash = $2 or exclusion_key = $3)
     order by identity_hash = $2 desc limit 1",
);
static RUN_INSERT: Statement = same(
    "run_insert",
    "insert into operation_runs (workspace_id, tenant_id, id, type, authority_mode, user_id, initiator_name,
       required_capability, connection_id, identity_hash, context, retry_of, queued_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)",
);
static QUEUE_INSERT: Statement = same(
    "run_queue_insert",
    "insert into run_queue (workspace_id, scope_id, run_id, identity_hash, exclusion_key, type, priority,
       available_at, connection_id, attempt)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1) on conflict do nothing",
);
static RUN_BLOCK_AT_REQUEST: Statement = same(
    "run_block_at_request",
    "update operation_runs set status = 'completed', outcome = 'blocked', reason_code = $2, denial_class = $3,
       blocked_phase = $4, completed_at = $5, updated_at = $5
     where id = $1 and status = 'queued'",
);

/// Work a person waits for goes before work the system does by itself.
const PRIORITY_PERSON: i64 = 0;
const PRIORITY_SYSTEM: i64 = 1;

/// Everything about a run that is fixed when it is asked for.
struct Draft {
    id: RunId,
    operation: OperationType,
    workspace_id: WorkspaceId,
    tenant_id: TenantId,
    authority: AuthorityMode,
    actor: AuditActor,
    retry_of: Option<RunId>,
    original_initiator: Option<String>,
}

impl Draft {
    fn scope_id(&self) -> ScopeId {
        ScopeId::of(self.workspace_id, Some(self.tenant_id))
    }

    /// Tenant, type and target; these operations have the tenant itself as their target.
    fn identity(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.scope_id().as_uuid().as_bytes());
        hasher.update(self.operation.as_str().as_bytes());
        hasher.finalize().into()
    }

    fn exclusion_key(&self) -> Option<&'static str> {
        self.operation.spec().exclusion_group
    }

    /// What is attached at enqueue: who, in which mode, with which capability; no roles (L-04, L-12).
    fn context(&self) -> String {
        json!({
            "execution_authority_mode": self.authority,
            "required_capability": self.operation.spec().start_capability,
            "requested_by": self.actor.id,
            "retry_of": self.retry_of,
            "original_initiator": self.original_initiator,
        })
        .to_string()
    }

    fn facts(&self, now: Timestamp) -> RunFacts {
        RunFacts {
            id: self.id,
            attempt: 1,
            workspace_id: self.workspace_id,
            tenant_id: Some(self.tenant_id),
            scope_id: self.scope_id(),
            operation_code: self.operation.as_str().to_owned(),
            authority: self.authority,
            actor_id: self.actor.id,
            required_capability: Some(self.operation.spec().start_capability),
            connection_id: None,
            context: ContextState::Readable,
            phase: DecisionPhase::Request,
            now,
        }
    }

    fn audit(&self, action: &'static str, detail: String) -> AuditEntry {
        AuditEntry {
            workspace_id: self.workspace_id,
            scope_id: self.scope_id(),
            action,
            actor: self.actor.clone(),
            subject_id: self.id.as_uuid(),
            run_id: Some(self.id),
            detail,
        }
    }

    async fn insert(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        connection: Option<ConnectionId>,
    ) -> Result<(), StoreError> {
        let args = args![
            self.workspace_id,
            self.tenant_id,
            self.id,
            self.operation.as_str(),
            self.authority.as_str(),
            self.actor.id,
            &*self.actor.name,
            self.operation.spec().start_capability.as_str(),
            connection,
            self.identity(),
            self.context(),
            self.retry_of,
            now,
        ];
        tx.execute(&RUN_INSERT, args).await.map(drop)
    }

    async fn enqueue(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        connection: Option<ConnectionId>,
    ) -> Result<Enqueued, StoreError> {
        let priority = match self.authority {
            AuthorityMode::ActorBound => PRIORITY_PERSON,
            AuthorityMode::SystemAuthority => PRIORITY_SYSTEM,
        };
        let args = args![
            self.workspace_id,
            self.scope_id(),
            self.id,
            self.identity(),
            self.exclusion_key(),
            self.operation.as_str(),
            priority,
            now,
            connection,
        ];
        Ok(match tx.execute(&QUEUE_INSERT, args).await? {
            0 => Enqueued::Refused,
            _ => Enqueued::Done,
        })
    }

    /// The active run that stands in this one's way, if there is one.
    async fn active(&self, tx: &mut Tx) -> Result<Option<Requested>, StoreError> {
        let args = args![self.scope_id(), self.identity(), self.exclusion_key()];
        let Some(row) = tx.first(&ACTIVE, args).await? else {
            return Ok(None);
        };
        let run = RunId::from_uuid(row.uuid("run_id")?);
        Ok(Some(if row.flag("is_equal")? {
            Requested::Deduped(run)
        } else {
            Requested::ScopeBusy(run)
        }))
    }
}

/// Whether a run found its place in the queue.
enum Enqueued {
    Done,
    Refused,
}

impl Store {
    /// Asks for a run in the scope's own name.
    ///
    /// # Errors
    /// `NotFound` when the person is no longer entitled to the tenant.
    pub async fn run_request(
        &self,
        scope: &Scope,
        draft: RunDraft<'_>,
    ) -> Result<Requested, StoreError> {
        let draft = Draft {
            id: new_id(RunId::from_uuid),
            operation: draft.operation,
            workspace_id: draft.tenant.workspace_id(),
            tenant_id: draft.tenant.id(),
            authority: AuthorityMode::ActorBound,
            actor: AuditActor {
                id: Some(scope.user_id),
                name: scope.display_name.clone(),
            },
            retry_of: draft.retry_of.map(|run| run.run().id),
            original_initiator: draft.retry_of.map(original_initiator),
        };
        self.request(draft).await
    }

    /// Asks for a run with the system's own authority; its type must be listed for that, now and at its start (L-06).
    ///
    /// # Errors
    /// `NotFound` when the type is not listed, or the tenant is not the workspace's: then there is no run.
    pub async fn run_request_by_system(&self, draft: SystemDraft) -> Result<Requested, StoreError> {
        let draft = Draft {
            id: new_id(RunId::from_uuid),
            operation: draft.operation,
            workspace_id: draft.workspace_id,
            tenant_id: draft.tenant_id,
            authority: AuthorityMode::SystemAuthority,
            actor: AuditActor {
                id: None,
                name: "System".to_owned(),
            },
            retry_of: None,
            original_initiator: None,
        };
        self.request(draft).await
    }

    async fn request(&self, draft: Draft) -> Result<Requested, StoreError> {
        // A lost race against an equal request is settled by looking again: the winner is there then.
        for _ in 0..4 {
            if let Some(answer) = self.request_once(&draft).await? {
                return Ok(answer);
            }
        }
        Err(StoreError::Conflict)
    }

    async fn request_once(&self, draft: &Draft) -> Result<Option<Requested>, StoreError> {
        let mut tx = self.db.write().await?;
        let run = draft.facts(tx.now().await?);
        let mut facts = facts::load(&mut tx, vec![run]).await?;
        let facts = facts.first_mut().ok_or(StoreError::NotFound)?;
        // Taken after the locks, as in a claim: what was seen lies before.
        let now = tx.now().await?;
        facts.run.now = now;
        match decide(facts) {
            Ruling::Refused(refusal) if is_final(&refusal) => refused(&refusal).map(Some),
            Ruling::Refused(refusal) => match draft.active(&mut tx).await? {
                Some(active) => Ok(Some(active)),
                None => blocked(tx, now, draft, refusal).await.map(Some),
            },
            Ruling::Allowed(_) => {
                if let Some(active) = draft.active(&mut tx).await? {
                    return Ok(Some(active));
                }
                let connection = facts.connection.as_ref().map(|c| c.connection_id);
                draft.insert(&mut tx, now, connection).await?;
                if matches!(
                    draft.enqueue(&mut tx, now, connection).await?,
                    Enqueued::Refused
                ) {
                    return Ok(None);
                }
                let requested = draft.audit(action::RUN_REQUESTED, draft.context());
                append(&mut tx, now, vec![requested]).await?;
                tx.commit().await?;
                self.ring();
                Ok(Some(Requested::Accepted(draft.id)))
            }
        }
    }
}

/// Who asked first, through however many retries (L-08).
fn original_initiator(run: &RunAccess) -> String {
    let run = run.run();
    serde_json::from_str::<serde_json::Value>(&run.context)
        .ok()
        .and_then(|context| Some(context.get("original_initiator")?.as_str()?.to_owned()))
        .unwrap_or_else(|| run.initiator_name.clone())
}

/// Whether a refusal is one of the person, who then gets no run, and not one of circumstances.
fn is_final(refusal: &Refusal) -> bool {
    !refusal.code().class().is_retryable()
}

fn refused(refusal: &Refusal) -> Result<Requested, StoreError> {
    match refusal.code().class() {
        DenialClass::CapabilityDenied => {
            let word = refusal
                .decision()
                .required_capability
                .as_deref()
                .unwrap_or_default();
            let capability = domain::capability::Capability::parse(word)
                .map_or("Start operations", domain::capability::Capability::label);
            Ok(Requested::Forbidden(ApiError::Forbidden {
                capability: capability.to_owned(),
            }))
        }
        _ => Err(StoreError::NotFound),
    }
}

/// Leaves a visible run, born blocked, that says what to do.
async fn blocked(
    mut tx: Tx,
    now: Timestamp,
    draft: &Draft,
    refusal: Refusal,
) -> Result<Requested, StoreError> {
    let code = refusal.code();
    draft
        .insert(
            &mut tx,
            now,
            refusal.decision().target_scope.provider_connection_id,
        )
        .await?;
    record_decisions(&mut tx, now, &[], std::slice::from_ref(&refusal)).await?;
    let args = args![
        draft.id,
        code.as_str(),
        code.class().as_str(),
        DecisionPhase::Request.as_str(),
        now,
    ];
    tx.execute(&RUN_BLOCK_AT_REQUEST, args).await?;
    if let Some(user_id) = draft.actor.id {
        let notice = Notice {
            workspace_id: draft.workspace_id,
            scope_id: draft.scope_id(),
            user_id,
            run_id: draft.id,
        };
        notify(&mut tx, now, &[notice]).await?;
    }
    let entries = vec![
        draft.audit(action::RUN_REQUESTED, draft.context()),
        draft.audit(action::RUN_BLOCKED, to_json(refusal.decision())?),
    ];
    append(&mut tx, now, entries).await?;
    tx.commit().await?;
    Ok(Requested::Blocked(draft.id, code))
}
