//! The report a verification left behind (P-03).

use domain::{
    badge::{Icon, Tone},
    verification::{CheckStatus, EvidenceItem, VerificationCheck, VerificationReport},
    views::{PastAttempt, RunView},
};
use leptos::prelude::*;

use crate::ui::{
    badge::{ReportBadge, ToneBadge},
    time::Exact,
};

/// The report, if the run left one.
#[component]
pub fn Report(
    /// The run.
    run: Signal<RunView>,
) -> impl IntoView {
    let report = Memo::new(move |_| run.with(|run| (run.report.clone(), run.done_by)));
    move || {
        let (report, done_by) = report.get();
        report.map(|report| panel(report, done_by))
    }
}

fn panel(report: VerificationReport, done_by: Option<PastAttempt>) -> impl IntoView {
    let title = match done_by {
        None => "Verification report".to_owned(),
        Some(PastAttempt(attempt)) => format!("Verification report of attempt {attempt}"),
    };
    let counts = report.counts;
    let told = format!(
        "{} checks: {} failed, {} with a warning, {} passed, {} skipped",
        counts.total, counts.fail, counts.warn, counts.pass, counts.skip
    );
    view! {
        <section class="panel grid gap-3" aria-labelledby="report" data-report=report.overall.as_str()>
            <header class="flex flex-wrap items-center gap-2">
                <h2 id="report">{title}</h2>
                <ReportBadge overall=report.overall />
            </header>
            <p>{told} ", " <span class="quiet"><Exact at=report.generated_at /></span></p>
            <ul class="grid gap-3">{report.checks.into_iter().map(check).collect_view()}</ul>
        </section>
    }
}

fn status(status: CheckStatus) -> (&'static str, Icon, Tone) {
    match status {
        CheckStatus::Fail => ("Failed", Icon::CircleX, Tone::Danger),
        CheckStatus::Warn => ("Warning", Icon::CircleSlash, Tone::WarningOutline),
        CheckStatus::Pass => ("Passed", Icon::CircleCheck, Tone::Success),
        CheckStatus::Skip => ("Skipped", Icon::Ban, Tone::NeutralOutline),
    }
}

fn check(check: VerificationCheck) -> impl IntoView {
    let (label, icon, tone) = status(check.status);
    let is_issue = matches!(check.status, CheckStatus::Fail | CheckStatus::Warn);
    let blocking = (is_issue && check.blocking).then_some("blocking, ");
    let severity = is_issue.then(|| format!("severity {} ", check.severity));
    view! {
        <li class="grid gap-1" data-check=check.key data-result=check.status.as_str()>
            <div class="flex flex-wrap items-center gap-2">
                <ToneBadge label icon tone />
                <h3 class="font-medium">{check.title}</h3>
                <span class="quiet">{blocking} {severity} <code>{check.reason_code.as_str()}</code></span>
            </div>
            <p>{check.message}</p>
            {next_steps(check.next_steps)}
            {evidence(check.evidence)}
        </li>
    }
}

fn next_steps(steps: Vec<String>) -> Option<impl IntoView> {
    let is_any = !steps.is_empty();
    let steps = steps
        .into_iter()
        .map(|step| view! { <li>{step}</li> })
        .collect_view();
    is_any.then(|| {
        view! { <ul class="list-disc ps-5" aria-label="Next steps">{steps}</ul> }
    })
}

fn evidence(items: Vec<EvidenceItem>) -> Option<impl IntoView> {
    let is_any = !items.is_empty();
    let pair = |item: EvidenceItem| {
        view! { <dt>{item.kind.replace('_', " ")}</dt> <dd><code>{item.value}</code></dd> }
    };
    let pairs = items.into_iter().map(pair).collect_view();
    is_any.then(|| {
        view! {
            <details>
                <summary class="cursor-pointer">"Evidence"</summary>
                <dl class="facts">{pairs}</dl>
            </details>
        }
    })
}
