//! The one terminal notification of a run, written in the transaction that ends it (L-14).

use domain::{
    ids::{NotificationId, RunId, ScopeId, UserId, WorkspaceId},
    time::Timestamp,
};
use policy::RunKey;

use crate::{
    error::StoreError,
    new_id::new_id,
    sql::{Rows, Statement, Tx, args, dialects},
};

/// A notification to write; one a run and person, however often a crash repeats the attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Notice {
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) scope_id: ScopeId,
    pub(crate) user_id: UserId,
    pub(crate) run_id: RunId,
}

impl Notice {
    /// That a run is over, for a person.
    pub(crate) const fn of(key: RunKey, user_id: UserId) -> Self {
        Self {
            workspace_id: key.workspace_id,
            scope_id: key.scope_id,
            user_id,
            run_id: key.run_id,
        }
    }
}

// PostgreSQL writes a row that may conflict as a guess first; whoever ends a run holds its row, so nobody else tells
// of it now. Asked so, a run's notifications are found by the run, and not all of a person's by the person.
static NOTIFY: Statement = dialects(
    "notifications_insert",
    "insert into notifications (workspace_id, scope_id, id, user_id, run_id, created_at)
     select n.workspace, n.scope, n.id, u.id, n.run, $1
     from given n cross join users u on u.id = n.person
     cross join operation_runs r on r.id = n.run
     where r.parent_id is null on conflict do nothing",
    "insert into notifications (workspace_id, scope_id, id, user_id, run_id, created_at)
     select n.workspace, n.scope, n.id, u.id, n.run, $6
     from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[]) as n(workspace, scope, id, person, run)
     join users u on u.id = n.person
     join operation_runs r on r.id = n.run
     where r.parent_id is null
       and u.id not in (select m.user_id from notifications m where m.run_id = n.run)",
);

/// Writes notifications; people whose account is gone get none.
///
/// A run that is part of another one tells nobody: the whole does, when it is over.
pub(crate) async fn notify(
    tx: &mut Tx,
    now: Timestamp,
    notices: &[Notice],
) -> Result<(), StoreError> {
    if notices.is_empty() {
        return Ok(());
    }
    let of = notices.iter();
    let rows = Rows::default()
        .ids("workspace", of.clone().map(|it| it.workspace_id.as_uuid()))
        .ids("scope", of.clone().map(|it| it.scope_id.as_uuid()))
        .ids(
            "id",
            of.clone()
                .map(|_| new_id(NotificationId::from_uuid).as_uuid()),
        )
        .ids("person", of.clone().map(|it| it.user_id.as_uuid()))
        .ids("run", of.map(|it| it.run_id.as_uuid()));
    tx.execute_rows(&NOTIFY, rows, args![now]).await.map(drop)
}
