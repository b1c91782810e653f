//! Mistakes on purpose, for the trial that must find each of them.
//!
//! Compiled with the feature `planted` alone, which nothing that is shipped turns on. A mistake changes the
//! text of statements on their way to the database, so that the code that is tried is the code there is.

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock, PoisonError},
};

/// One mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// None: what the trial finds is then not the planted worker's fault.
    None,
    /// Runs are started without a decision in the ledger.
    SkipTheDecision,
    /// The gate is told that everybody is an enabled owner, and every tenant in service.
    AllowEverything,
    /// The gate is told that every connection is on and of the version it once had.
    ReadOldConnections,
    /// A run is ended by whoever has worked on it, whatever its attempt is now.
    FinishWithoutAttempt,
    /// A rescued run keeps its attempt, in queue and ledger.
    RescueWithoutNewAttempt,
    /// Everybody is told of the end of a run.
    NotifyTwice,
    /// Nobody is told of the end of a run.
    NotifyNobody,
    /// The end of a run leaves no entry in the audit log.
    ForgetTheAudit,
    /// A finished run stays in the queue.
    StayInTheQueue,
}

const ALL: [(&str, Mistake); 10] = [
    ("none", Mistake::None),
    ("skip-the-decision", Mistake::SkipTheDecision),
    ("allow-everything", Mistake::AllowEverything),
    ("read-old-connections", Mistake::ReadOldConnections),
    ("finish-without-attempt", Mistake::FinishWithoutAttempt),
    (
        "rescue-without-new-attempt",
        Mistake::RescueWithoutNewAttempt,
    ),
    ("notify-twice", Mistake::NotifyTwice),
    ("notify-nobody", Mistake::NotifyNobody),
    ("forget-the-audit", Mistake::ForgetTheAudit),
    ("stay-in-the-queue", Mistake::StayInTheQueue),
];

static PLANTED: OnceLock<Mistake> = OnceLock::new();
static CHANGED: Mutex<Option<HashMap<&'static str, &'static str>>> = Mutex::new(None);

/// A statement, what stands in it, and what stands there instead.
type Edit = (&'static str, &'static str, &'static str);

impl Mistake {
    /// A mistake by its name.
    pub fn parse(name: &str) -> Option<Self> {
        let found = ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, mistake)| *mistake)
    }

    /// Makes it in this process from now on.
    pub fn plant(self) {
        let _ = PLANTED.set(self);
    }

    /// What is changed; of each pair one text is SQLite's and one PostgreSQL's, where they differ.
    const fn edits(self) -> &'static [Edit] {
        match self {
            Self::None => &[],
            Self::SkipTheDecision => &[
                (
                    "run_decisions_record",
                    "from jsonb_each($1) d",
                    "from jsonb_each($1) d where false",
                ),
                (
                    "run_decisions_record",
                    "as d(workspace, scope, run, attempt, verdict, reason, decision)",
                    "as d(workspace, scope, run, attempt, verdict, reason, decision) where false",
                ),
            ],
            Self::AllowEverything => &[
                (
                    "facts_tenant_memberships",
                    "select tenant_id, user_id, role, version",
                    "select tenant_id, user_id, 'owner' as role, version",
                ),
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
            Self::ReadOldConnections => &[(
                "facts_connections",
                "c.is_enabled, c.consent_status, c.verification_status, c.version",
                "c.is_default as is_enabled, c.consent_status, c.verification_status, c.version - 1 as version",
            )],
            // Runs are taken from living workers too, so that there is somebody who ends a run too late.
            Self::FinishWithoutAttempt => &[
                (
                    "run_queue_expired",
                    "lease_until < $1",
                    "lease_until > 0 * $1",
                ),
                (
                    "run_queue_expired_peek",
                    "lease_until < $1",
                    "lease_until > 0 * $1",
                ),
                (
                    "run_queue_finish",
                    "and q.attempt = k.value ->> 'attempt'",
                    "",
                ),
                ("run_queue_finish", "and q.attempt = k.attempt", ""),
                // Whoever asks is told that it was theirs.
                (
                    "run_queue_finish",
                    "returning run_id, attempt",
                    "returning run_id, max(attempt - 1, 1) as attempt",
                ),
                (
                    "run_queue_finish",
                    "select q.run_id from",
                    "select q.run_id, k.attempt from",
                ),
                (
                    "run_queue_finish",
                    "returning q.run_id, q.attempt",
                    "returning q.run_id, held.attempt",
                ),
                ("runs_finish", "and operation_runs.attempt = t.attempt", ""),
            ],
            Self::RescueWithoutNewAttempt => &[
                (
                    "run_queue_expired",
                    "lease_until < $1",
                    "lease_until > 0 * $1",
                ),
                (
                    "run_queue_expired_peek",
                    "lease_until < $1",
                    "lease_until > 0 * $1",
                ),
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
            Self::NotifyTwice => &[
                (
                    "notifications_insert",
                    "unhex(n.value ->> 'id')",
                    "randomblob(16)",
                ),
                (
                    "notifications_insert",
                    "join users u on u.id = unhex(n.value ->> 'user')",
                    "join users u on u.id is not null",
                ),
                (
                    "notifications_insert",
                    "n.scope, n.id, u.id",
                    "n.scope, gen_random_uuid(), u.id",
                ),
                (
                    "notifications_insert",
                    "join users u on u.id = n.\"user\"",
                    "join users u on u.id is not null",
                ),
            ],
            Self::NotifyNobody => &[(
                "notifications_insert",
                "where r.parent_id is null",
                "where false",
            )],
            Self::ForgetTheAudit => &[
                (
                    "audit_append",
                    "from jsonb_each($1) e",
                    "from jsonb_each($1) e where e.value ->> 'action' <> 'run.completed'",
                ),
                (
                    "audit_append",
                    "actor_name, subject, run, detail, previous, hash)",
                    "actor_name, subject, run, detail, previous, hash) where e.action <> 'run.completed'",
                ),
            ],
            Self::StayInTheQueue => &[(
                "run_queue_leave",
                "delete from run_queue where",
                "delete from run_queue where false and",
            )],
        }
    }
}

/// A statement's text with the planted mistake in it.
///
/// # Panics
/// When a statement was rewritten so that the mistake finds no place in it any more: then it has to be
/// planted anew, and must not pass for found.
pub(crate) fn text(name: &'static str, text: &'static str) -> &'static str {
    let Some(mistake) = PLANTED.get() else {
        return text;
    };
    let edits: Vec<_> = mistake
        .edits()
        .iter()
        .filter(|edit| edit.0 == name)
        .collect();
    if edits.is_empty() {
        return text;
    }
    let mut changed = CHANGED.lock().unwrap_or_else(PoisonError::into_inner);
    let changed = changed.get_or_insert_default();
    changed.entry(name).or_insert_with(|| {
        let edited = edits.iter().fold(text.to_owned(), |text, (_, from, to)| {
            text.replace(from, to)
        });
        assert_ne!(edited, text, "{mistake:?} finds no place in {name}");
        edited.leak()
    })
}
