//! How a poll learns that nothing changed: every scope has a version that each change of its rows moves.
//!
//! The audit log moves it for every change that leaves an entry; what leaves none (progress, inventory,
//! reports) moves it by itself. It is written last, after the head of the workspace's audit chain, so
//! that no transaction waits for another while it holds one.

use std::collections::BTreeMap;

use domain::ids::{ScopeId, WorkspaceId};

use crate::{
    Store,
    error::StoreError,
    runs::RunAccess,
    scope::WorkspaceAccess,
    sql::{Rows, Statement, Tx, args, dialects, id_list},
    tenants::TenantAccess,
};

static MOVE: Statement = dialects(
    "scope_versions_move",
    "insert into scope_versions (workspace_id, scope_id, version)
     select s.workspace, s.scope, 1 from given s where true
     on conflict (scope_id) do update set version = version + 1",
    "insert into scope_versions (workspace_id, scope_id, version)
     select s.workspace, s.scope, 1 from unnest($1::uuid[], $2::uuid[]) as s(workspace, scope) order by s.scope
     on conflict (scope_id) do update set version = scope_versions.version + 1",
);
// Every version only grows, so their sum stays the same only while each of them does.
static SUM: Statement = dialects(
    "scope_versions_sum",
    "select coalesce(sum(version), 0) as version, cast(unixepoch('subsec') * 1000000 as integer) as now
     from scope_versions where scope_id in (select unhex(value) from jsonb_each($1))",
    "select coalesce(sum(version), 0)::bigint as version,
       (extract(epoch from clock_timestamp()) * 1000000)::bigint as now
     from scope_versions where scope_id in (select value::uuid from json_array_elements_text($1::json))",
);

/// What a poll compares, and the present moment by the database's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Moves with every change of what belongs to the scopes asked about.
    pub version: i64,
    /// The present moment.
    pub now: domain::time::Timestamp,
}

/// Says that something changed in scopes, each with its workspace; the last thing a transaction does.
pub(crate) async fn touch(
    tx: &mut Tx,
    scopes: BTreeMap<ScopeId, WorkspaceId>,
) -> Result<(), StoreError> {
    tx.execute_rows(&MOVE, rows_of(scopes), vec![])
        .await
        .map(drop)
}

/// Scopes, each with its workspace, in their order.
pub(crate) fn rows_of(scopes: BTreeMap<ScopeId, WorkspaceId>) -> Rows {
    Rows::default()
        .ids("workspace", scopes.values().map(|id| id.as_uuid()))
        .ids("scope", scopes.keys().map(|id| id.as_uuid()))
}

impl Store {
    /// The version of a workspace's own rows and of those of tenants; read it before what it is to stand for.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn version_of_tenants(
        &self,
        workspace: &WorkspaceAccess,
        tenants: &[TenantAccess],
    ) -> Result<Moment, StoreError> {
        let own = std::iter::once(workspace.scope_id());
        self.version_of(own.chain(tenants.iter().map(TenantAccess::scope_id)))
            .await
    }

    /// The version of one tenant's rows; read it before what it is to stand for.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn version_of_tenant(&self, tenant: &TenantAccess) -> Result<Moment, StoreError> {
        self.version_of([tenant.scope_id()]).await
    }

    /// The version of the rows beside a run, and of its workspace's own; read it before what it is to stand for.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn version_of_run(&self, run: &RunAccess) -> Result<Moment, StoreError> {
        let row = run.run();
        // A change of the initiator's place in the workspace is told on the page too.
        self.version_of([row.scope_id, ScopeId::of(row.workspace_id, None)])
            .await
    }

    async fn version_of(
        &self,
        scopes: impl IntoIterator<Item = ScopeId>,
    ) -> Result<Moment, StoreError> {
        let row = self
            .db
            .first(
                &SUM,
                args![id_list(scopes.into_iter().map(ScopeId::as_uuid))?],
            )
            .await?;
        let row = row.ok_or(StoreError::NotFound)?;
        Ok(Moment {
            version: row.int("version")?,
            now: row.time("now")?,
        })
    }
}
