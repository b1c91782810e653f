//! `/admin/operations/:id`: one run, what the gate decided about it, and what became of it.

mod announce;
mod bulk;
mod checks;
mod decisions;
mod ending;
mod follow_ups;
mod header;
mod progress;
mod questions;
mod refusal;
mod report;
mod summary;
mod timeline;
mod waiting;

use domain::{
    error::ApiError,
    time::Timestamp,
    views::{Live, RunView},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use self::{
    announce::StateAnnouncer,
    bulk::BulkItems,
    decisions::Decisions,
    ending::OnItsWay,
    follow_ups::{FollowUps, Redactions, Related},
    header::{Standing, WaysBack, place},
    progress::{Failures, Progress},
    questions::Questions,
    refusal::Refusal,
    report::Report,
    summary::Summary,
    timeline::Timeline,
    waiting::Waiting,
};
use crate::{
    api::runs::run_page,
    ui::{
        banner::Banner,
        error::ErrorPage,
        live::{LiveControls, LiveView, use_live},
        page::{Page, load},
    },
};

/// The canonical viewer of a run; valid by the run and the viewer alone (V-01).
#[component]
pub fn RunPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let page = Resource::new(
        move || id.get(),
        |id| async move { run_page(id, None).await },
    );
    load(page, |answer| match answer {
        Live::Changed(view) => view! { <Viewer view /> }.into_any(),
        // Nothing was shown before, so there is nothing that could be unchanged.
        Live::Unchanged { .. } => view! { <ErrorPage error=ApiError::NotFound /> }.into_any(),
    })
}

#[component]
fn Viewer(view: RunView) -> impl IntoView {
    let title = view.operation.clone();
    let subtitle = place(&view);
    let live = watch(view);
    let run = live.view;
    let is_over = Memo::new(move |_| run.with(|run| run.state.is_over()));
    let banner = Memo::new(move |_| run.with(|run| run.banner.clone()));
    view! {
        <WaysBack />
        <Page title subtitle>
            <Standing run />
            <StateAnnouncer run />
            <Show when=move || !is_over.get()>
                <LiveControls live />
            </Show>
            {move || view! { <Banner lines=banner.get() /> }}
            <Waiting run />
            <Refusal run />
            <Questions run />
            <OnItsWay run />
            <FollowUps live />
            <Parts run now=live.now />
        </Page>
    }
}

/// Watches a run until it is over; from then on nothing is asked any more (V-14).
fn watch(first: RunView) -> LiveView<RunView> {
    let id = first.id.to_string();
    let is_over = RwSignal::new(first.state.is_over());
    let live = use_live(
        first,
        |run| !run.state.is_over(),
        move |version| {
            let id = id.clone();
            async move {
                if is_over.try_get_untracked().unwrap_or(true) {
                    let as_of = Timestamp::default();
                    return Ok(Live::Unchanged { as_of, version });
                }
                run_page(id, Some(version)).await
            }
        },
    );
    Effect::new(move |_| is_over.set(live.view.with(|run| run.state.is_over())));
    live
}

#[component]
fn Parts(run: Signal<RunView>, now: Signal<Timestamp>) -> impl IntoView {
    view! {
        <div class="grid gap-4">
            <div class="grid gap-4 lg:grid-cols-2">
                <Summary run now />
                <Timeline run />
            </div>
            <Progress run />
            <BulkItems run />
            <Failures run />
            <Report run />
            <Decisions run />
            <Related run />
            <Redactions run />
        </div>
    }
}
