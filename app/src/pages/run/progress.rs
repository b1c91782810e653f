//! How far a run is and what became of its items; a bar only from trustworthy numbers.

use domain::{
    badge::{Icon, Tone},
    views::{FailureView, ItemView, PastAttempt, RunView},
};
use leptos::prelude::*;

use crate::ui::badge::ToneBadge;

/// Progress, counts and items; nothing for a run that never did any work.
#[component]
pub fn Progress(
    /// The run.
    run: Signal<RunView>,
) -> impl IntoView {
    let has_work = Memo::new(move |_| run.with(has_work));
    let progress = Memo::new(move |_| run.with(|run| run.progress));
    let counts = Memo::new(move |_| run.with(|run| run.counts.clone()));
    let items = Memo::new(move |_| run.with(|run| run.items.clone()));
    let done_by = Memo::new(move |_| run.with(|run| run.done_by));
    view! {
        <Show when=move || has_work.get()>
            <section class="panel grid gap-3" aria-labelledby="work">
                <h2 id="work">{move || title(done_by.get())}</h2>
                {move || progress.get().map(|progress| match done_by.get() {
                    None => bar(progress).into_any(),
                    // A full bar would say that it is done.
                    Some(_) => processed(progress).into_any(),
                })}
                {move || counts.with(|counts| totals(counts))}
                <Items items />
            </section>
        </Show>
    }
}

fn has_work(run: &RunView) -> bool {
    run.progress.is_some() || !run.counts.is_empty() || !run.items.is_empty()
}

/// What a waiting run has behind it reads as what it is.
fn title(done_by: Option<PastAttempt>) -> String {
    match done_by {
        None => "Items and progress".to_owned(),
        Some(PastAttempt(attempt)) => format!("What attempt {attempt} did"),
    }
}

fn processed((done, total): (u64, u64)) -> impl IntoView {
    view! { <span>{format!("{done} of {total} processed")}</span> }
}

fn bar((done, total): (u64, u64)) -> impl IntoView {
    view! {
        <div class="grid gap-1">
            <progress class="progress" max=total.to_string() value=done.to_string() aria-label="Progress"></progress>
            {processed((done, total))}
        </div>
    }
}

fn totals(counts: &[(String, u64)]) -> impl IntoView + use<> {
    let each = |(label, number): &(String, u64)| {
        view! {
            <div class="flex gap-2">
                <dt class="quiet">{label.clone()}</dt>
                <dd>{number.to_string()}</dd>
            </div>
        }
    };
    view! {
        <dl class="flex flex-wrap gap-x-6 gap-y-1">{counts.iter().map(each).collect_view()}</dl>
    }
}

#[component]
fn Items(items: Memo<Vec<ItemView>>) -> impl IntoView {
    view! {
        <Show when=move || !items.with(Vec::is_empty)>
            <table class="data-table">
                <caption>"What became of each item"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Item"</th>
                        <th scope="col">"Outcome"</th>
                        <th scope="col" class="number">"Objects"</th>
                        <th scope="col">"Reason"</th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || items.get() key=|item| item.key.clone() let:item>
                        <Item items item />
                    </For>
                </tbody>
            </table>
        </Show>
    }
}

#[component]
fn Item(items: Memo<Vec<ItemView>>, item: ItemView) -> impl IntoView {
    let label = item.label.clone();
    let live = Memo::new(move |_| {
        let same = |other: &&ItemView| other.key == item.key;
        let found = items.with(|items| items.iter().find(same).cloned());
        found.unwrap_or_else(|| item.clone())
    });
    view! {
        <tr>
            <th scope="row" data-label="Item">{label}</th>
            <td data-label="Outcome">{move || live.with(|item| outcome(&item.outcome))}</td>
            <td class="number" data-label="Objects">
                {move || live.with(|item| item.objects.map(|n| n.to_string()))}
            </td>
            <td class="long" data-label="Reason" data-empty=move || live.with(is_without_reason).to_string()>
                {move || live.with(why)}
            </td>
        </tr>
    }
}

fn outcome(word: &str) -> impl IntoView + use<> {
    let (label, icon, tone) = match word {
        "running" => ("Running".to_owned(), Icon::Loader, Tone::Info),
        "succeeded" => ("Succeeded".to_owned(), Icon::CircleCheck, Tone::Success),
        "failed" => ("Failed".to_owned(), Icon::CircleX, Tone::Danger),
        "indeterminate" => ("Not known".to_owned(), Icon::CircleHelp, Tone::Warning),
        "blocked" => ("Blocked".to_owned(), Icon::ShieldBan, Tone::Warning),
        "awaiting_provider_approval" => (
            "Awaiting approval".to_owned(),
            Icon::CircleDashed,
            Tone::Info,
        ),
        "skipped" => ("Skipped".to_owned(), Icon::Ban, Tone::NeutralOutline),
        _ => (
            format!("Unknown: {word}"),
            Icon::CircleDashed,
            Tone::Neutral,
        ),
    };
    view! { <ToneBadge label icon tone /> }
}

const fn is_without_reason(item: &ItemView) -> bool {
    item.message.is_none() && item.reason_code.is_none()
}

fn why(item: &ItemView) -> impl IntoView + use<> {
    let message = item.message.clone();
    let code = item.reason_code.clone();
    view! {
        <span>{message} " " {code.map(|code| view! { <code>{code}</code> })}</span>
    }
}

/// What went wrong, in safe words and codes.
#[component]
pub fn Failures(
    /// The run.
    run: Signal<RunView>,
) -> impl IntoView {
    let failures = Memo::new(move |_| run.with(|run| run.failures.clone()));
    view! {
        <Show when=move || !failures.with(Vec::is_empty)>
            <section class="panel" aria-labelledby="failures">
                <h2 id="failures">"Failures"</h2>
                <ul class="grid gap-2 mt-2">
                    {move || failures.get().into_iter().map(failure).collect_view()}
                </ul>
            </section>
        </Show>
    }
}

fn failure(failure: FailureView) -> impl IntoView {
    view! {
        <li>
            <p>{failure.message}</p>
            {failure.next_step.map(|step| view! { <p>{step}</p> })}
            <p class="quiet">
                <code>{failure.reason_code}</code> " " <code>{failure.code}</code>
            </p>
        </li>
    }
}
