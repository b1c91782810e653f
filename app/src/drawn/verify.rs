//! Choosing tenants for a bulk verification, and a look at the choice before it is asked for (B-07).

use domain::{
    badge::{Icon, Tone, run_badge},
    bulk::SkipReason,
    link,
    run::{RunOutcome, RunState, RunStatus},
    views::{BulkChoiceView, BulkChosen, BulkOption, BulkPreviewView, StartAnswer},
};
use leptos::prelude::*;

use super::{
    asked::Asked,
    draw::drawn,
    form::{button, form, hidden, section},
};
use crate::{
    api::{
        drawn::Drawn,
        verify::{SelectForVerification, StartVerification},
    },
    ui::{
        badge::{LifecycleBadge, ToneBadge},
        icon::{Glyph, GlyphIcon},
    },
};

/// The page on which tenants are chosen.
pub(super) fn choose_page(view: BulkChoiceView, asked: &Asked) -> Drawn {
    let subtitle = format!(
        "Check the connections of many tenants of {} at once.",
        view.workspace
    );
    if view.tenants.is_empty() {
        let nothing = view! {
            <p class="my-2">"You are a member of no tenant of this workspace, so there is none to choose. An owner of a tenant can add you."</p>
        };
        return drawn(
            "Verify tenants",
            subtitle,
            section("choose", "Tenants", nothing),
        );
    }
    let all = asked.value("all").is_some();
    let only = asked.value("tenant");
    let boxes = view.tenants.into_iter().map(|tenant| {
        let is_chosen = all || only.as_ref().is_some_and(|id| *id == tenant.id.to_string());
        choice(tenant, is_chosen)
    });
    let fields = view! {
        <fieldset class="grid gap-2 my-2">
            <legend class="quiet mb-1">"Tenants to verify"</legend>
            {boxes.collect_view()}
        </fieldset>
    };
    let every = format!("{}?all=1", link::VERIFY_TENANTS);
    let content = view! {
        <p class="my-2 quiet">
            "Each tenant gets a run of its own, decided about by itself, in your name. Next you see what stands against any of them; nothing starts before you confirm. "
            <a class="link" href=every>"Choose all"</a> " " <a class="link" href=link::VERIFY_TENANTS>"Choose none"</a>
        </p>
        {form::<SelectForVerification>(asked, fields, button("Look at the choice", "btn btn-primary"))}
    };
    drawn(
        "Verify tenants",
        subtitle,
        section("choose", "Tenants", content),
    )
}

fn choice(tenant: BulkOption, is_chosen: bool) -> impl IntoView {
    view! {
        <label class="flex flex-wrap items-center gap-2">
            <input class="checkbox checkbox-sm" type="checkbox" name="tenants[]"
                value=tenant.id.to_string() checked=is_chosen autocomplete="off" />
            <span>{tenant.name}</span>
            <LifecycleBadge lifecycle=tenant.lifecycle />
        </label>
    }
}

/// The page on which a choice is looked at.
pub(super) fn preview_page(view: BulkPreviewView, asked: &Asked) -> Drawn {
    let refused = view
        .chosen
        .iter()
        .filter(|chosen| chosen.refused.is_some())
        .count();
    let waiting = view
        .chosen
        .iter()
        .filter(|chosen| chosen.refused.is_none() && chosen.waits.is_some())
        .count();
    let chosen = view.chosen.len();
    let summary = summary(chosen, refused, waiting);
    let title = "Verify tenants";
    let subtitle = format!(
        "What was chosen in {}, as of {}.",
        view.workspace,
        view.chosen_at.minute()
    );
    let next = match view.started {
        Some(answer) => started(answer).into_any(),
        None => {
            let fields = hidden("selection", view.id.to_string());
            let start =
                |label, class| form::<StartVerification>(asked, fields, button(label, class));
            // Where nothing is expected to run, the way on is another choice.
            if refused == chosen {
                view! {
                    <p class="mt-3"><a class="btn btn-primary" href=link::VERIFY_TENANTS>"Choose again"</a></p>
                    {start("Start anyway", "btn btn-sm btn-ghost")}
                }
                .into_any()
            } else {
                view! {
                    {start("Start verification", "btn btn-primary")}
                    <p class="mt-3"><a class="link" href=link::VERIFY_TENANTS>"Choose again"</a></p>
                }
                .into_any()
            }
        }
    };
    let rows = view.chosen.into_iter().map(row);
    let content = view! {
        <p class="my-2">{summary}</p>
        <table class="data-table my-3">
            <caption class="sr-only">"The chosen tenants"</caption>
            <thead>
                <tr><th scope="col">"Tenant"</th><th scope="col">"Lifecycle"</th><th scope="col">"Outlook"</th><th scope="col">"What is expected"</th></tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
        {next}
    };
    drawn(title, subtitle, section("preview", "Your choice", content))
}

fn summary(chosen: usize, refused: usize, waiting: usize) -> String {
    let tenants = if chosen == 1 { "tenant" } else { "tenants" };
    let summary = match refused {
        0 => format!("{chosen} {tenants}, and nothing stands against any of them."),
        n if n == chosen => {
            format!("{chosen} {tenants}, and as things stand none of them will be verified.")
        }
        n => format!(
            "{chosen} {tenants}, of which {n} will not be verified as things stand. Each is decided about again when its turn comes."
        ),
    };
    match waiting {
        0 => summary,
        1 => format!(
            "{summary} The queue of one is paused: its check waits until the queue is resumed."
        ),
        n => format!(
            "{summary} The queues of {n} are paused: their checks wait until the queues are resumed."
        ),
    }
}

fn row(chosen: BulkChosen) -> impl IntoView {
    let (label, icon, tone) = expectation(&chosen);
    let expected = match (chosen.refused, chosen.waits) {
        (Some((code, why)), _) => view! { <span>{why} " " <code>{code}</code></span> }.into_any(),
        (None, Some(why)) => view! { "A connection check. " {why} }.into_any(),
        (None, None) => view! { "A connection check" }.into_any(),
    };
    view! {
        <tr>
            <th scope="row" data-label="Tenant">{chosen.tenant.name}</th>
            <td data-label="Lifecycle"><LifecycleBadge lifecycle=chosen.tenant.lifecycle /></td>
            <td data-label="Outlook"><ToneBadge label icon tone /></td>
            <td class="long" data-label="What is expected">{expected}</td>
        </tr>
    }
}

/// What is expected of a tenant in one word; what would be refused or left out looks as it will then.
fn expectation(chosen: &BulkChosen) -> (String, Icon, Tone) {
    let blocked = run_badge(RunState {
        status: RunStatus::Completed,
        outcome: RunOutcome::Blocked,
    });
    match &chosen.refused {
        None if chosen.waits.is_some() => {
            ("Will wait".to_owned(), Icon::CirclePause, Tone::Neutral)
        }
        None => ("Will run".to_owned(), Icon::Clock, Tone::Neutral),
        Some((code, _)) if SkipReason::parse(code).is_some() => {
            ("Skipped".to_owned(), Icon::Ban, Tone::NeutralOutline)
        }
        Some(_) => (blocked.label, blocked.icon, blocked.tone),
    }
}

/// What was asked for, with the way to it.
fn started(answer: StartAnswer) -> impl IntoView {
    view! {
        <div class="banner tone-success mb-3" role="status">
            <GlyphIcon glyph=Glyph::Info />
            <p>
                "This choice was started. "
                <a class="link" href=link::run(answer.run_id)>"View run"</a>
            </p>
        </div>
        <p class="mt-3"><a class="link" href=link::VERIFY_TENANTS>"Choose other tenants"</a></p>
    }
}
