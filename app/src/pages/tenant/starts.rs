//! The start buttons, and what pressing one led to.

use domain::{
    link,
    operation::OperationType,
    views::{StartAnswer, StartButton},
};
use leptos::{html, prelude::*};

use super::Tenant;
use crate::{
    api::runs::StartRun,
    ui::{
        action::{Submit, error_of, on_done},
        badge::tone_class,
        error::FormError,
        icon::{Glyph, GlyphIcon, Icon},
        toast::{Toast, icon, use_toasts},
    },
};

/// What can be started here.
#[component]
pub fn Starts(live: Tenant) -> impl IntoView {
    let starts = Memo::new(move |_| live.view.with(|view| view.starts.clone()));
    view! {
        <section class="panel mb-4" aria-labelledby="starts">
            <h2 id="starts">"Start"</h2>
            <div class="flex flex-wrap items-start gap-4 mt-2">
                <For each=move || starts.get() key=|start| start.operation let:first>
                    <Start first live />
                </For>
            </div>
        </section>
    }
}

/// One operation: its button, or the run of it that is under way.
#[component]
fn Start(first: StartButton, live: Tenant) -> impl IntoView {
    let operation = first.operation;
    let button = Memo::new(move |_| {
        let found = live.view.with(|view| {
            let mut starts = view.starts.iter();
            starts.find(|start| start.operation == operation).cloned()
        });
        found.unwrap_or_else(|| first.clone())
    });
    let action = ServerAction::<StartRun>::new();
    let toasts = use_toasts();
    let was_pressed = StoredValue::new(false);
    on_done(action, move |answer: StartAnswer| {
        was_pressed.set_value(true);
        toasts.push(Toast::from(answer));
        live.refresh();
    });
    let is_active = Memo::new(move |_| button.with(|button| button.active_run.is_some()));
    view! {
        <div class="grid gap-1" data-start=operation.as_str()>
            <Show
                when=move || is_active.get()
                fallback=move || view! { <StartForm action button live /> }
            >
                <UnderWay button live was_pressed />
            </Show>
            <FormError error=error_of(action) />
        </div>
    }
}

/// The button itself; disabled with the reason in sight.
#[component]
fn StartForm(
    action: ServerAction<StartRun>,
    button: Memo<StartButton>,
    live: Tenant,
) -> impl IntoView {
    let tenant = live.view.with_untracked(|view| view.id.to_string());
    let operation = button.with_untracked(|button| button.operation);
    let reason = Memo::new(move |_| button.with(|button| button.disabled_because.clone()));
    let label = button.with_untracked(|button| button.label.clone());
    let reason_id = format!("why-not-{}", operation.as_str().replace('.', "-"));
    let described_by = reason_id.clone();
    view! {
        <ActionForm action>
            <input type="hidden" name="tenant" value=tenant />
            <input type="hidden" name="operation" value=operation.as_str() />
            <fieldset
                disabled=move || reason.with(Option::is_some)
                aria-describedby=described_by
            >
                <Submit label pending=action.pending() class=class(operation) />
            </fieldset>
        </ActionForm>
        <p id=reason_id class="quiet max-w-72">{move || reason.get()}</p>
    }
}

/// The daily operation is the primary one.
const fn class(operation: OperationType) -> &'static str {
    match operation {
        OperationType::InventorySync => "btn btn-sm btn-primary",
        _ => "btn btn-sm",
    }
}

/// In place of the button while its run is active.
#[component]
fn UnderWay(
    button: Memo<StartButton>,
    live: Tenant,
    /// Whether the button was pressed here that this stands in place of.
    was_pressed: StoredValue<bool>,
) -> impl IntoView {
    // The pressed button has gone, and the focus with it: it goes on to what took its place.
    let way_on = NodeRef::<html::A>::new();
    Effect::new(move |_| {
        if let Some(link) = way_on.get()
            && was_pressed.get_value()
        {
            was_pressed.set_value(false);
            let _ = link.focus();
        }
    });
    let here = live.view.with_untracked(|view| link::tenant(view.id));
    let words = move || {
        let active = button.with(|button| button.active_run.clone());
        active.map(|run| run.words)
    };
    let run = move || button.with(|button| button.active_run.as_ref().map(|run| link::run(run.id)));
    let refresh = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        live.refresh();
    };
    view! {
        <div class="flex flex-wrap items-center gap-2">
            <span>{words}</span>
            <a class="link" href=run node_ref=way_on>"View run"</a>
            <a class="btn btn-sm" href=here rel="external" on:click=refresh>
                <GlyphIcon glyph=Glyph::Refresh />
                "Refresh"
            </a>
        </div>
    }
}

/// What a start just led to, for browsers without scripts; others saw a toast.
#[component]
pub fn StartedNotice(started: Option<StartAnswer>) -> impl IntoView {
    started.map(|answer| {
        let href = link::run(answer.run_id);
        let Toast { message, tone, .. } = Toast::from(answer);
        view! {
            <div class="banner mb-3" role="status" data-started>
                <span class=tone_class(tone)><Icon icon=icon(tone) /></span>
                <p>{message} " " <a class="link" href=href>"View run"</a></p>
            </div>
        }
    })
}
