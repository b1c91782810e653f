//! What asking for runs comes to: any number of drafts in one transaction, with a statement a step.

use std::collections::HashSet;

use domain::{
    ids::{RunId, ScopeId},
    reason::ReasonCode,
    run::DecisionPhase,
    time::Timestamp,
};
use policy::{Facts, Refusal, Ruling, decide};

use super::{
    draft::Draft,
    drafted::{Drafted, Enqueued, enqueue, insert},
    ledger::record_decisions,
    settle::{Notice, notify},
};
use crate::{
    audit::{AuditEntry, action},
    error::StoreError,
    sql::{Rows, Statement, Tx, args, dialects},
};

/// What a draft came to, in a transaction that is not committed yet.
pub(super) enum Came {
    /// Its run is queued.
    Queued,
    /// Its run is there, blocked: a prerequisite is not in order.
    Blocked(ReasonCode),
    /// There is no run: the person may not do this.
    Refused(Box<Refusal>),
    /// There is no run: another one stands in its way.
    InTheWay(Active),
    /// There is no run yet: one before it stands in its way, and is to be there first.
    Later,
}

/// A run that is active and stands in another one's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Active {
    /// It does the same.
    Equal(RunId),
    /// It is of the same exclusion group.
    Excludes(RunId),
}

// One statement: between two, the equal run could appear and be taken for another operation's. One look into an index
// for each draft, however few runs there were when the planner last counted them.
static ACTIVE: Statement = dialects(
    "run_active",
    "select d.place, q.run_id, 1 as is_equal from given d cross join run_queue q
       on q.scope_id = d.scope and q.identity_hash = d.identity
     union all
     select d.place, q.run_id, 0 from given d cross join run_queue q
       on q.scope_id = d.scope and q.exclusion_key = d.exclusion
     order by 1, 3",
    "select d.place, a.run_id, a.is_equal
     from unnest($1::bigint[], $2::uuid[], $3::bytea[], $4::text[]) as d(place, scope, identity, exclusion)
     cross join lateral (
       select run_id, true as is_equal from (select q.run_id from run_queue q
         where q.scope_id = d.scope and q.identity_hash = d.identity order by q.identity_hash offset 0) e
       union all
       select run_id, false from (select q.run_id from run_queue q
         where q.scope_id = d.scope and q.exclusion_key = d.exclusion order by q.exclusion_key offset 0) x) a
     order by d.place, a.is_equal",
);
static RUNS_BLOCK_AT_REQUEST: Statement = dialects(
    "run_block_at_request",
    "update operation_runs set status = 'completed', outcome = 'blocked', reason_code = t.reason,
       denial_class = t.class, blocked_phase = $1, completed_at = $2, updated_at = $2
     from given as t where id = t.run and status = 'queued'",
    "update operation_runs set status = 'completed', outcome = 'blocked', reason_code = t.reason,
       denial_class = t.class, blocked_phase = $4, completed_at = $5, updated_at = $5
     from unnest($1::uuid[], $2::text[], $3::text[]) as t(run, reason, class)
     where id = t.run and status = 'queued'",
);

/// What drafts came to, each in its place, and what their transaction has to append to the audit log.
pub(super) struct AskedFor {
    pub(super) came: Vec<Came>,
    pub(super) entries: Vec<AuditEntry>,
}

/// Asks for the runs of drafts, whose facts were loaded in this transaction; `now` was taken after that.
///
/// The drafts come in the order of [`Draft::turn`]. None when somebody else was faster: then the transaction is to be
/// given up, and what is in the way is there.
pub(super) async fn ask(
    tx: &mut Tx,
    now: Timestamp,
    drafts: &[&Draft],
    facts: Vec<Facts>,
) -> Result<Option<AskedFor>, StoreError> {
    let active = active(tx, drafts).await?;
    let mut asking = Asking::default();
    for ((draft, mut facts), active) in drafts.iter().zip(facts).zip(active) {
        facts.run.now = now;
        asking.add(draft, &facts, active);
    }
    asking.write(tx, now).await
}

/// What drafts come to, before any of it is written.
#[derive(Default)]
struct Asking<'a> {
    came: Vec<Came>,
    queued: Vec<Drafted<'a>>,
    blocked: Vec<&'a Draft>,
    refusals: Vec<Refusal>,
    taken: HashSet<Only>,
}

/// What a scope has of one active run alone.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Only {
    Identity(ScopeId, [u8; 32]),
    Exclusion(ScopeId, &'static str),
}

fn only_ones(draft: &Draft) -> impl Iterator<Item = Only> {
    let scope = draft.scope_id();
    let exclusion = draft.exclusion_key();
    let exclusion = exclusion.map(|key| Only::Exclusion(scope, key));
    std::iter::once(Only::Identity(scope, draft.identity())).chain(exclusion)
}

impl<'a> Asking<'a> {
    fn add(&mut self, draft: &'a Draft, facts: &Facts, active: Option<Active>) {
        let came = match (decide(facts), active) {
            (Ruling::Refused(refusal), _) if is_final(&refusal) => Came::Refused(Box::new(refusal)),
            (_, Some(active)) => Came::InTheWay(active),
            _ if only_ones(draft).any(|one| self.taken.contains(&one)) => Came::Later,
            (Ruling::Refused(refusal), None) => {
                let code = refusal.code();
                self.blocked.push(draft);
                self.refusals.push(refusal);
                Came::Blocked(code)
            }
            (Ruling::Allowed(_), None) => {
                self.taken.extend(only_ones(draft));
                let connection = facts.connection.as_ref().map(|c| c.connection_id);
                self.queued.push(Drafted { draft, connection });
                Came::Queued
            }
        };
        self.came.push(came);
    }

    async fn write(self, tx: &mut Tx, now: Timestamp) -> Result<Option<AskedFor>, StoreError> {
        insert(tx, now, &self.queued).await?;
        if enqueue(tx, now, &self.queued).await? == Enqueued::Refused {
            return Ok(None);
        }
        let queued = self.queued.iter().map(|run| requested(run.draft));
        let mut entries: Vec<_> = queued.collect();
        entries.extend(write_blocked(tx, now, &self.blocked, &self.refusals).await?);
        let came = self.came;
        Ok(Some(AskedFor { came, entries }))
    }
}

/// That a run was asked for, as the audit log tells it.
pub(super) fn requested(draft: &Draft) -> AuditEntry {
    draft.audit(action::RUN_REQUESTED, draft.context())
}

/// What stands in the way of each draft.
pub(super) async fn active(
    tx: &mut Tx,
    drafts: &[&Draft],
) -> Result<Vec<Option<Active>>, StoreError> {
    let of = drafts.iter();
    let rows = Rows::default()
        .ints("place", (0..).take(drafts.len()))
        .ids("scope", of.clone().map(|it| it.scope_id().as_uuid()))
        .bytes("identity", of.clone().map(|it| it.identity().to_vec()))
        .texts(
            "exclusion",
            of.map(|it| it.exclusion_key().map(str::to_owned)),
        );
    let mut active = vec![None; drafts.len()];
    for row in tx.fetch_rows(&ACTIVE, rows, args![]).await? {
        let run = RunId::from_uuid(row.uuid("run_id")?);
        let place = usize::try_from(row.int("place")?).ok();
        if let Some(active) = place.and_then(|place| active.get_mut(place)) {
            // The equal one comes last, and is what counts.
            *active = Some(if row.flag("is_equal")? {
                Active::Equal(run)
            } else {
                Active::Excludes(run)
            });
        }
    }
    Ok(active)
}

/// Whether a refusal is one of the person, who then gets no run, and not one of circumstances.
pub(super) fn is_final(refusal: &Refusal) -> bool {
    !refusal.code().class().is_retryable()
}

/// Writes runs that are born blocked; answers the entries that their transaction has to append.
pub(super) async fn write_blocked(
    tx: &mut Tx,
    now: Timestamp,
    drafts: &[&Draft],
    refusals: &[Refusal],
) -> Result<Vec<AuditEntry>, StoreError> {
    if drafts.is_empty() {
        return Ok(Vec::new());
    }
    let runs = drafts.iter().zip(refusals);
    let runs: Vec<_> = runs
        .map(|(draft, refusal)| Drafted {
            draft,
            connection: refusal.decision().target_scope.provider_connection_id,
        })
        .collect();
    insert(tx, now, &runs).await?;
    let mut told = record_decisions(tx, now, &[], refusals).await?;
    let codes = || refusals.iter().map(Refusal::code);
    let rows = Rows::default()
        .ids("run", drafts.iter().map(|draft| draft.id.as_uuid()))
        .texts("reason", codes().map(|code| code.as_str().to_owned()))
        .texts(
            "class",
            codes().map(|code| code.class().as_str().to_owned()),
        );
    let args = args![DecisionPhase::Request.as_str(), now];
    tx.execute_rows(&RUNS_BLOCK_AT_REQUEST, rows, args).await?;
    notify(
        tx,
        now,
        &drafts
            .iter()
            .filter_map(|it| notice(it))
            .collect::<Vec<_>>(),
    )
    .await?;
    let mut entries = Vec::with_capacity(2 * drafts.len());
    for draft in drafts {
        let told = told.remove(&draft.id).ok_or(StoreError::Conflict)?;
        entries.extend([requested(draft), draft.audit(action::RUN_BLOCKED, told)]);
    }
    Ok(entries)
}

/// That the run is over, for the person who asked for it.
fn notice(draft: &Draft) -> Option<Notice> {
    Some(Notice {
        workspace_id: draft.workspace_id,
        scope_id: draft.scope_id(),
        user_id: draft.actor.id?,
        run_id: draft.id,
    })
}
