//! Watching a page live: the only place with a timer (V-14).

use std::{future::Future, time::Duration};

use domain::{
    error::ApiError,
    link,
    time::Timestamp,
    views::{Live as Answer, Polled},
};
use leptos::{prelude::*, task::spawn_local};

use super::icon::{Glyph, GlyphIcon};
use crate::{compat, error::AppError};

/// Between two polls while something is under way.
const BUSY: Duration = Duration::from_secs(2);
/// Between two polls while nothing is.
const CALM: Duration = Duration::from_secs(10);
/// The longest wait after failures.
const LONGEST: Duration = Duration::from_secs(60);

/// Whether the reader paused all live pages of this window.
#[derive(Clone, Copy)]
struct Paused(RwSignal<bool>);

/// Makes the one pause switch; once, around all pages.
pub fn provide_pause() {
    provide_context(Paused(RwSignal::new(false)));
}

/// How a live page is doing.
#[derive(Clone, Copy)]
pub struct LiveState {
    paused: RwSignal<bool>,
    failures: RwSignal<u32>,
    lost: RwSignal<Option<ApiError>>,
    /// Server time of the last answer; none when the view shows no ages.
    seen: RwSignal<Option<Timestamp>>,
    refresh: Callback<()>,
}

/// A view that keeps itself new.
pub struct LiveView<T: Send + Sync + 'static> {
    /// What is known now.
    pub view: Signal<T>,
    /// Server time of the last answer: ages are seen from here, and go on while nothing else changes.
    pub now: Signal<Timestamp>,
    /// How polling is doing.
    pub state: LiveState,
}

impl<T: Send + Sync + 'static> Clone for LiveView<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for LiveView<T> {}

impl<T: Send + Sync + 'static> LiveView<T> {
    /// Asks at once, as after pressing a button.
    pub fn refresh(self) {
        self.state.refresh.run(());
    }
}

impl<T: Send + Sync + 'static> From<LiveView<T>> for LiveState {
    fn from(live: LiveView<T>) -> Self {
        live.state
    }
}

/// Watches a view: polls while it is looked at, slower while nothing is under way, never while paused or hidden.
///
/// `is_active` says whether something is under way; `fetch` asks again, and names the version that is
/// shown, so that an unchanged page costs nearly nothing.
pub fn use_live<T, F, Fut>(first: T, is_active: fn(&T) -> bool, fetch: F) -> LiveView<T>
where
    T: Polled + Clone + Send + Sync + 'static,
    F: Fn(String) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Answer<T>, AppError>> + 'static,
{
    let seen = RwSignal::new(first.as_of());
    let version = StoredValue::new(first.version().to_owned());
    let view = RwSignal::new(first);
    let turn = RwSignal::new(0_u32);
    let failures = RwSignal::new(0_u32);
    let lost = RwSignal::new(None::<ApiError>);
    let latest = StoredValue::new(0_u32);
    let refresh = Callback::new(move |()| {
        let Some(asked) = version.try_get_value() else {
            return;
        };
        let ticket = latest.try_get_value().unwrap_or(0) + 1;
        latest.try_set_value(ticket);
        let answer = fetch(asked);
        spawn_local(async move {
            let answer = answer.await;
            // A later question was asked meanwhile, or the page is gone.
            if latest.try_get_value() != Some(ticket) {
                return;
            }
            match answer {
                Ok(answer) => {
                    take(answer, view, version, seen);
                    failures.try_set(0);
                }
                Err(AppError(error)) if is_final(&error) => {
                    lost.try_set(Some(error));
                }
                Err(_) => {
                    failures.try_update(|count| *count = count.saturating_add(1));
                }
            }
            turn.try_update(|turn| *turn = turn.wrapping_add(1));
        });
    });
    let active = Memo::new(move |_| view.with(is_active));
    let state = LiveState {
        paused: use_context::<Paused>().map_or_else(|| RwSignal::new(false), |Paused(it)| it),
        failures,
        lost,
        seen,
        refresh,
    };
    keep_time(state, turn, active);
    LiveView {
        view: view.into(),
        now: Signal::derive(move || seen.get().unwrap_or_default()),
        state,
    }
}

fn take<T: Polled + Send + Sync + 'static>(
    answer: Answer<T>,
    view: RwSignal<T>,
    version: StoredValue<String>,
    seen: RwSignal<Option<Timestamp>>,
) {
    match answer {
        Answer::Changed(fresh) => {
            version.try_set_value(fresh.version().to_owned());
            seen.try_set(fresh.as_of());
            view.try_set(fresh);
        }
        Answer::Unchanged {
            as_of,
            version: same,
        } => {
            version.try_set_value(same);
            seen.try_update(|seen| *seen = seen.map(|before| before.max(as_of)));
        }
    }
}

/// Whether asking again cannot help.
fn is_final(error: &ApiError) -> bool {
    matches!(
        error,
        ApiError::SignedOut | ApiError::NotFound | ApiError::Forbidden { .. }
    )
}

/// The timer itself; effects run in the browser alone.
fn keep_time(state: LiveState, turn: RwSignal<u32>, active: Memo<bool>) {
    let hidden = RwSignal::new(false);
    Effect::new(move |_| {
        let listener = window_event_listener_untyped("visibilitychange", move |_| {
            let is_hidden = document().hidden();
            hidden.set(is_hidden);
            if !is_hidden && !state.paused.get_untracked() {
                state.refresh.run(());
            }
        });
        on_cleanup(move || listener.remove());
    });
    Effect::new(move |_| {
        turn.track();
        if state.paused.get() || hidden.get() || state.lost.with(Option::is_some) {
            return;
        }
        let pace = if active.get() { BUSY } else { CALM };
        let timer = compat::after(wait(pace, state.failures.get_untracked()), move || {
            state.refresh.run(());
        });
        on_cleanup(move || timer.stop());
    });
}

fn wait(pace: Duration, failures: u32) -> Duration {
    pace.saturating_mul(1_u32 << failures.min(5)).min(LONGEST)
}

/// The pause button, and the word when the page is no longer new. Scripts only; without them nothing moves.
#[component]
pub fn LiveControls(
    /// The live page.
    #[prop(into)]
    live: LiveState,
) -> impl IntoView {
    let paused = live.paused;
    let glyph = move || {
        let glyph = if paused.get() {
            Glyph::Play
        } else {
            Glyph::Pause
        };
        view! { <GlyphIcon glyph /> }
    };
    let label = move || {
        if paused.get() {
            "Resume updates"
        } else {
            "Pause updates"
        }
    };
    let press = move |_| {
        paused.update(|paused| *paused = !*paused);
        if !paused.get_untracked() {
            live.refresh.run(());
        }
    };
    view! {
        <div class="flex flex-wrap items-center gap-2 needs-script" data-live=move || word(live)>
            <button type="button" class="btn btn-sm" on:click=press>
                {glyph} {label}
            </button>
            <span class=move || if word(live) == "ended" { "live-ended" } else { "quiet" }>
                {move || told(live)}
            </span>
            <Show when=move || live.lost.with(|lost| *lost == Some(ApiError::SignedOut))>
                <a class="link" rel="external" href=sign_in_here>"Sign in"</a>
            </Show>
            <span class="sr-only" role="status">{move || trouble(live)}</span>
        </div>
    }
}

/// The sign-in page, and back here afterwards. Browser only: nobody is signed out on the server's own page.
fn sign_in_here() -> String {
    let here = window().location();
    let path = here.pathname().unwrap_or_default() + &here.search().unwrap_or_default();
    link::sign_in_then(&path)
}

fn word(live: LiveState) -> &'static str {
    if live.lost.with(Option::is_some) {
        "ended"
    } else if live.paused.get() {
        "paused"
    } else if live.failures.get() > 0 {
        "stale"
    } else {
        "live"
    }
}

fn told(live: LiveState) -> String {
    match live.lost.get() {
        Some(ApiError::SignedOut) => return ApiError::SignedOut.to_string(),
        Some(error) => return format!("This page shows what was last known. {error}"),
        None => {}
    }
    if live.failures.get() > 0 {
        return stale(live.seen.get());
    }
    if live.paused.get() {
        return "Paused".to_owned();
    }
    "Updates by itself".to_owned()
}

fn stale(seen: Option<Timestamp>) -> String {
    let since = seen.map_or_else(String::new, |seen| {
        format!(" since {} UTC", seen.clock_time())
    });
    format!("Not up to date{since}: the server does not answer. Trying again.")
}

/// What is worth interrupting for; the same sentence, but empty while all is well.
fn trouble(live: LiveState) -> String {
    match word(live) {
        "stale" | "ended" => told(live),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v14_failures_slow_the_poll_down_to_a_bound() {
        assert_eq!(wait(BUSY, 0), BUSY);
        assert_eq!(wait(BUSY, 2), Duration::from_secs(8));
        assert_eq!(wait(CALM, 40), LONGEST);
    }

    #[test]
    fn v14_a_page_that_is_not_up_to_date_says_since_when() {
        let seen = Timestamp(1_795_231_752 * domain::time::SECOND);
        assert_eq!(
            stale(Some(seen)),
            "Not up to date since 03:29 UTC: the server does not answer. Trying again."
        );
        assert_eq!(
            stale(None),
            "Not up to date: the server does not answer. Trying again."
        );
    }
}
