//! The planted mistakes: what must find each, and in which scene it shows.

use crate::scenes::Scene;

/// What finds a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finder {
    /// The checker, by one of the rules that begin so.
    Rule(&'static str),
    /// The database refuses what it leads to, before it can do harm.
    Wall,
    /// Nothing: there is none.
    Nobody,
}

/// A mistake as it is told to the planted worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Planted {
    /// Its name.
    pub(crate) mistake: &'static str,
    /// What must find it.
    pub(crate) finder: Finder,
    /// Where it shows: then this is all that is played, with no chance in it.
    pub(crate) scenes: &'static [Scene],
}

const fn shows(mistake: &'static str, scenes: &'static [Scene], finder: Finder) -> Planted {
    Planted {
        mistake,
        finder,
        scenes,
    }
}

const PLANTED: [Planted; 16] = [
    shows("none", &Scene::ALL, Finder::Nobody),
    shows("skip-the-decision", &[Scene::Plain], Finder::Wall),
    shows("allow-everything", &[Scene::Losses], Finder::Rule("L-18")),
    shows(
        "read-old-connections",
        &[Scene::Plain],
        Finder::Rule("L-04"),
    ),
    shows(
        "finish-without-attempt",
        &[Scene::LateEnd],
        Finder::Rule("I9"),
    ),
    shows(
        "rescue-without-new-attempt",
        &[Scene::LateEnd],
        Finder::Wall,
    ),
    shows(
        "notify-twice",
        &[Scene::Plain],
        Finder::Rule("I7 nobody else"),
    ),
    shows(
        "notify-nobody",
        &[Scene::Plain],
        Finder::Rule("I7 one notification"),
    ),
    shows("forget-the-audit", &[Scene::Plain], Finder::Rule("I6")),
    shows(
        "stay-in-the-queue",
        &[Scene::Losses],
        Finder::Rule("I3 queue and ledger"),
    ),
    shows(
        "repeat-blindly",
        &[Scene::LostAnswers],
        Finder::Rule("I5 no change"),
    ),
    shows(
        "send-after-the-lease",
        &[Scene::LateChange],
        Finder::Rule("I1 no change"),
    ),
    shows(
        "start-behind-a-pause",
        &[Scene::Paused],
        Finder::Rule("R-10 nothing starts"),
    ),
    shows(
        "ask-about-the-owner",
        &[Scene::LossAtWork],
        Finder::Rule("I2"),
    ),
    shows(
        "sign-in-to-anothers-directory",
        &[Scene::Plain],
        Finder::Rule("I8"),
    ),
    shows(
        "mistake-the-slot",
        &[Scene::Slot],
        Finder::Rule("I10 one line"),
    ),
];

/// A planted mistake by its name.
pub(crate) fn planted(mistake: &str) -> Option<Planted> {
    PLANTED.into_iter().find(|it| it.mistake == mistake)
}
