//! What a person chose: kept in the database between looking at it and asking for it (B-07).

use domain::{
    bulk::SkipReason,
    capability::Role,
    ids::{RunId, SelectionId, TenantId, WorkspaceId},
    lifecycle::TenantLifecycle,
    operation::OperationType,
    time::{DAY, Timestamp},
};
use policy::{Facts, Ruling, decide};
use serde_json::json;

use crate::{
    Store,
    audit::{AuditActor, to_json},
    error::StoreError,
    facts,
    new_id::new_id,
    queue::QueuePause,
    runs::{
        RunAccess,
        ask::{Active, active},
        draft::{Draft, OfBulk, RunDraft, original_initiator},
        request::Requested,
    },
    scope::{Scope, WorkspaceAccess},
    sql::{Row, Statement, Tx, args, dialects, same},
    tenants::TenantAccess,
};

/// A selection, for the person who made it.
#[derive(Debug, Clone)]
pub struct BulkSelection {
    /// Which one.
    pub id: SelectionId,
    /// Its workspace, with the person's role in it.
    pub workspace: WorkspaceAccess,
    /// What is to be asked for.
    pub operation: OperationType,
    /// When it was made.
    pub created_at: Timestamp,
    /// The run that was asked for with it.
    pub run_id: Option<RunId>,
    /// The tenants that the person is still entitled to, in their order.
    pub tenants: Vec<SelectedTenant>,
}

/// A chosen tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectedTenant {
    /// Which tenant.
    pub id: TenantId,
    /// What it is called.
    pub name: String,
    /// Where it is in its life.
    pub lifecycle: TenantLifecycle,
    /// Why it would have been refused or left out, as the choice was made.
    pub reason_code: Option<String>,
    /// Which prerequisite, where the code alone does not say it.
    pub reason_detail: Option<String>,
    /// Who paused its queue, if somebody did, as it is now.
    pub paused: Option<QueuePause>,
}

// What nobody asked for within a day is forgotten; one that was used has done its work by then.
static SELECTIONS_FORGET: Statement = same(
    "bulk_selections_forget",
    "delete from bulk_selections where user_id = $1 and created_at < $2",
);
static SELECTION_INSERT: Statement = same(
    "bulk_selection_insert",
    "insert into bulk_selections (workspace_id, id, user_id, type, created_at) values ($1, $2, $3, $4, $5)",
);
static SELECTION_ITEMS_INSERT: Statement = dialects(
    "bulk_selection_items_insert",
    "insert into bulk_selection_items (workspace_id, scope_id, selection_id, position, reason_code, reason_detail)
     select $1, unhex(i.value ->> 'tenant'), $2, i.value ->> 'position', i.value ->> 'reason', i.value ->> 'detail'
     from jsonb_each($3) i",
    "insert into bulk_selection_items (workspace_id, scope_id, selection_id, position, reason_code, reason_detail)
     select $1, i.tenant, $2, i.position, i.reason, i.detail
     from json_to_recordset($3::json) as i(tenant uuid, position bigint, reason text, detail text)",
);
static SELECTION_RESOLVE: Statement = same(
    "bulk_selection_resolve",
    "select s.id, s.workspace_id, s.type, s.created_at, s.run_id, w.name, m.role from bulk_selections s
     join workspaces w on w.id = s.workspace_id
     join workspace_memberships m on m.workspace_id = s.workspace_id and m.user_id = $2
     join users u on u.id = $2 and u.disabled_at is null
     where s.id = $1 and s.user_id = $2",
);
static SELECTION_TENANTS: Statement = same(
    "bulk_selection_tenants",
    "select t.id, t.name, t.lifecycle, i.reason_code, i.reason_detail, p.paused_at, p.paused_by_name
     from bulk_selection_items i
     join tenants t on t.id = i.scope_id
     join tenant_memberships m on m.tenant_id = t.id and m.user_id = $2
     left join queue_pauses p on p.workspace_id = t.workspace_id and p.tenant_id = t.id
     where i.selection_id = $1 order by i.position",
);
static SELECTION_TARGET: Statement = same(
    "bulk_selection_target",
    "select scope_id from bulk_selection_items where selection_id = $1 order by scope_id",
);
static SELECTION_USE: Statement = same(
    "bulk_selection_use",
    "update bulk_selections set run_id = $2 where id = $1 and run_id is null",
);
static ITEMS_INSERT: Statement = same(
    "bulk_items_insert",
    "insert into bulk_items (workspace_id, scope_id, parent_id, position, updated_at)
     select workspace_id, scope_id, $2, position, $3 from bulk_selection_items where selection_id = $1",
);

/// Makes the tenants of a selection the items of a run, once.
pub(in crate::runs) async fn use_selection(
    tx: &mut Tx,
    now: Timestamp,
    selection: SelectionId,
    run: RunId,
) -> Result<(), StoreError> {
    if tx.execute(&SELECTION_USE, args![selection, run]).await? == 0 {
        return Err(StoreError::Conflict);
    }
    tx.execute(&ITEMS_INSERT, args![selection, run, now])
        .await
        .map(drop)
}

impl Store {
    /// Keeps a choice of tenants, each with what stands against it now.
    ///
    /// # Errors
    /// `NotFound` when a tenant is not the workspace's, or the operation asks for no other runs.
    pub async fn bulk_select(
        &self,
        scope: &Scope,
        workspace: &WorkspaceAccess,
        operation: OperationType,
        tenants: &[TenantAccess],
    ) -> Result<SelectionId, StoreError> {
        let child = operation.spec().children.ok_or(StoreError::NotFound)?;
        if tenants.iter().any(|t| t.workspace_id() != workspace.id()) {
            return Err(StoreError::NotFound);
        }
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let drafts: Vec<_> = tenants
            .iter()
            .map(|t| child_draft(scope, child, t))
            .collect();
        let runs = drafts.iter().map(|d| d.facts(self.habitat)).collect();
        let mut facts = facts::load(&mut tx, runs).await?;
        for facts in &mut facts {
            facts.run.now = now;
        }
        let active = active(&mut tx, &drafts.iter().collect::<Vec<_>>()).await?;
        let mut items = Vec::with_capacity(drafts.len());
        let each = drafts.iter().zip(&facts).zip(&active);
        for (position, ((draft, facts), active)) in each.enumerate() {
            let (reason, detail) = expected(facts, *active);
            items.push(json!({
                "tenant": draft.scope_id().as_uuid().simple(),
                "position": position,
                "reason": reason,
                "detail": detail,
            }));
        }
        let id = new_id(SelectionId::from_uuid);
        let args = args![scope.user_id, now.plus(-DAY)];
        tx.execute(&SELECTIONS_FORGET, args).await?;
        let args = args![workspace.id(), id, scope.user_id, operation.as_str(), now];
        tx.execute(&SELECTION_INSERT, args).await?;
        let args = args![workspace.id(), id, to_json(&items)?];
        tx.execute(&SELECTION_ITEMS_INSERT, args).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// A selection that the person made.
    ///
    /// # Errors
    /// `NotFound` for an unknown id and for somebody else's selection alike.
    pub async fn bulk_selection(
        &self,
        scope: &Scope,
        id: SelectionId,
    ) -> Result<BulkSelection, StoreError> {
        let args = args![id, scope.user_id];
        let row = self.db.first(&SELECTION_RESOLVE, args).await?;
        let row = row.ok_or(StoreError::NotFound)?;
        let tenants = self
            .db
            .fetch(&SELECTION_TENANTS, args![id, scope.user_id])
            .await?;
        Ok(BulkSelection {
            id,
            workspace: WorkspaceAccess {
                id: WorkspaceId::from_uuid(row.uuid("workspace_id")?),
                name: row.text("name")?,
                role: row.word("role", Role::parse)?,
            },
            operation: row.word("type", OperationType::parse)?,
            created_at: row.time("created_at")?,
            run_id: super::run_of(&row)?,
            tenants: tenants.iter().map(selected).collect::<Result<_, _>>()?,
        })
    }

    /// Asks for the bulk run over a selection, in the scope's own name.
    ///
    /// Asked twice with one selection, it answers the run of the first time; an equal bulk that is active
    /// is answered as such.
    ///
    /// # Errors
    /// `NotFound` when the person is no member of the workspace any more.
    pub async fn bulk_request(
        &self,
        scope: &Scope,
        selection: &BulkSelection,
        retry_of: Option<&RunAccess>,
    ) -> Result<Requested, StoreError> {
        let id = selection.id;
        if let Some(run) = self.bulk_selection(scope, id).await?.run_id {
            return Ok(Requested::Deduped(run));
        }
        let rows = self.db.fetch(&SELECTION_TARGET, args![id]).await?;
        let tenants = rows
            .iter()
            .map(|row| Ok(TenantId::from_uuid(row.uuid("scope_id")?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        self.request(Draft {
            id: new_id(RunId::from_uuid),
            operation: selection.operation,
            workspace_id: selection.workspace.id(),
            tenant_id: None,
            authority: domain::run::AuthorityMode::ActorBound,
            actor: AuditActor::of(scope),
            retry_of: retry_of.map(|run| run.run().id),
            original_initiator: retry_of.map(original_initiator),
            schedule: None,
            bulk: Some(OfBulk::Parent {
                selection: id,
                tenants,
            }),
        })
        .await
    }
}

fn child_draft(scope: &Scope, operation: OperationType, tenant: &TenantAccess) -> Draft {
    let draft = RunDraft {
        operation,
        tenant,
        retry_of: None,
    };
    Draft::of_person(scope, draft)
}

/// What stands against a run at this moment.
fn expected(facts: &Facts, active: Option<Active>) -> (Option<&'static str>, Option<&'static str>) {
    if let Ruling::Refused(refusal) = decide(facts) {
        let detail = refusal.detail().map(|detail| detail.as_str());
        return (Some(refusal.code().as_str()), detail);
    }
    let skip = active.map(|active| match active {
        Active::Equal(_) => SkipReason::AlreadyActive,
        Active::Excludes(_) => SkipReason::ConnectionInUse,
    });
    (skip.map(SkipReason::as_str), None)
}

fn selected(row: &Row) -> Result<SelectedTenant, StoreError> {
    Ok(SelectedTenant {
        id: TenantId::from_uuid(row.uuid("id")?),
        name: row.text("name")?,
        lifecycle: row.word("lifecycle", TenantLifecycle::parse)?,
        reason_code: row.opt_text("reason_code")?,
        reason_detail: row.opt_text("reason_detail")?,
        paused: match row.opt_time("paused_at")? {
            Some(at) => Some(QueuePause {
                by: row.text("paused_by_name")?,
                at,
            }),
            None => None,
        },
    })
}
