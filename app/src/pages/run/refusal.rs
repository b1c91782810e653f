//! Blocked is a sentence before it is a colour: what was refused, what to do, then the code (L-13).

use domain::{badge::Icon, run::RunOutcome, views::RunView};
use leptos::prelude::*;

use crate::ui::icon::Icon;

/// The refusal of a blocked run; nothing for any other run.
#[component]
pub fn Refusal(
    /// The run.
    run: Signal<RunView>,
) -> impl IntoView {
    let refused = Memo::new(move |_| run.with(of));
    move || refused.get().map(panel)
}

#[derive(Clone, PartialEq)]
struct Refused {
    lead: &'static str,
    sentence: String,
    next_step: String,
    code: Option<String>,
    class: Option<&'static str>,
    moment: Option<&'static str>,
}

fn of(run: &RunView) -> Option<Refused> {
    let told = run.explanation.clone()?;
    Some(Refused {
        // What was done before it was refused stays, and the run is not called blocked.
        lead: match run.state.outcome {
            RunOutcome::Blocked => "Blocked: ",
            _ => "Stopped: ",
        },
        sentence: told.sentence,
        next_step: told.next_step,
        code: run.reason_code.clone(),
        class: run.denial_class.map(|class| class.label()),
        moment: run.blocked_phase.as_deref().map(moment),
    })
}

/// At which moment a run was refused, in words.
pub fn moment(phase: &str) -> &'static str {
    match phase {
        "request" => "when it was asked for",
        "start" => "before it started",
        "rescue" => "before a later attempt",
        "checkpoint" => "while it was running",
        _ => "at an unknown moment",
    }
}

fn panel(refused: Refused) -> impl IntoView {
    let moment = refused.moment.map(|moment| format!("Refused {moment}."));
    view! {
        <section class="banner tone-warning my-3" aria-label="Why this run is blocked" data-refusal>
            <Icon icon=Icon::ShieldBan />
            <div class="grid gap-1 min-w-0">
                <p class="prose"><strong>{refused.lead}</strong>{refused.sentence}</p>
                <p class="prose">{refused.next_step}</p>
                <p class="quiet">
                    {refused.class.map(|class| format!("{class} denial. "))}
                    {moment}
                    {refused.code.map(|code| view! { " " <code class="[overflow-wrap:anywhere]">{code}</code> })}
                </p>
            </div>
        </section>
    }
}
