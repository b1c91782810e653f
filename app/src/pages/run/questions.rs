//! Writes whose end nobody knows: what was asked of the provider, and what a person says who has looked.

use domain::{
    badge::Icon,
    ids::RunId,
    intent::IntentAnswer,
    views::{ActionView, QuestionView, RunView},
};
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    api::runs::ResolveWrite,
    ui::{
        action::{PostForm, error_of},
        error::FormError,
        icon::Icon,
        time::Exact,
    },
};

/// The questions a run has left, answered or not; nothing for a run without any.
#[component]
pub fn Questions(
    /// The run.
    run: Signal<RunView>,
) -> impl IntoView {
    let id = run.with_untracked(|run| run.id);
    let questions = Memo::new(move |_| run.with(|run| run.questions.clone()));
    // Only for the error of its last answer: its form makes a whole new page.
    let resolve = ServerAction::<ResolveWrite>::new();
    view! {
        <Show when=move || !questions.with(Vec::is_empty)>
            <section class="panel grid gap-3 my-3" aria-labelledby="questions">
                <h2 id="questions">"Is it there?"</h2>
                <FormError error=error_of(resolve) />
                <ul class="grid gap-4">
                    {move || questions.get().into_iter().map(|it| question(id, it)).collect_view()}
                </ul>
            </section>
        </Show>
    }
}

fn question(run: RunId, question: QuestionView) -> impl IntoView {
    let QuestionView {
        id,
        sentence,
        target,
        reason_code,
        asked_at,
        answer,
        answered_at,
        answers,
    } = question;
    view! {
        <li class="grid gap-2" data-question=id.to_string()>
            <p class="prose flex gap-2">
                <Icon icon=Icon::CircleHelp />
                <span>{sentence}</span>
            </p>
            <p class="quiet break-all">
                "Object " <code>{target}</code> ", asked " <Exact at=asked_at />
                {reason_code.map(|code| view! { " " <code>{code}</code> })}
            </p>
            {answer.map(|text| view! {
                <p><strong>{text}</strong> " " <span class="quiet">{answered_at.map(|at| view! { <Exact at /> })}</span></p>
            })}
            {answers.map(|offered| form(run, id.to_string(), offered))}
        </li>
    }
}

fn form(run: RunId, intent: String, offered: ActionView) -> impl IntoView {
    let is_disabled = offered.disabled_because.is_some();
    let told = offered.disabled_because.unwrap_or(offered.label);
    let reason = format!("why-{intent}");
    let described = reason.clone();
    let button = move |answer: IntentAnswer| {
        view! {
            <button
                type="submit" name="answer" value=answer.as_str() class="btn btn-sm"
                disabled=is_disabled aria-describedby=described.clone()
            >
                {answer.label()}
            </button>
        }
    };
    view! {
        <PostForm action=ResolveWrite::PATH class="flex flex-wrap items-center gap-3">
            <input type="hidden" name="run" value=run.to_string() />
            <input type="hidden" name="intent" value=intent />
            <span id=reason class="quiet">{told}</span>
            {button(IntentAnswer::Applied)}
            {button(IntentAnswer::NotApplied)}
        </PostForm>
    }
}
