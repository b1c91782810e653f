//! The page of one run.

use domain::{
    banner::{Standing, banner},
    decision::LegitimacyDecision,
    error::ApiError,
    ids::{RunId, TenantId},
    operation::{OperationType, label_of},
    run::{RunOutcome, RunStatus},
    schedule::ScheduleState,
    summary::SummaryCounts,
    time::Timestamp,
    views::{
        ActionView, DecisionView, FollowUps, ItemView, Live, PastAttempt, RunSchedule, RunTenant,
        RunView, WaitingView,
    },
};
use store::{Removal, RunAccess, Scope, Sight, TenantAccess, WorkspaceAccess};

use super::{
    bulk_items::{Bulk, nothing_started, without_items},
    cancel::{asked_by, cancel_action},
    decisions::{decision_view, reader_of},
    operations_list::WAITS_HOLD,
    run_failures::failures,
    run_redactions::{explained, redactions, removed, removed_of_bulk},
    schedule_history::Clocks,
    start::retry_refusal,
    timeline::{next_try, timeline},
};
use crate::{Services, problem::Answer as _, version::Poll};

impl Services {
    /// The page of one run; `shown` is the version the page shows already.
    ///
    /// # Errors
    /// `NotFound` for unknown, malformed and foreign ids alike; `Forbidden` without the capability to view it,
    /// except to whoever asked for it, who sees how it went and why.
    pub async fn run_page(
        &self,
        scope: &Scope,
        run: &str,
        shown: Option<&str>,
    ) -> Result<Live<RunView>, ApiError> {
        let request = scope.request_id();
        let id: RunId = run.parse().map_err(|_| ApiError::NotFound)?;
        let run = self.store.run(scope, id).await.answer(request)?;
        let sight = run.sight(scope)?;
        // What is seen of a bulk moves with the tenants that the person may look into, and with no others.
        let reach = self.reach_of(scope, &run).await?;
        let run = match &reach {
            Some(reach) => self.as_told(scope, run, reach).await?,
            None => run,
        };
        let moment = match &reach {
            Some((workspace, tenants)) => self.store.version_of_tenants(workspace, tenants).await,
            None => self.store.version_of_run(&run).await,
        };
        let moment = moment.answer(request)?;
        let soon = moment.now.plus(WAITS_HOLD);
        let banner = self.banner_of(scope, &run).await?;
        let bare = RunView {
            waiting: self.waiting_of(scope, &run).await?,
            ..bare_view(&run)
        };
        let premises = (
            scope.user_id(),
            (run.role(), sight),
            &banner,
            &bare,
            named(reach.as_ref()),
        );
        let poll = Poll::new(&premises, moment, shown);
        if let Some(unchanged) = poll.unchanged() {
            return Ok(unchanged);
        }
        let decisions = self.store.run_decisions(&run).await.answer(request)?;
        let attempts = self.store.run_attempts(&run).await.answer(request)?;
        let steps = self.store.run_steps(&run).await.answer(request)?;
        let row = run.run();
        let views = self.decision_views(scope, &run, &decisions).await?;
        let refusal = views
            .first()
            .filter(|newest| row.denial_class.is_some() && !newest.allowed);
        let (schedule, redactions) = self.origin_and_redactions(scope, &run).await?;
        let view = RunView {
            banner,
            schedule,
            redactions,
            explanation: refusal
                .and_then(|newest| newest.explanation.clone())
                .or_else(|| nothing_started(&run, reader_of(scope, &run))),
            decisions: views,
            questions: self.questions_of(scope, &run).await?,
            cancel_asked: asked_by(&steps),
            follow_ups: FollowUps {
                cancel: cancel_action(&run, &steps),
                ..bare.follow_ups
            },
            next_try: next_try(row, &steps),
            timeline: timeline(row, &decisions, &attempts, &steps),
            items: self.items_of(scope, &run).await?,
            report: self.store.run_report(&run).await.answer(request)?,
            retries: self.store.run_retries(&run).await.answer(request)?,
            ..bare
        };
        let (view, until) = match &reach {
            Some((_, tenants)) => {
                let removal = self.store.run_removal(&run).await.answer(request)?;
                let bulk = self.bulk_of(scope, &run, tenants).await?;
                // What its items wait for may pass without anything else happening.
                let until = bulk.is_waiting.then_some(soon);
                (with_bulk(view, bulk, removal), until)
            }
            None => (view, None),
        };
        let view = match sight {
            Sight::Whole => view,
            Sight::Explanation => explained(&run, view),
        };
        Ok(poll.answer(view, until))
    }

    /// The tenants of which a bulk run tells the person; none for any other run.
    pub(super) async fn reach_of(
        &self,
        scope: &Scope,
        run: &RunAccess,
    ) -> Result<Option<Reach>, ApiError> {
        match OperationType::parse(&run.run().operation_code) {
            Some(operation) if operation.spec().children.is_some() => {
                self.seen_tenants(scope, run, operation).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What a queued run waits for; part of what a poll compares, since a worker that dies moves no version.
    async fn waiting_of(
        &self,
        scope: &Scope,
        run: &RunAccess,
    ) -> Result<Option<WaitingView>, ApiError> {
        if run.run().state.status != RunStatus::Queued {
            return Ok(None);
        }
        let waiting = self.store.run_waiting(run).await;
        Ok(waiting.answer(scope.request_id())?.map(|it| WaitingView {
            word: it.word().to_owned(),
            text: it.sentence(),
        }))
    }

    async fn banner_of(
        &self,
        scope: &Scope,
        run: &RunAccess,
    ) -> Result<Vec<domain::banner::BannerLine>, ApiError> {
        let other = match scope.selected_tenant() {
            Some(selected) if Some(selected) != run.run().tenant_id => {
                // A selection the person lost is not named (V-08).
                match self.store.tenant(scope, selected).await {
                    Err(store::StoreError::NotFound) => None,
                    answer => Some(answer.answer(scope.request_id())?.name().to_owned()),
                }
            }
            _ => None,
        };
        Ok(banner(&Standing {
            tenant: run.tenant(),
            other_selected: other.as_deref(),
        }))
    }

    async fn decision_views(
        &self,
        scope: &Scope,
        run: &RunAccess,
        decisions: &[LegitimacyDecision],
    ) -> Result<Vec<DecisionView>, ApiError> {
        let reader = reader_of(scope, run);
        let mut views = Vec::with_capacity(decisions.len());
        for decision in decisions.iter().rev() {
            let changes = self.store.run_changes_until(run, decision.decided_at).await;
            let changes = changes.answer(scope.request_id())?;
            views.push(decision_view(run, decision, &changes, reader));
        }
        Ok(views)
    }

    /// The schedule a run comes from, and what is not shown of it.
    async fn origin_and_redactions(
        &self,
        scope: &Scope,
        run: &RunAccess,
    ) -> Result<(Option<RunSchedule>, Vec<String>), ApiError> {
        let request = scope.request_id();
        let schedule = self.store.schedule_of_run(run).await.answer(request)?;
        let removal = self.store.run_removal(run).await.answer(request)?;
        let schedule = schedule.map(|schedule| RunSchedule {
            id: (schedule.state != ScheduleState::Deleted).then_some(schedule.id),
            slot: run
                .run()
                .slot_at
                .map(|at| Clocks::of(&schedule.rule.zone, Some(&schedule.rule.zone)).there(at)),
            name: schedule.name,
        });
        let mut redactions = redactions(run.run());
        redactions.extend(removal.map(removed));
        Ok((schedule, redactions))
    }

    async fn items_of(&self, scope: &Scope, run: &RunAccess) -> Result<Vec<ItemView>, ApiError> {
        let items = self.store.run_items(run).await.answer(scope.request_id())?;
        let items = items.into_iter().map(|item| ItemView {
            key: item.key,
            label: item.label,
            outcome: item.outcome,
            reason_code: item.reason_code,
            message: item.message,
            objects: item.objects,
        });
        Ok(items.collect())
    }
}

/// Where a person may look into a bulk run.
pub(super) type Reach = (WorkspaceAccess, Vec<TenantAccess>);

fn named(reach: Option<&Reach>) -> Option<Vec<(TenantId, &str)>> {
    let (_, tenants) = reach?;
    Some(
        tenants
            .iter()
            .map(|tenant| (tenant.id(), tenant.name()))
            .collect(),
    )
}

/// The page of a bulk run: numbers of a run that was refused at its start are none.
fn with_bulk(view: RunView, bulk: Bulk, removal: Option<Removal>) -> RunView {
    // Of what has gone nobody can say whose it was: only that it has, and a part of it cannot be asked for again.
    if let Some(removal) = removal {
        let retry = view.follow_ups.retry.map(|retry| ActionView {
            disabled_because: retry.disabled_because.or_else(|| {
                Some("Its items have gone with their time. Choose the tenants anew.".to_owned())
            }),
            ..retry
        });
        return RunView {
            explanation: view.explanation.map(|told| match view.denial_class {
                Some(_) => told,
                None => without_items(told),
            }),
            counts: Vec::new(),
            progress: None,
            bulk: Some(Vec::new()),
            redactions: vec![removed_of_bulk(removal)],
            follow_ups: FollowUps {
                retry,
                ..view.follow_ups
            },
            ..view
        };
    }
    let counts = match view.started_at {
        Some(_) => bulk.tally.counts(),
        None => SummaryCounts::default(),
    };
    RunView {
        counts: labelled(&counts),
        progress: counts.progress(),
        bulk: Some(bulk.items),
        redactions: bulk.redaction.map(str::to_owned).into_iter().collect(),
        ..view
    }
}

fn labelled(counts: &SummaryCounts) -> Vec<(String, u64)> {
    counts
        .iter()
        .map(|(key, n)| (key.label().to_owned(), n))
        .collect()
}

/// What the run's own row shows.
fn bare_view(run: &RunAccess) -> RunView {
    let row = run.run();
    let operation = OperationType::parse(&row.operation_code);
    RunView {
        id: row.id,
        operation: label_of(&row.operation_code),
        operation_code: row.operation_code.clone(),
        state: row.state,
        reason_code: row.reason_code.clone(),
        denial_class: row.denial_class,
        blocked_phase: row.blocked_phase.clone(),
        workspace: run.workspace_name().to_owned(),
        tenant: row
            .tenant_id
            .zip(run.tenant())
            .map(|(id, (name, lifecycle))| RunTenant {
                id,
                name: name.to_owned(),
                lifecycle,
            }),
        initiator: row.initiator_name.clone(),
        authority: row.authority,
        attempt: row.attempt,
        queued_at: row.queued_at,
        started_at: row.started_at,
        completed_at: row.completed_at,
        expected_seconds: operation.map(|operation| operation.spec().expected_seconds),
        banner: Vec::new(),
        cancel_asked: None,
        next_try: None,
        explanation: None,
        waiting: None,
        decisions: Vec::new(),
        timeline: Vec::new(),
        done_by: (row.state.status == RunStatus::Queued && row.attempt > 1)
            .then_some(PastAttempt(row.attempt - 1)),
        counts: labelled(&row.counts),
        progress: row.counts.progress(),
        items: Vec::new(),
        questions: Vec::new(),
        failures: failures(row),
        report: None,
        bulk: None,
        parent_id: row.parent_id,
        schedule: None,
        reconciled_at: row.reconciled_at,
        retry_of: row.retry_of,
        retries: Vec::new(),
        follow_ups: follow_ups(run),
        redactions: Vec::new(),
        is_exportable: true,
        as_of: Timestamp(0),
        version: String::new(),
    }
}

fn follow_ups(run: &RunAccess) -> FollowUps {
    let row = run.run();
    let operation = OperationType::parse(&row.operation_code);
    let tenant_takes_it = match (run.tenant(), operation) {
        (Some((_, lifecycle)), Some(operation)) => lifecycle.allows(operation.spec().operability),
        // What belongs to the workspace asks no tenant.
        (None, Some(operation)) => !operation.is_of_tenant(),
        _ => false,
    };
    let retryable = matches!(
        row.state.outcome,
        RunOutcome::Blocked
            | RunOutcome::Failed
            | RunOutcome::PartiallySucceeded
            | RunOutcome::Cancelled
    );
    let retry = operation.filter(|_| retryable).map(|_| {
        let disabled_because = retry_refusal(run)
            .or_else(|| {
                (!tenant_takes_it).then(|| {
                    "The tenant takes no such operation at this point of its life.".to_owned()
                })
            })
            .or_else(|| lacking_to_start(run));
        ActionView {
            label: "Start again in my name".to_owned(),
            disabled_because,
        }
    });
    FollowUps {
        cancel: None,
        retry,
        open_tenant: row.tenant_id.is_some(),
    }
}

/// Why the person may not start or end what a run does, if they may not.
pub(crate) fn lacking_to_start(run: &RunAccess) -> Option<String> {
    match run.require_start() {
        Err(ApiError::Forbidden { capability }) => Some(format!(
            "You need the capability \u{201c}{capability}\u{201d}."
        )),
        _ => None,
    }
}
