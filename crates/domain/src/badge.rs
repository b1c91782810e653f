//! The one registry of badges (V-12): every state has a word, an icon and a tone of its own.

use crate::run::{RunOutcome, RunState, RunStatus};

/// The tone of a badge; the theme decides what colour it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// No judgement.
    Neutral,
    /// No judgement, drawn as an outline.
    NeutralOutline,
    /// Under way.
    Info,
    /// Done.
    Success,
    /// Needs attention, drawn filled.
    Warning,
    /// Needs attention, drawn as an outline.
    WarningOutline,
    /// Went wrong.
    Danger,
    /// Went wrong in a way a person must decide, drawn as an outline.
    DangerOutline,
}

/// The picture in a badge; names are those of the Lucide set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Icon {
    /// `clock`
    Clock,
    /// `loader`
    Loader,
    /// `circle-check`
    CircleCheck,
    /// `circle-slash`
    CircleSlash,
    /// `shield-ban`
    ShieldBan,
    /// `circle-x`
    CircleX,
    /// `ban`
    Ban,
    /// `circle-help`
    CircleHelp,
    /// `circle-dashed`
    CircleDashed,
    /// `circle-pause`
    CirclePause,
}

/// How a state is shown, everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// The word in it.
    pub label: String,
    /// The picture in it.
    pub icon: Icon,
    /// Its tone.
    pub tone: Tone,
}

/// The badge of a run's state.
pub fn run_badge(state: RunState) -> Badge {
    let (label, icon, tone) = match state.outcome {
        RunOutcome::Pending => match state.status {
            RunStatus::Queued => ("Queued", Icon::Clock, Tone::Neutral),
            RunStatus::Running => ("Running", Icon::Loader, Tone::Info),
            // Of a bulk whose items a person may not see: that it is over is all they are told.
            RunStatus::Completed => ("Completed", Icon::CircleDashed, Tone::NeutralOutline),
        },
        RunOutcome::Succeeded => ("Succeeded", Icon::CircleCheck, Tone::Success),
        RunOutcome::PartiallySucceeded => (
            "Partially succeeded",
            Icon::CircleSlash,
            Tone::WarningOutline,
        ),
        RunOutcome::Blocked => ("Blocked", Icon::ShieldBan, Tone::Warning),
        RunOutcome::Failed => ("Failed", Icon::CircleX, Tone::Danger),
        RunOutcome::Cancelled => ("Cancelled", Icon::Ban, Tone::NeutralOutline),
        RunOutcome::Indeterminate => ("Needs a decision", Icon::CircleHelp, Tone::DangerOutline),
    };
    Badge {
        label: label.to_owned(),
        icon,
        tone,
    }
}

/// The badge of a value nobody knows; never taken for success.
pub fn unknown_badge(value: &str) -> Badge {
    Badge {
        label: format!("Unknown: {value}"),
        icon: Icon::CircleDashed,
        tone: Tone::Neutral,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn over(outcome: RunOutcome) -> Badge {
        run_badge(RunState {
            status: RunStatus::Completed,
            outcome,
        })
    }

    #[test]
    fn v12_states_are_told_apart_by_word_and_icon_without_colour() {
        let mut words = BTreeSet::new();
        let mut icons = std::collections::HashSet::new();
        let mut badges: Vec<_> = RunOutcome::ALL
            .iter()
            .filter(|o| **o != RunOutcome::Pending)
            .map(|o| over(*o))
            .collect();
        for status in [RunStatus::Queued, RunStatus::Running] {
            badges.push(run_badge(RunState {
                status,
                outcome: RunOutcome::Pending,
            }));
        }
        badges.push(unknown_badge("x"));
        for badge in &badges {
            assert!(words.insert(badge.label.clone()), "{}", badge.label);
            assert!(icons.insert(badge.icon), "{}", badge.label);
        }
    }

    #[test]
    fn l13_blocked_never_looks_like_a_failure() {
        let (blocked, failed) = (over(RunOutcome::Blocked), over(RunOutcome::Failed));
        assert_ne!(blocked.icon, failed.icon);
        assert_ne!(blocked.tone, failed.tone);
        assert_eq!(blocked.tone, Tone::Warning);
    }
}
