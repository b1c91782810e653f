//! The page of one run.

use domain::{
    banner::{Standing, banner},
    capability::Capability,
    decision::LegitimacyDecision,
    error::ApiError,
    ids::RunId,
    operation::{OperationType, label_of},
    run::{RunOutcome, RunStatus},
    time::Timestamp,
    views::{
        ActionView, DecisionView, FailureView, FollowUps, ItemView, Live, RunTenant, RunView,
        TimelineEntry, WaitingView,
    },
};
use store::{AttemptRow, RunAccess, RunRow, Scope};

use super::{decisions::decision_view, start::retry_refusal};
use crate::{Services, problem::Answer as _, version::Poll};

impl Services {
    /// The page of one run; `shown` is the version the page shows already.
    ///
    /// # Errors
    /// `NotFound` for unknown, malformed and foreign ids alike; `Forbidden` without the capability to view it.
    pub async fn run_page(
        &self,
        scope: &Scope,
        run: &str,
        shown: Option<&str>,
    ) -> Result<Live<RunView>, ApiError> {
        let request = scope.request_id();
        let id: RunId = run.parse().map_err(|_| ApiError::NotFound)?;
        let run = self.store.run(scope, id).await.answer(request)?;
        run.require_view()?;
        let moment = self.store.version_of_run(&run).await.answer(request)?;
        let banner = self.banner_of(scope, &run).await?;
        let bare = RunView {
            waiting: self.waiting_of(scope, &run).await?,
            ..bare_view(&run)
        };
        let poll = Poll::new(
            &(scope.user_id(), run.role(), &banner, &bare),
            moment,
            shown,
        );
        if let Some(unchanged) = poll.unchanged() {
            return Ok(unchanged);
        }
        let decisions = self.store.run_decisions(&run).await.answer(request)?;
        let attempts = self.store.run_attempts(&run).await.answer(request)?;
        let row = run.run();
        let views = self.decision_views(scope, &run, &decisions).await?;
        let refusal = views
            .first()
            .filter(|newest| row.denial_class.is_some() && !newest.allowed);
        let view = RunView {
            banner,
            explanation: refusal.and_then(|newest| newest.explanation.clone()),
            decisions: views,
            timeline: timeline(row, &decisions, &attempts),
            items: self.items_of(scope, &run).await?,
            report: self.store.run_report(&run).await.answer(request)?,
            retries: self.store.run_retries(&run).await.answer(request)?,
            ..bare
        };
        Ok(poll.answer(view, None))
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
        let mut views = Vec::with_capacity(decisions.len());
        for decision in decisions.iter().rev() {
            let changes = self.store.run_changes_until(run, decision.decided_at).await;
            let changes = changes.answer(scope.request_id())?;
            views.push(decision_view(run, decision, &changes));
        }
        Ok(views)
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

/// What the run's own row shows.
fn bare_view(run: &RunAccess) -> RunView {
    let row = run.run();
    let operation = OperationType::parse(&row.operation_code);
    RunView {
        id: row.id,
        operation: label_of(&row.operation_code),
        operation_code: row.operation_code.clone(),
        state: row.state,
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
        explanation: None,
        waiting: None,
        decisions: Vec::new(),
        timeline: Vec::new(),
        counts: row
            .counts
            .iter()
            .map(|(key, n)| (key.label().to_owned(), n))
            .collect(),
        progress: row.counts.progress(),
        items: Vec::new(),
        failures: failures(row),
        report: None,
        retry_of: row.retry_of,
        retries: Vec::new(),
        follow_ups: follow_ups(run),
        redactions: redactions(row),
        as_of: Timestamp(0),
        version: String::new(),
    }
}

fn failures(row: &RunRow) -> Vec<FailureView> {
    row.failures
        .iter()
        .map(|failure| FailureView {
            code: failure.code.clone(),
            reason_code: failure.reason_code.clone(),
            message: sentence(&failure.message),
        })
        .collect()
}

/// A message as a sentence begins.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Says what is left out of provider errors instead of leaving a hole (V-15).
fn redactions(row: &RunRow) -> Vec<String> {
    if row.failures.is_empty() {
        return Vec::new();
    }
    vec!["The provider's raw answers are not stored or shown, because they can hold secrets; the codes and words above are made from them.".to_owned()]
}

fn follow_ups(run: &RunAccess) -> FollowUps {
    let row = run.run();
    let operation = OperationType::parse(&row.operation_code);
    let tenant_takes_it = match (run.tenant(), operation) {
        (Some((_, lifecycle)), Some(operation)) => lifecycle.allows(operation.spec().operability),
        _ => false,
    };
    let retryable = matches!(
        row.state.outcome,
        RunOutcome::Blocked | RunOutcome::Failed | RunOutcome::PartiallySucceeded
    );
    let retry = operation.filter(|_| retryable).map(|operation| {
        let capability = operation.spec().start_capability;
        let disabled_because = retry_refusal(run)
            .or_else(|| {
                (!tenant_takes_it).then(|| {
                    "The tenant takes no such operation at this point of its life.".to_owned()
                })
            })
            .or_else(|| lacking(run, capability));
        ActionView {
            label: "Start again in my name".to_owned(),
            disabled_because,
        }
    });
    FollowUps {
        retry,
        open_tenant: row.tenant_id.is_some(),
    }
}

fn lacking(run: &RunAccess, capability: Capability) -> Option<String> {
    (!run.grants().allow(capability)).then(|| {
        format!(
            "You need the capability \u{201c}{}\u{201d}.",
            capability.label()
        )
    })
}

/// What happened, in order, each with the time since the step before.
fn timeline(
    row: &RunRow,
    decisions: &[LegitimacyDecision],
    attempts: &[AttemptRow],
) -> Vec<TimelineEntry> {
    let mut steps = vec![(row.queued_at, "Requested".to_owned())];
    for decision in decisions {
        let verdict = if decision.allowed {
            "allowed"
        } else {
            "refused"
        };
        let label = match decision.attempt {
            1 => format!("Authorisation decided: {verdict}"),
            n => format!("Authorisation decided again for attempt {n}: {verdict}"),
        };
        steps.push((decision.decided_at, label));
    }
    for attempt in attempts {
        steps.push((
            attempt.started_at,
            match attempt.attempt {
                1 => "Started".to_owned(),
                n => format!("Attempt {n} started"),
            },
        ));
        if attempt.ended_by.as_deref() == Some("lease_expired") {
            let at = attempt.ended_at.unwrap_or(attempt.started_at);
            steps.push((
                at,
                format!(
                    "Worker of attempt {} fell silent; queued again",
                    attempt.attempt
                ),
            ));
        }
    }
    if let (RunStatus::Completed, Some(at)) = (row.state.status, row.completed_at) {
        steps.push((at, domain::badge::run_badge(row.state).label));
    }
    // Stable: steps of one moment stay in the order in which they must have happened.
    steps.sort_by_key(|(at, _)| *at);
    let mut before: Option<Timestamp> = None;
    steps
        .into_iter()
        .map(|(at, label)| {
            let after = before.map(|before| at.since(before));
            before = Some(at);
            TimelineEntry { label, at, after }
        })
        .collect()
}
