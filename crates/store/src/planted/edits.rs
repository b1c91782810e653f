//! Which words of which statements a mistake changes.

use super::Mistake;
use crate::runs::attempt_fence;

/// A statement, what stands in it, and what stands there instead.
pub(super) type Edit = (&'static str, &'static str, &'static str);

/// A worker is told that it still has what it once had, whoever has it now.
const LEASES_NEVER_LOST: &[Edit] = &[
    (
        "run_queue_heartbeat",
        "run_queue.attempt = t.attempt and owner = $1",
        "$1 is not null",
    ),
    (
        "run_queue_heartbeat",
        "run_queue.attempt as attempt",
        "(select k.attempt from given k where k.run = run_queue.run_id) as attempt",
    ),
    ("run_queue_heartbeat", attempt_fence!(), ""),
    (
        "run_queue_heartbeat",
        "q.owner = $3",
        "q.owner is not null and $3::uuid is not null",
    ),
    (
        "run_queue_heartbeat",
        "returning q.run_id, q.attempt",
        "returning q.run_id, ($2::bigint[])[array_position($1::uuid[], q.run_id)] as attempt",
    ),
];

impl Mistake {
    /// What is changed; of each pair one text is SQLite's and one PostgreSQL's, where they differ.
    pub(super) const fn edits(self) -> [&'static [Edit]; 2] {
        match self {
            Self::None => [&[], &[]],
            Self::SkipTheDecision => [
                &[
                    (
                        "run_decisions_record",
                        "from given d",
                        "from given d where false",
                    ),
                    (
                        "run_decisions_record",
                        "as d(workspace, scope, run, attempt, verdict, reason)",
                        "as d(workspace, scope, run, attempt, verdict, reason) where false",
                    ),
                ],
                &[],
            ],
            Self::AllowEverything => [
                &[
                    ("facts_tenant_memberships", "m.role", "'owner' as role"),
                    (
                        "facts_tenants",
                        "select id, workspace_id, lifecycle, version",
                        "select id, workspace_id, 'active' as lifecycle, version",
                    ),
                    (
                        "facts_users",
                        "select id, disabled_at, version",
                        "select id, nullif(created_at, created_at) as disabled_at, version",
                    ),
                ],
                &[],
            ],
            Self::ReadOldConnections => [
                &[(
                    "facts_connections",
                    "c.is_enabled, c.consent_status, c.verification_status, c.version",
                    "c.is_default as is_enabled, c.consent_status, c.verification_status, c.version - 1 as version",
                )],
                &[],
            ],
            Self::FinishWithoutAttempt => [
                LEASES_NEVER_LOST,
                &[
                    ("run_queue_finish", "and q.attempt = k.attempt", ""),
                    ("run_queue_finish", attempt_fence!(), ""),
                    // Whoever asks is told that it was theirs.
                    (
                        "run_queue_finish",
                        "returning run_id, attempt",
                        "returning run_id, (select k.attempt from given k where k.run = run_queue.run_id) as attempt",
                    ),
                    (
                        "run_queue_finish",
                        "returning q.run_id, q.attempt",
                        "returning q.run_id, ($2::bigint[])[array_position($1::uuid[], q.run_id)] as attempt",
                    ),
                    ("runs_finish", "and operation_runs.attempt = t.attempt", ""),
                ],
            ],
            Self::RescueWithoutNewAttempt => [
                &[
                    (
                        "runs_requeue",
                        "attempt = operation_runs.attempt + 1",
                        "attempt = operation_runs.attempt",
                    ),
                    (
                        "run_queue_requeue",
                        "attempt = run_queue.attempt + 1",
                        "attempt = run_queue.attempt",
                    ),
                ],
                &[],
            ],
            Self::NotifyTwice => [
                &[
                    (
                        "notifications_insert",
                        "n.id, u.id, n.run, $1",
                        "randomblob(16), u.id, n.run, $1",
                    ),
                    (
                        "notifications_insert",
                        "n.id, u.id, n.run, $6",
                        "gen_random_uuid(), u.id, n.run, $6",
                    ),
                    (
                        "notifications_insert",
                        "join users u on u.id = n.person",
                        "join users u on u.id is not null",
                    ),
                ],
                &[],
            ],
            Self::NotifyNobody => [
                &[(
                    "notifications_insert",
                    "where r.parent_id is null",
                    "where false",
                )],
                &[],
            ],
            Self::ForgetTheAudit => [
                &[
                    (
                        "audit_append",
                        "from given e",
                        "from given e where e.action <> 'run.completed'",
                    ),
                    (
                        "audit_append_whole",
                        "actor_name, subject, run, detail, previous, hash)",
                        "actor_name, subject, run, detail, previous, hash) where e.action <> 'run.completed'",
                    ),
                ],
                &[],
            ],
            Self::StayInTheQueue => [
                &[(
                    "run_queue_leave",
                    "delete from run_queue where",
                    "delete from run_queue where false and",
                )],
                &[],
            ],
            // What is sent is decided in the code (`sends_late`), which would find out a moment later.
            Self::SendAfterTheLease => [LEASES_NEVER_LOST, &[]],
            Self::RepeatBlindly => [&[], &[]],
            // The planted worker does it.
            Self::KeepDescriptors => [&[], &[]],
            Self::StartBehindAPause => [
                &[(
                    "run_queue_ring",
                    "and not exists (select 1 from queue_pauses p where p.scope_id = r.scope_id)",
                    "",
                )],
                &[
                    (
                        "run_queue_claim",
                        "where not exists (select 1 from queue_pauses p where p.scope_id = q.scope_id)",
                        "",
                    ),
                    (
                        "run_queue_claim",
                        "where not exists (select 1 from queue_pauses p where p.scope_id = s.scope)",
                        "",
                    ),
                ],
            ],
            Self::AskAboutTheOwner => [
                &[(
                    "run_checkpoint_ask",
                    "r.user_id,",
                    "(select m.user_id from tenant_memberships m where m.tenant_id = r.tenant_id
                        and m.role = 'owner' limit 1) as user_id,",
                )],
                &[],
            ],
            Self::SignInToAnothersDirectory => [
                &[(
                    "connection_secret",
                    "c.entra_tenant_id,",
                    "(select o.entra_tenant_id from provider_connections o where o.workspace_id = c.workspace_id
                        and o.id <> c.id limit 1) as entra_tenant_id,",
                )],
                &[],
            ],
            Self::MistakeTheSlot => [
                &[(
                    "schedule_slot_insert",
                    "$3, $4, $5, $6",
                    "$3, $4 - 1, $5, $6 - 1",
                )],
                &[],
            ],
        }
    }
}
