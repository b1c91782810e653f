//! `/admin/operations/:id`: one run, what the gate decided about it, and what became of it.

mod announce;
mod checks;
mod copy;
mod decisions;
mod follow_ups;
mod header;
mod progress;
mod refusal;
mod report;
mod summary;
mod timeline;

use domain::{
    error::ApiError,
    views::{Live, RunView},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use self::{
    announce::StateAnnouncer,
    decisions::Decisions,
    follow_ups::{FollowUps, Redactions, Related},
    header::{Standing, WaysBack, place},
    progress::{Failures, Progress},
    refusal::Refusal,
    report::Report,
    summary::Summary,
    timeline::Timeline,
};
use crate::{
    api::runs::run_page,
    ui::{
        banner::Banner,
        error::ErrorPage,
        live::{LiveControls, use_live},
        page::Page,
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
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(Live::Changed(view)) => view! { <Viewer view /> }.into_any(),
                    // Nothing was shown before, so there is nothing that could be unchanged.
                    Ok(Live::Unchanged) => view! { <ErrorPage error=ApiError::NotFound /> }.into_any(),
                    Err(error) => view! { <ErrorPage error=error.0 /> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Viewer(view: RunView) -> impl IntoView {
    let title = view.operation.clone();
    let subtitle = place(&view);
    let id = view.id.to_string();
    let live = use_live(
        view,
        |view| view.version.clone(),
        |view| !view.state.is_over(),
        move |version| run_page(id.clone(), Some(version)),
    );
    let run = live.view;
    view! {
        <WaysBack />
        <Page title subtitle>
            <Standing run />
            <LiveControls live />
            <StateAnnouncer run />
            {move || view! { <Banner lines=run.with(|run| run.banner.clone()) /> }}
            <Refusal run />
            <FollowUps run />
            <Parts run />
        </Page>
    }
}

#[component]
fn Parts(run: Signal<RunView>) -> impl IntoView {
    view! {
        <div class="grid gap-4">
            <div class="grid gap-4 lg:grid-cols-2">
                <Summary run />
                <Timeline run />
            </div>
            <Progress run />
            <Failures run />
            <Report run />
            <Decisions run />
            <Related run />
            <Redactions run />
        </div>
    }
}
