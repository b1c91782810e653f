//! Attacks by raw SQL on what has happened and on who owns it.

use domain::ids::{RunId, ScopeId};
use uuid::Uuid;

use crate::{
    attacks::{
        Attack,
        Guard::{Always, ForeignKey, PostgresAlone, SqliteAlone},
        Targets, attack, decision,
    },
    database::Database,
    world::World,
};

/// Rewriting what has happened.
pub fn histories(world: &World, t: &Targets) -> Vec<Attack> {
    let db = &world.db;
    let replaced =
        |statement: String| statement.replacen("insert into", "insert or replace into", 1);
    vec![
        attack(
            "a run deleted",
            Always,
            format!("delete from operation_runs where id = {}", t.completed),
        ),
        attack(
            "a run replaced",
            SqliteAlone,
            replaced(world.raw_run_sql(t.completed_id, "inventory.sync", world.owner.user_id())),
        ),
        attack("runs truncated", PostgresAlone, "truncate operation_runs cascade".to_owned()),
        attack(
            "a decision changed",
            Always,
            format!("update run_decisions set verdict = 'allowed', reason_code = null where run_id = {}", t.denied),
        ),
        attack(
            "a decision deleted",
            Always,
            format!("delete from run_decisions where run_id = {}", t.denied),
        ),
        attack(
            "a decision replaced",
            SqliteAlone,
            replaced(decision(db, &t.ws, &t.tenant, t.allowed_id, 1, false)),
        ),
        attack("decisions truncated", PostgresAlone, "truncate run_decisions cascade".to_owned()),
        attack(
            "refused at a checkpoint without a decision",
            Always,
            format!(
                "update operation_runs set status = 'completed', outcome = 'blocked', completed_at = 1,
                   blocked_phase = 'checkpoint' where id = {}",
                t.running
            ),
        ),
        attack("a checkpoint of an attempt that was not allowed", Always, checkpoint(t, &t.denied)),
        attack("a checkpoint of a run that never started", Always, checkpoint(t, &t.undecided)),
        attack("a write set out for by a queued run", Always, intent(db, t, &t.second_attempt, "2", "open")),
        attack("a write set out for by an earlier attempt", Always, intent(db, t, &t.running, "1", "open")),
        attack("a write set out for by a run that is over", Always, intent(db, t, &t.completed, "1", "open")),
        attack("a write that is done before it is set out for", Always, intent(db, t, &t.running, "2", "done")),
        attack(
            "an end that the ledger does not tell of",
            PostgresAlone,
            format!(
                "insert into run_outcomes (workspace_id, scope_id, outcome, queued_at, run_id, type)
                 values ({}, {}, 'succeeded', 1, {}, 'inventory.sync')",
                t.ws, t.tenant, t.running
            ),
        ),
        attack(
            "an end told otherwise",
            PostgresAlone,
            format!("update run_outcomes set outcome = 'failed' where run_id = {}", t.completed),
        ),
        attack("an end forgotten", PostgresAlone, format!("delete from run_outcomes where run_id = {}", t.completed)),
        attack("all ends forgotten", PostgresAlone, "truncate run_outcomes".to_owned()),
        attack("an audit entry changed", Always, "update audit_log set detail = '{}' where sequence = 1".to_owned()),
        attack("an audit entry deleted", Always, "delete from audit_log where sequence = 1".to_owned()),
        attack(
            "an audit entry replaced",
            SqliteAlone,
            "insert or replace into audit_log (workspace_id, scope_id, sequence, at, action, actor_name, subject_id, detail, previous_hash, hash)
             select workspace_id, scope_id, sequence, at, 'nothing', actor_name, subject_id, '{}', previous_hash, hash
             from audit_log where sequence = 1".to_owned(),
        ),
        attack("the audit log truncated", PostgresAlone, "truncate audit_log".to_owned()),
    ]
}

/// A refusal at a checkpoint as raw SQL writes it.
fn checkpoint(t: &Targets, run: &str) -> String {
    format!(
        "insert into run_checkpoints (workspace_id, scope_id, run_id, attempt, reason_code, decided_at)
         values ({}, {}, {run}, 1, 'missing_capability', 1)",
        t.ws, t.tenant
    )
}

/// An attempt as raw SQL writes it.
fn attempt(t: &Targets, scope: &str, run: &str) -> String {
    format!(
        "insert into run_attempts (workspace_id, scope_id, run_id, attempt, worker_id, started_at)
         values ({}, {scope}, {run}, 7, {}, 1)",
        t.ws, t.stranger
    )
}

/// A notification as raw SQL writes it.
fn notification(t: &Targets, scope: &str, run: &str) -> String {
    format!(
        "insert into notifications (workspace_id, scope_id, id, user_id, run_id, created_at)
         values ({}, {scope}, {}, {}, {run}, 1)",
        t.ws, t.tenant, t.stranger
    )
}

/// A write intent as raw SQL writes it.
fn intent(db: &Database, t: &Targets, run: &str, attempt: &str, state: &str) -> String {
    let closed = if state == "open" { "null" } else { "1" };
    format!(
        "insert into write_intents (workspace_id, scope_id, id, run_id, attempt, op_key, kind, target, label, fields,
           body_hash, before_hash, state, opened_at, closed_at)
         values ({}, {}, {}, {run}, {attempt}, 'key', 'kind', 'target', 'label', '[]', {hash}, {hash},
           '{state}', 1, {closed})",
        t.ws, t.tenant, t.stranger, hash = db.bytes("77")
    )
}

/// Rows that mix the rows of two owners.
pub fn owners(world: &World, t: &Targets) -> Vec<Attack> {
    let db = &world.db;
    let other_scope = ScopeId::from_uuid(Uuid::now_v7());
    vec![
        attack(
            "a queue row for another scope",
            Always,
            format!(
                "insert into run_queue (workspace_id, scope_id, run_id, identity_hash, type, priority, queued_at,
                   available_at, attempt)
                 values ({}, {}, {}, {}, 'inventory.sync', 0, 1, 1, 1)",
                t.ws, t.other_tenant, t.completed, db.bytes("77")
            ),
        ),
        attack(
            "a queue row moved to another scope",
            Always,
            format!("update run_queue set scope_id = {} where run_id = {}", t.other_tenant, t.undecided),
        ),
        attack(
            "a tenant's member from another workspace",
            Always,
            format!(
                "insert into tenant_memberships (workspace_id, tenant_id, user_id, role, version, created_at)
                 values ({}, {}, {}, 'owner', 1, 1)",
                t.ws, t.tenant, t.stranger
            ),
        ),
        attack(
            "a member of another workspace's tenant",
            Always,
            format!(
                "insert into tenant_memberships (workspace_id, tenant_id, user_id, role, version, created_at)
                 values ({}, {}, {}, 'owner', 1, 1)",
                t.ws, t.foreign_tenant, t.owner
            ),
        ),
        attack(
            "a membership moved to another workspace's tenant",
            Always,
            format!(
                "update tenant_memberships set tenant_id = {} where user_id = {} and tenant_id = {}",
                t.foreign_tenant, t.owner, t.tenant
            ),
        ),
        attack(
            "a run in another workspace's tenant",
            Always,
            world
                .raw_run_sql(RunId::from_uuid(Uuid::now_v7()), "inventory.sync", world.owner.user_id())
                .replace(&t.tenant, &t.foreign_tenant),
        ),
        attack(
            "a tenant moved to another workspace",
            Always,
            format!("update tenants set workspace_id = {} where id = {}", t.foreign_ws, t.tenant),
        ),
        attack(
            "a selected tenant without its workspace",
            Always,
            format!("update sessions set workspace_id = null, tenant_id = {}", t.tenant),
        ),
        attack(
            "a selected tenant of another workspace",
            ForeignKey,
            format!("update sessions set workspace_id = {}, tenant_id = {}", t.ws, t.foreign_tenant),
        ),
        attack(
            "a connection in another workspace's tenant",
            ForeignKey,
            format!(
                "insert into provider_connections (workspace_id, tenant_id, id, provider, display_name, entra_tenant_id,
                   client_id, is_default, is_enabled, consent_status, verification_status, version, created_at)
                 values ({}, {}, {}, 'other', 'x', 'x', 'x', true, true, 'granted', 'healthy', 1, 1)",
                t.ws, t.foreign_tenant, db.id(other_scope.as_uuid())
            ),
        ),
        attack(
            "a credential for another tenant's connection",
            ForeignKey,
            format!("update provider_credentials set scope_id = {}", t.foreign_tenant),
        ),
        attack("an attempt of no run", ForeignKey, attempt(t, &t.tenant, &t.stranger)),
        attack("an attempt of another scope's run", ForeignKey, attempt(t, &t.other_tenant, &t.undecided)),
        attack(
            "an attempt moved to another scope",
            ForeignKey,
            format!("update run_attempts set scope_id = {} where run_id = {}", t.other_tenant, t.running),
        ),
        attack("a notification of no run", ForeignKey, notification(t, &t.tenant, &t.stranger)),
        attack("a notification of another scope's run", ForeignKey, notification(t, &t.other_tenant, &t.completed)),
        attack(
            "a notification moved to another scope",
            ForeignKey,
            format!("update notifications set scope_id = {} where run_id = {}", t.other_tenant, t.completed),
        ),
        attack(
            "an audit entry about another workspace's tenant",
            ForeignKey,
            format!(
                "insert into audit_log (workspace_id, scope_id, sequence, at, action, actor_name, subject_id, detail, previous_hash, hash)
                 values ({}, {}, 999999, 1, 'x', 'x', {}, '{{}}', {}, {})",
                t.ws, t.foreign_tenant, t.owner, db.bytes("00"), db.bytes("00")
            ),
        ),
        attack(
            "an audit entry of no workspace, among others that are right",
            ForeignKey,
            format!(
                "insert into audit_log (workspace_id, scope_id, sequence, at, action, actor_name, subject_id, detail, previous_hash, hash)
                 select w, w, 999998, 1, 'x', 'x', {0}, '{{}}', {1}, {1} from (select {2} as w union all select {0} as w) o",
                t.owner, db.bytes("00"), t.ws
            ),
        ),
        attack(
            "a tenant deleted",
            Always,
            format!("delete from tenants where id = {}", t.other_tenant),
        ),
        attack(
            "a workspace deleted",
            Always,
            format!("delete from workspaces where id = {}", t.foreign_ws),
        ),
        attack(
            "a workspace under another id",
            Always,
            format!("update workspaces set id = {} where id = {}", t.owner, t.foreign_ws),
        ),
        attack(
            "a notification about another scope's run",
            ForeignKey,
            format!(
                "insert into notifications (workspace_id, scope_id, id, user_id, run_id, created_at)
                 values ({}, {}, {}, {}, {}, 1)",
                t.ws, t.other_tenant, db.id(other_scope.as_uuid()), t.owner, t.undecided
            ),
        ),
        attack(
            "an item of another scope's run",
            ForeignKey,
            format!(
                "insert into run_items (workspace_id, scope_id, run_id, position, key, label, outcome, updated_at)
                 values ({}, {}, {}, 0, 'x', 'x', 'succeeded', 1)",
                t.ws, t.other_tenant, t.undecided
            ),
        ),
    ]
}
