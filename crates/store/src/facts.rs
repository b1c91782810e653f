//! Reads what the gate may look at, fresh, in the transaction that starts the runs (L-04).
//!
//! One statement a table, in one order everywhere: users, workspace memberships, tenants, tenant
//! memberships, connections, schedules. On PostgreSQL each locks what it reads `for share`, so a revocation is
//! either committed before and seen, or waits until the start is committed.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    capability::Role,
    connection::{ConsentStatus, VerificationStatus},
    ids::{ConnectionId, RunId, ScheduleId, ScopeId, TenantId, UserId, WorkspaceId},
    lifecycle::TenantLifecycle,
    operation::OperationType,
    run::RunStatus,
    schedule::ScheduleState,
};
use policy::{
    ActorFacts, BulkState, ConnectionFacts, CredentialState, Facts, GrantFacts, RunFacts,
    ScheduleFacts, Standing, Switch, TenantFacts,
};
use uuid::Uuid;

use crate::{
    error::StoreError,
    sql::{Row, Rows, Statement, Tx, args, dialects, id_list},
};

static FACTS_USERS: Statement = dialects(
    "facts_users",
    "select id, disabled_at, version from users
     where id in (select unhex(value) from jsonb_each($1)) order by id",
    "select id, disabled_at, version from users
     where id in (select value::uuid from json_array_elements_text($1::json)) order by id for share",
);
// Of each person that place alone in which a run of theirs is to start: many people and many places are far more pairs.
static FACTS_WORKSPACE_MEMBERSHIPS: Statement = dialects(
    "facts_workspace_memberships",
    "select m.workspace_id, m.user_id, m.role, m.version from given k cross join workspace_memberships m
       on m.workspace_id = k.place and m.user_id = k.person
     order by m.workspace_id, m.user_id",
    "select m.workspace_id, m.user_id, m.role, m.version from unnest($1::uuid[], $2::uuid[]) as k(place, person)
     join workspace_memberships m on m.workspace_id = k.place and m.user_id = k.person
     order by m.workspace_id, m.user_id for share of m",
);
static FACTS_TENANTS: Statement = dialects(
    "facts_tenants",
    "select id, workspace_id, lifecycle, version from tenants
     where id in (select unhex(value) from jsonb_each($1)) order by id",
    "select id, workspace_id, lifecycle, version from tenants
     where id in (select value::uuid from json_array_elements_text($1::json)) order by id for share",
);
static FACTS_TENANT_MEMBERSHIPS: Statement = dialects(
    "facts_tenant_memberships",
    "select m.tenant_id, m.user_id, m.role, m.version from given k cross join tenant_memberships m
       on m.tenant_id = k.place and m.user_id = k.person
     order by m.tenant_id, m.user_id",
    "select m.tenant_id, m.user_id, m.role, m.version from unnest($1::uuid[], $2::uuid[]) as k(place, person)
     join tenant_memberships m on m.tenant_id = k.place and m.user_id = k.person
     order by m.tenant_id, m.user_id for share of m",
);
static FACTS_CONNECTIONS: Statement = dialects(
    "facts_connections",
    "select c.id, c.scope_id, c.is_enabled, c.consent_status, c.verification_status, c.version,
       k.connection_id is not null as has_credential
     from provider_connections c left join provider_credentials k on k.connection_id = c.id
     where c.tenant_id in (select unhex(value) from jsonb_each($1)) and c.is_default order by c.id",
    "select c.id, c.scope_id, c.is_enabled, c.consent_status, c.verification_status, c.version,
       exists (select 1 from provider_credentials k where k.connection_id = c.id) as has_credential
     from provider_connections c
     where c.tenant_id in (select value::uuid from json_array_elements_text($1::json)) and c.is_default
     order by c.id for share of c",
);

static FACTS_SCHEDULES: Statement = dialects(
    "facts_schedules",
    "select id, revision, state from schedules
     where id in (select unhex(value) from jsonb_each($1)) order by id",
    "select id, revision, state from schedules
     where id in (select value::uuid from json_array_elements_text($1::json)) order by id for share",
);

// Asked for those alone whose type a bulk asks for. Behind the runs' places in the queue, as whoever ends the bulk
// takes them.
static FACTS_BULKS: Statement = dialects(
    "facts_bulks",
    "select r.id, p.status from operation_runs r join operation_runs p on p.id = r.parent_id
     where r.id in (select unhex(value) from jsonb_each($1)) order by p.id",
    "select r.id, p.status from operation_runs r join operation_runs p on p.id = r.parent_id
     where r.id in (select value::uuid from json_array_elements_text($1::json)) order by p.id for share of p",
);

/// Everything read for one batch, by key.
#[derive(Default)]
struct Grants {
    users: BTreeMap<UserId, (Standing, i64)>,
    workspaces: BTreeMap<(WorkspaceId, UserId), GrantFacts>,
    tenants: BTreeMap<TenantId, TenantFacts>,
    memberships: BTreeMap<(TenantId, UserId), GrantFacts>,
    connections: BTreeMap<ScopeId, ConnectionFacts>,
    schedules: BTreeMap<ScheduleId, ScheduleFacts>,
    bulks: BTreeMap<RunId, BulkState>,
}

/// Loads the facts of a batch of runs with one statement a table.
pub(crate) async fn load(tx: &mut Tx, runs: Vec<RunFacts>) -> Result<Vec<Facts>, StoreError> {
    let users = id_list(
        runs.iter()
            .filter_map(|run| run.actor_id)
            .map(UserId::as_uuid),
    )?;
    let in_workspaces = pairs(&runs, |run| Some(run.workspace_id.as_uuid()));
    let in_tenants = pairs(&runs, |run| run.tenant_id.map(TenantId::as_uuid));
    let tenants = id_list(
        runs.iter()
            .filter_map(|run| run.tenant_id)
            .map(TenantId::as_uuid),
    )?;
    let mut grants = Grants::default();
    for row in tx.fetch(&FACTS_USERS, args![&*users]).await? {
        grants.add_user(&row)?;
    }
    for row in tx
        .fetch_rows(&FACTS_WORKSPACE_MEMBERSHIPS, in_workspaces, args![])
        .await?
    {
        grants.add_workspace_membership(&row)?;
    }
    for row in tx.fetch(&FACTS_TENANTS, args![&*tenants]).await? {
        grants.add_tenant(&row)?;
    }
    for row in tx
        .fetch_rows(&FACTS_TENANT_MEMBERSHIPS, in_tenants, args![])
        .await?
    {
        grants.add_tenant_membership(&row)?;
    }
    for row in tx.fetch(&FACTS_CONNECTIONS, args![&*tenants]).await? {
        grants.add_connection(&row)?;
    }
    let slots = runs.iter().filter_map(|run| run.slot);
    let slots: Vec<Uuid> = slots.map(|slot| slot.schedule_id.as_uuid()).collect();
    if !slots.is_empty() {
        let slots = id_list(slots)?;
        for row in tx.fetch(&FACTS_SCHEDULES, args![slots]).await? {
            grants.add_schedule(&row)?;
        }
    }
    let parts = runs.iter().filter(|run| may_be_part(run));
    let parts: Vec<Uuid> = parts.map(|run| run.id.as_uuid()).collect();
    if !parts.is_empty() {
        let parts = id_list(parts)?;
        for row in tx.fetch(&FACTS_BULKS, args![parts]).await? {
            grants.add_bulk(&row)?;
        }
    }
    Ok(runs.into_iter().map(|run| grants.facts_of(run)).collect())
}

/// Whether a bulk asks for runs of this type.
fn may_be_part(run: &RunFacts) -> bool {
    let operation = run.operation();
    operation.is_some_and(|operation| {
        let asks = |bulk: &OperationType| bulk.spec().children == Some(operation);
        OperationType::ALL.iter().any(asks)
    })
}

/// The people of runs, each with a place in which a run of theirs is to start.
fn pairs(runs: &[RunFacts], place: impl Fn(&RunFacts) -> Option<Uuid>) -> Rows {
    let pair = |run: &RunFacts| Some((place(run)?, run.actor_id?.as_uuid()));
    let pairs: BTreeSet<_> = runs.iter().filter_map(pair).collect();
    Rows::default()
        .ids("place", pairs.iter().map(|(place, _)| *place))
        .ids("person", pairs.iter().map(|(_, person)| *person))
}

fn grant_of(row: &Row) -> Result<Option<GrantFacts>, StoreError> {
    // A role word that nobody knows grants nothing.
    let role = Role::parse(&row.text("role")?);
    let version = row.int("version")?;
    Ok(role.map(|role| GrantFacts { role, version }))
}

impl Grants {
    fn add_user(&mut self, row: &Row) -> Result<(), StoreError> {
        let standing = match row.opt_int("disabled_at")? {
            None => Standing::Enabled,
            Some(_) => Standing::Disabled,
        };
        self.users.insert(
            UserId::from_uuid(row.uuid("id")?),
            (standing, row.int("version")?),
        );
        Ok(())
    }

    fn add_workspace_membership(&mut self, row: &Row) -> Result<(), StoreError> {
        if let Some(grant) = grant_of(row)? {
            let workspace = WorkspaceId::from_uuid(row.uuid("workspace_id")?);
            self.workspaces
                .insert((workspace, UserId::from_uuid(row.uuid("user_id")?)), grant);
        }
        Ok(())
    }

    fn add_tenant(&mut self, row: &Row) -> Result<(), StoreError> {
        // A word of a newer version is no fact, and refuses this tenant's runs alone:
        // an error here would hold up every claim of every tenant.
        let Some(lifecycle) = TenantLifecycle::parse(&row.text("lifecycle")?) else {
            return Ok(());
        };
        let tenant_id = TenantId::from_uuid(row.uuid("id")?);
        let facts = TenantFacts {
            tenant_id,
            workspace_id: WorkspaceId::from_uuid(row.uuid("workspace_id")?),
            lifecycle,
            version: row.int("version")?,
        };
        self.tenants.insert(tenant_id, facts);
        Ok(())
    }

    fn add_tenant_membership(&mut self, row: &Row) -> Result<(), StoreError> {
        if let Some(grant) = grant_of(row)? {
            let tenant = TenantId::from_uuid(row.uuid("tenant_id")?);
            self.memberships
                .insert((tenant, UserId::from_uuid(row.uuid("user_id")?)), grant);
        }
        Ok(())
    }

    fn add_connection(&mut self, row: &Row) -> Result<(), StoreError> {
        // As above: words that nobody knows are no facts.
        let (Some(consent), Some(verification)) = (
            ConsentStatus::parse(&row.text("consent_status")?),
            VerificationStatus::parse(&row.text("verification_status")?),
        ) else {
            return Ok(());
        };
        let facts = ConnectionFacts {
            connection_id: ConnectionId::from_uuid(row.uuid("id")?),
            switch: if row.flag("is_enabled")? {
                Switch::On
            } else {
                Switch::Off
            },
            consent,
            verification,
            credential: if row.flag("has_credential")? {
                CredentialState::Stored
            } else {
                CredentialState::Missing
            },
            version: row.int("version")?,
        };
        self.connections
            .insert(ScopeId::from_uuid(row.uuid("scope_id")?), facts);
        Ok(())
    }

    fn add_schedule(&mut self, row: &Row) -> Result<(), StoreError> {
        // As above: a state that nobody knows is no fact.
        if let Some(state) = ScheduleState::parse(&row.text("state")?) {
            let schedule_id = ScheduleId::from_uuid(row.uuid("id")?);
            let facts = ScheduleFacts {
                schedule_id,
                revision: row.int("revision")?,
                state,
            };
            self.schedules.insert(schedule_id, facts);
        }
        Ok(())
    }

    fn add_bulk(&mut self, row: &Row) -> Result<(), StoreError> {
        // As above: a status that nobody knows is none in which it waits.
        let state = match RunStatus::parse(&row.text("status")?) {
            Some(RunStatus::Queued | RunStatus::Running) => BulkState::UnderWay,
            Some(RunStatus::Completed) | None => BulkState::Over,
        };
        self.bulks.insert(RunId::from_uuid(row.uuid("id")?), state);
        Ok(())
    }

    fn facts_of(&self, run: RunFacts) -> Facts {
        let actor = run.actor_id.and_then(|user_id| {
            let (standing, version) = *self.users.get(&user_id)?;
            Some(ActorFacts {
                user_id,
                standing,
                version,
                workspace: self.workspaces.get(&(run.workspace_id, user_id)).copied(),
                tenant: run
                    .tenant_id
                    .and_then(|tenant| self.memberships.get(&(tenant, user_id)).copied()),
            })
        });
        Facts {
            actor,
            tenant: run.tenant_id.and_then(|id| self.tenants.get(&id).cloned()),
            connection: self.connections.get(&run.scope_id).cloned(),
            schedule: run
                .slot
                .and_then(|slot| self.schedules.get(&slot.schedule_id).copied()),
            bulk: self.bulks.get(&run.id).copied(),
            run,
        }
    }
}
