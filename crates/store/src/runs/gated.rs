//! A run's own row as the gate is told of it.

use domain::{
    capability::Capability,
    ids::{ConnectionId, RunId, ScheduleId, ScopeId, TenantId, UserId, WorkspaceId},
    operation::Habitat,
    run::{AuthorityMode, DecisionPhase},
    time::Timestamp,
};
use policy::{ContextState, RunFacts, SlotFacts};

use crate::{error::StoreError, sql::Row};

/// A run's own row as the gate is told of it; `attempt` tells its first start from a later one.
pub(super) fn run_facts(
    row: &Row,
    habitat: Habitat,
    now: Timestamp,
) -> Result<RunFacts, StoreError> {
    let attempt = row.int("attempt")?;
    let context = row.text("context")?;
    Ok(RunFacts {
        id: RunId::from_uuid(row.uuid("id")?),
        attempt,
        workspace_id: WorkspaceId::from_uuid(row.uuid("workspace_id")?),
        tenant_id: row.opt_uuid("tenant_id")?.map(TenantId::from_uuid),
        scope_id: ScopeId::from_uuid(row.uuid("scope_id")?),
        habitat,
        operation_code: row.text("type")?,
        authority: row.word("authority_mode", AuthorityMode::parse)?,
        actor_id: row.opt_uuid("user_id")?.map(UserId::from_uuid),
        required_capability: Capability::parse(&row.text("required_capability")?),
        connection_id: row.opt_uuid("connection_id")?.map(ConnectionId::from_uuid),
        slot: slot_facts(row)?,
        context: context_state(&context),
        phase: if attempt == 1 {
            DecisionPhase::Start
        } else {
            DecisionPhase::Rescue
        },
        now,
    })
}

/// The slot the run fills; one that a person started by hand from a schedule fills none.
fn slot_facts(row: &Row) -> Result<Option<SlotFacts>, StoreError> {
    let schedule = row.opt_uuid("schedule_id")?.map(ScheduleId::from_uuid);
    let revision = row.opt_int("schedule_revision")?;
    Ok(schedule
        .zip(revision)
        .map(|(schedule_id, revision)| SlotFacts {
            schedule_id,
            revision,
        }))
}

/// A context must at least say in whose name the run is to start.
fn context_state(context: &str) -> ContextState {
    let mode = serde_json::from_str::<serde_json::Value>(context)
        .ok()
        .and_then(|value| {
            value
                .get("execution_authority_mode")?
                .as_str()
                .map(str::to_owned)
        });
    match mode.as_deref().and_then(AuthorityMode::parse) {
        Some(_) => ContextState::Readable,
        None => ContextState::Unreadable,
    }
}
