//! What can be done about a run: ending it, trying it again, its tenant, the runs around it (V-05).

use domain::{
    ids::RunId,
    link,
    views::{ActionView, RunView, StartAnswer},
};
use leptos::prelude::*;

use crate::{
    api::runs::{CancelRun, RetryRun},
    ui::{
        action::{Submit, error_of, on_done},
        confirm::Confirm,
        copy::{CopyButton, page_address},
        error::FormError,
        live::LiveView,
        page::focus_heading,
        toast::use_toasts,
    },
};

/// Cancel, retry, and the ways on from here.
#[component]
pub fn FollowUps(
    /// The run, watched.
    live: LiveView<RunView>,
) -> impl IntoView {
    let run = live.view;
    let id = run.with_untracked(|run| run.id);
    let offered = Memo::new(move |_| run.with(|run| run.follow_ups.retry.clone()));
    // Lives here, so that its answer outlives a change of the button.
    let retry = ServerAction::<RetryRun>::new();
    let toasts = use_toasts();
    on_done(retry, move |answer: StartAnswer| toasts.push(answer.into()));
    let ending = Memo::new(move |_| run.with(|run| run.follow_ups.cancel.clone()));
    let (operation, is_bulk) =
        run.with_untracked(|run| (run.operation.clone(), run.bulk.is_some()));
    let is_exportable = run.with_untracked(|run| run.is_exportable);
    let cancel = ServerAction::<CancelRun>::new();
    on_done(cancel, move |()| {
        // The dialog goes with its button.
        focus_heading();
        live.refresh();
    });
    // It may have ended by itself: then the page has to say so.
    let refused = error_of(cancel);
    Effect::new(move |_| {
        if refused.with(Option::is_some) {
            live.refresh();
        }
    });
    view! {
        <section class="flex flex-wrap items-center gap-3 my-3" aria-label="What you can do">
            {move || {
                let operation = operation.clone();
                ending.get().map(|action| view! { <Cancel id operation is_bulk action cancel /> })
            }}
            <FormError error=refused />
            {move || offered.get().map(|action| view! { <Retry id action retry /> })}
            <FormError error=error_of(retry) />
            <OpenTenant run />
            <CopyButton label="Copy run id" what=move || id.to_string() />
            <CopyButton label="Copy link" what=page_address />
            // The server's own answer, not a page of the router. Not marked as a download: the answer
            // says that it is one, and somebody signed out is led to a page.
            {is_exportable.then(|| view! {
                <a class="btn btn-sm" rel="external" href=link::run_json(id)>"Download JSON"</a>
            })}
        </section>
    }
}

/// Ends the run, after a second look.
#[component]
fn Cancel(
    id: RunId,
    operation: String,
    /// Whether it has runs of its own, which end with it.
    is_bulk: bool,
    action: ActionView,
    cancel: ServerAction<CancelRun>,
) -> impl IntoView {
    if let Some(why) = action.disabled_because {
        return view! {
            <button type="button" class="btn btn-sm" disabled aria-describedby="cancel-reason">{action.label}</button>
            <span id="cancel-reason" class="quiet order-last basis-full">{why}</span>
        }
        .into_any();
    }
    let title = format!("Cancel this {}?", operation.to_lowercase());
    let consequences = match is_bulk {
        true => {
            "Its runs that wait end at once, those that run end where they can stop. Tenants that are done stay done."
        }
        false => {
            "A queued run ends at once, a running one where it can stop. What is done by then stays done."
        }
    };
    view! {
        <Confirm label=format!("{}\u{2026}", action.label) title class="btn btn-sm btn-outline btn-error" dismiss="Keep it">
            <p class="my-2">{consequences}</p>
            <ActionForm action=cancel>
                <input type="hidden" name="run" value=id.to_string() />
                <Submit label=action.label pending=cancel.pending() class="btn btn-sm btn-error" />
            </ActionForm>
        </Confirm>
    }
    .into_any()
}

/// Starts the same again, in the name of the person who presses.
#[component]
fn Retry(id: RunId, action: ActionView, retry: ServerAction<RetryRun>) -> impl IntoView {
    let is_disabled = action.disabled_because.is_some();
    let disabled = move || is_disabled || retry.pending().get();
    let told = action
        .disabled_because
        .unwrap_or_else(|| "Starts a new run, decided anew and in your own name.".to_owned());
    view! {
        <ActionForm action=retry>
            <input type="hidden" name="run" value=id.to_string() />
            <button type="submit" class="btn btn-sm btn-primary" disabled=disabled aria-describedby="retry-reason">
                {action.label}
            </button>
        </ActionForm>
        <span id="retry-reason" class="quiet order-last basis-full">{told}</span>
    }
}

#[component]
fn OpenTenant(run: Signal<RunView>) -> impl IntoView {
    let tenant = Memo::new(move |_| {
        run.with(|run| run.tenant.clone().filter(|_| run.follow_ups.open_tenant))
    });
    move || {
        tenant.get().map(|tenant| {
            let words = format!("Open {}", tenant.name);
            view! { <a class="btn btn-sm" href=link::tenant(tenant.id)>{words}</a> }
        })
    }
}

/// The run this one tries again, and those that tried this one again.
#[component]
pub fn Related(
    /// The run.
    run: Signal<RunView>,
) -> impl IntoView {
    let related =
        Memo::new(move |_| run.with(|run| (run.parent_id, run.retry_of, run.retries.clone())));
    move || {
        let (whole, earlier, later) = related.get();
        (whole.is_some() || earlier.is_some() || !later.is_empty()).then(|| {
            view! {
                <section class="panel" aria-labelledby="related">
                    <h2 id="related">"Related runs"</h2>
                    <ul class="mt-2">
                        {whole.map(|id| other("Part of", id))}
                        {earlier.map(|id| other("Retry of", id))}
                        {later.into_iter().map(|id| other("Retried by", id)).collect_view()}
                    </ul>
                </section>
            }
        })
    }
}

fn other(how: &'static str, id: RunId) -> impl IntoView {
    view! { <li>{how} " " <a class="link" href=link::run(id)><code>{id.to_string()}</code></a></li> }
}

/// What is not shown, and why (V-15).
#[component]
pub fn Redactions(
    /// The run.
    run: Signal<RunView>,
) -> impl IntoView {
    let notes = Memo::new(move |_| run.with(|run| run.redactions.clone()));
    let line = |note| view! { <li>{note}</li> };
    view! {
        <Show when=move || !notes.with(Vec::is_empty)>
            <section class="panel" aria-labelledby="redactions">
                <h2 id="redactions">"Not shown"</h2>
                <ul class="list-disc ps-5 mt-2">{move || notes.get().into_iter().map(line).collect_view()}</ul>
            </section>
        </Show>
    }
}
