//! The newest verification report, in short (P-03).

use domain::{
    link,
    operation::OperationType,
    views::{ReportBrief, StartButton, TenantView},
};
use leptos::prelude::*;

use super::{Tenant, now};
use crate::ui::{badge::ReportBadge, time::Ago};

/// The report, or what would be here.
#[component]
pub fn Report(live: Tenant) -> impl IntoView {
    let report = Memo::new(move |_| live.view.with(|view| view.report.clone()));
    let under_way = Memo::new(move |_| live.view.with(next));
    let brief = move || {
        match report.get() {
        Some(report) => view! { <Brief report live /> }.into_any(),
        None => view! {
            <p class="quiet mt-2">"No report is kept. A verification checks consent, sign-in and permissions, and leaves one."</p>
        }
        .into_any(),
    }
    };
    view! {
        <section class="panel" aria-labelledby="report">
            <h2 id="report">"Verification report"</h2>
            {move || under_way.get().map(|words| view! { <p class="mt-1">{words}</p> })}
            {brief}
        </section>
    }
}

/// Where the run stands that will make the next report, if there is one: under way, or queued and for what it waits.
fn next(view: &TenantView) -> Option<String> {
    let of_checks = |start: &&StartButton| start.operation == OperationType::ConnectionCheck;
    let start = view.starts.iter().find(of_checks)?;
    Some(format!("{}.", start.active_run.as_ref()?.words))
}

#[component]
fn Brief(report: ReportBrief, live: Tenant) -> impl IntoView {
    let counts = format!(
        "{} of {} checks passed, {} failed, {} to look at, {} left out",
        report.counts.pass,
        report.counts.total,
        report.counts.fail,
        report.counts.warn,
        report.counts.skip
    );
    let issues = report
        .issues
        .into_iter()
        .map(|issue| view! { <li>{issue}</li> })
        .collect_view();
    view! {
        <div class="flex flex-wrap items-center gap-2 mt-2">
            <ReportBadge overall=report.overall />
            <span class="quiet"><Ago at=report.at now=now(live) /></span>
            <a class="link" href=link::run(report.run_id)>"View run"</a>
        </div>
        <p class="mt-1">{counts}</p>
        <ul class="list-disc ps-5 mt-1">{issues}</ul>
    }
}
