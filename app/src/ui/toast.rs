//! What a button just did, said once. Toasts stay until closed or pushed out: nothing has to be read in a hurry.

use domain::{
    badge::{Icon as State, Tone},
    ids::RunId,
    link,
    views::{StartAnswer, StartResult},
};
use leptos::prelude::*;

use super::{
    badge::tone_class,
    icon::{Glyph, GlyphIcon, Icon},
};

/// How many toasts are kept.
const KEPT: usize = 3;

/// One toast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// A sentence.
    pub message: String,
    /// Its tone.
    pub tone: Tone,
    /// The run to look at.
    pub run: Option<RunId>,
}

impl From<StartAnswer> for Toast {
    fn from(answer: StartAnswer) -> Self {
        let tone = match answer.result {
            StartResult::Accepted => Tone::Neutral,
            StartResult::Deduped | StartResult::ScopeBusy => Tone::Info,
            StartResult::Blocked => Tone::Warning,
        };
        Self {
            message: answer.message,
            tone,
            run: Some(answer.run_id),
        }
    }
}

/// The toasts of this window.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<(u32, Toast)>>,
    counter: StoredValue<u32>,
}

impl Toasts {
    /// Shows a toast.
    pub fn push(self, toast: Toast) {
        self.counter.update_value(|count| *count += 1);
        let key = self.counter.get_value();
        self.shown.update(|shown| {
            shown.push((key, toast));
            let extra = shown.len().saturating_sub(KEPT);
            shown.drain(..extra);
        });
    }

    fn close(self, key: u32) {
        self.shown
            .update(|shown| shown.retain(|(other, _)| *other != key));
    }
}

/// Makes room for toasts; once, around all pages.
pub fn provide_toasts() {
    provide_context(Toasts {
        shown: RwSignal::new(Vec::new()),
        counter: StoredValue::new(0),
    });
}

/// The toasts of this window.
pub fn use_toasts() -> Toasts {
    expect_context()
}

/// Shows a toast.
pub fn push(toast: Toast) {
    use_toasts().push(toast);
}

/// Where toasts appear; polite, and in the page from the start.
#[component]
pub fn ToastRegion() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <div class="toasts" role="status" aria-label="Messages">
            <For each=move || toasts.shown.get() key=|(key, _)| *key let:entry>
                <Shown key=entry.0 toast=entry.1 toasts />
            </For>
        </div>
    }
}

#[component]
fn Shown(key: u32, toast: Toast, toasts: Toasts) -> impl IntoView {
    // Once it is followed, the run's own page says more.
    let view_run = toast.run.map(|run| {
        view! {
            <a class="link whitespace-nowrap" href=link::run(run) on:click=move |_| toasts.close(key)>
                "View run"
            </a>
        }
    });
    view! {
        <div class="toast-card" data-toast>
            <span class=tone_class(toast.tone)><Icon icon=icon(toast.tone) /></span>
            <p class="grow">{toast.message}</p>
            {view_run}
            <button
                type="button"
                class="btn btn-ghost btn-xs btn-square"
                aria-label="Close message"
                on:click=move |_| toasts.close(key)
            >
                <GlyphIcon glyph=Glyph::Close />
            </button>
        </div>
    }
}

/// The picture of a tone, for a message that is not a run's state.
pub const fn icon(tone: Tone) -> State {
    match tone {
        Tone::Neutral | Tone::Info => State::Clock,
        Tone::NeutralOutline => State::Ban,
        Tone::Success => State::CircleCheck,
        Tone::Warning => State::ShieldBan,
        Tone::WarningOutline => State::CircleSlash,
        Tone::Danger => State::CircleX,
        Tone::DangerOutline => State::CircleHelp,
    }
}
