//! Whether the tenant's queue is paused, by whom, and the buttons to change that.

use domain::views::QueuePauseView;
use leptos::{prelude::*, server_fn::ServerFn};

use super::Tenant;
use crate::{
    api::tenant::{PauseQueue, ResumeQueue},
    ui::{
        action::PostForm,
        icon::{Glyph, GlyphIcon},
        time::Exact,
    },
};

/// The banner of a paused queue, with the button that resumes it for who may.
#[component]
pub fn Paused(live: Tenant) -> impl IntoView {
    let pause = Memo::new(move |_| live.view.with(|view| view.queue_pause.clone()));
    move || {
        let QueuePauseView { by, at } = pause.get()?;
        let resume = form(live, ResumeQueue::PATH, "Resume queue");
        Some(view! {
            <section class="banner tone-info my-3" aria-label="Queue" data-queue="paused">
                <GlyphIcon glyph=Glyph::Info />
                <div class="grid gap-2">
                    <p>
                        {by} " paused this tenant\u{2019}s queue on " <Exact at />
                        ". Queued runs wait until it is resumed; running ones go on."
                    </p>
                    {resume}
                </div>
            </section>
        })
    }
}

/// The button that pauses the queue, for who may.
#[component]
pub fn PauseQueuePanel(live: Tenant) -> impl IntoView {
    let is_paused = Memo::new(move |_| live.view.with(|view| view.queue_pause.is_some()));
    move || {
        let pause = form(live, PauseQueue::PATH, "Pause queue").filter(|_| !is_paused.get())?;
        Some(view! {
            <section class="panel mt-4" aria-labelledby="queue">
                <h2 id="queue">"Queue"</h2>
                <p class="my-2">
                    "Runs of this tenant start as their turn comes. While the queue is paused none does: they stay queued in their order, and running ones go on."
                </p>
                {pause}
            </section>
        })
    }
}

fn form(live: Tenant, path: &'static str, label: &'static str) -> Option<impl IntoView + use<>> {
    let (may, tenant) = live
        .view
        .with_untracked(|view| (view.manages_settings, view.id.to_string()));
    may.then(|| {
        view! {
            <PostForm action=path>
                <input type="hidden" name="tenant" value=tenant />
                <button type="submit" class="btn btn-sm">{label}</button>
            </PostForm>
        }
    })
}
