//! Drafts become runs: their rows in the ledger and in the queue, any number with one statement each.

use domain::{ids::ConnectionId, time::Timestamp};

use super::{
    bulk::use_selection,
    draft::{Draft, OfBulk},
};
use crate::{
    error::StoreError,
    sql::{Rows, Statement, Tx, args, dialects},
};

static RUNS_INSERT: Statement = dialects(
    "run_insert",
    "insert into operation_runs (workspace_id, tenant_id, id, type, authority_mode, user_id, initiator_name,
       required_capability, connection_id, identity_hash, context, retry_of, queued_at, updated_at,
       schedule_id, schedule_revision, slot_at, parent_id)
     select d.workspace, d.tenant, d.run, d.type, d.mode, d.person, d.name, d.capability, d.connection, d.identity,
       d.context, d.retry_of, $1, $1, d.schedule, d.revision, d.slot, d.parent from given d",
    "insert into operation_runs (workspace_id, tenant_id, id, type, authority_mode, user_id, initiator_name,
       required_capability, connection_id, identity_hash, context, retry_of, queued_at, updated_at,
       schedule_id, schedule_revision, slot_at, parent_id)
     select d.workspace, d.tenant, d.run, d.type, d.mode, d.person, d.name, d.capability, d.connection, d.identity,
       d.context, d.retry_of, $17, $17, d.schedule, d.revision, d.slot, d.parent
     from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::text[],
       $9::uuid[], $10::bytea[], $11::text[], $12::uuid[], $13::uuid[], $14::bigint[], $15::bigint[], $16::uuid[])
       as d(workspace, tenant, run, type, mode, person, name, capability, connection, identity, context, retry_of,
         schedule, revision, slot, parent)",
);
static QUEUE_INSERT: Statement = dialects(
    "run_queue_insert",
    "insert into run_queue (workspace_id, scope_id, run_id, identity_hash, exclusion_key, type, priority,
       queued_at, available_at, connection_id, attempt)
     select d.workspace, d.scope, d.run, d.identity, d.exclusion, d.type, d.priority, $1, $1, d.connection, 1
     from given d where true on conflict do nothing",
    "insert into run_queue (workspace_id, scope_id, run_id, identity_hash, exclusion_key, type, priority,
       queued_at, available_at, connection_id, attempt)
     select d.workspace, d.scope, d.run, d.identity, d.exclusion, d.type, d.priority, $9, $9, d.connection, 1
     from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bytea[], $5::text[], $6::text[], $7::bigint[], $8::uuid[])
       as d(workspace, scope, run, identity, exclusion, type, priority, connection)
     on conflict do nothing",
);

/// A draft that becomes a run.
#[derive(Clone, Copy)]
pub(super) struct Drafted<'a> {
    pub(super) draft: &'a Draft,
    /// Its connection to the provider, by which limits are counted.
    pub(super) connection: Option<ConnectionId>,
}

/// Whether runs found their places in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Enqueued {
    Done,
    /// Not all of them: the transaction is to be given up.
    Refused,
}

/// Writes runs into the ledger.
pub(super) async fn insert(
    tx: &mut Tx,
    now: Timestamp,
    runs: &[Drafted<'_>],
) -> Result<(), StoreError> {
    if runs.is_empty() {
        return Ok(());
    }
    tx.execute_rows(&RUNS_INSERT, ledger_rows(runs), args![now])
        .await?;
    for run in runs {
        if let Some(OfBulk::Parent { selection, .. }) = &run.draft.bulk {
            use_selection(tx, now, *selection, run.draft.id).await?;
        }
    }
    Ok(())
}

/// Puts runs into the queue.
pub(super) async fn enqueue(
    tx: &mut Tx,
    now: Timestamp,
    runs: &[Drafted<'_>],
) -> Result<Enqueued, StoreError> {
    if runs.is_empty() {
        return Ok(Enqueued::Done);
    }
    let placed = tx.execute_rows(&QUEUE_INSERT, queue_rows(runs), args![now]);
    Ok(match usize::try_from(placed.await?) {
        Ok(placed) if placed == runs.len() => Enqueued::Done,
        _ => Enqueued::Refused,
    })
}

fn ledger_rows(runs: &[Drafted<'_>]) -> Rows {
    let of = || runs.iter().map(|run| run.draft);
    let schedules = || of().map(Draft::of_schedule);
    let slots = || schedules().map(|of| of.and_then(|(_, slot)| slot));
    Rows::default()
        .ids("workspace", of().map(|it| it.workspace_id.as_uuid()))
        .ids("tenant", of().map(|it| it.tenant_id.map(|id| id.as_uuid())))
        .ids("run", of().map(|it| it.id.as_uuid()))
        .texts("type", of().map(|it| it.operation.as_str().to_owned()))
        .texts("mode", of().map(|it| it.authority.as_str().to_owned()))
        .ids("person", of().map(|it| it.actor.id.map(|id| id.as_uuid())))
        .texts("name", of().map(|it| it.actor.name.clone()))
        .texts(
            "capability",
            of().map(|it| it.operation.spec().start_capability.as_str().to_owned()),
        )
        .ids("connection", connections(runs))
        .bytes("identity", of().map(|it| it.identity().to_vec()))
        .texts("context", of().map(Draft::context))
        .ids(
            "retry_of",
            of().map(|it| it.retry_of.map(|id| id.as_uuid())),
        )
        .ids(
            "schedule",
            schedules().map(|of| of.map(|(id, _)| id.as_uuid())),
        )
        .ints(
            "revision",
            slots().map(|slot| slot.map(|(revision, _)| revision)),
        )
        .ints("slot", slots().map(|slot| slot.map(|(_, at)| at.0)))
        .ids(
            "parent",
            of().map(|it| it.parent_id().map(|id| id.as_uuid())),
        )
}

fn queue_rows(runs: &[Drafted<'_>]) -> Rows {
    let of = || runs.iter().map(|run| run.draft);
    Rows::default()
        .ids("workspace", of().map(|it| it.workspace_id.as_uuid()))
        .ids("scope", of().map(|it| it.scope_id().as_uuid()))
        .ids("run", of().map(|it| it.id.as_uuid()))
        .bytes("identity", of().map(|it| it.identity().to_vec()))
        .texts(
            "exclusion",
            of().map(|it| it.exclusion_key().map(str::to_owned)),
        )
        .texts("type", of().map(|it| it.operation.as_str().to_owned()))
        .ints("priority", of().map(Draft::priority))
        .ids("connection", connections(runs))
}

fn connections(runs: &[Drafted<'_>]) -> impl Iterator<Item = Option<uuid::Uuid>> {
    runs.iter()
        .map(|run| run.connection.map(ConnectionId::as_uuid))
}
