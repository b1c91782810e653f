//! Mistakes on purpose, for the trial that must find each of them.
//!
//! Compiled with the feature `planted` alone, which nothing that is shipped turns on. A mistake changes the
//! text of statements on their way to the database, so that the code that is tried is the code there is.
//! Two mistakes are about what is sent to a provider; `operations` asks for them where it sends.

mod edits;

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock, PoisonError},
};

/// One mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// None: what the trial finds is then not the planted worker's fault.
    None,
    /// Runs are started without a decision in the ledger.
    SkipTheDecision,
    /// The gate is told that everybody is an enabled owner, and every tenant in service.
    AllowEverything,
    /// The gate is told that every connection is on and of the version it once had.
    ReadOldConnections,
    /// A run is ended by whoever has worked on it, whatever its attempt is now.
    FinishWithoutAttempt,
    /// A rescued run keeps its attempt, in queue and ledger.
    RescueWithoutNewAttempt,
    /// Everybody is told of the end of a run.
    NotifyTwice,
    /// Nobody is told of the end of a run.
    NotifyNobody,
    /// The end of a run leaves no entry in the audit log.
    ForgetTheAudit,
    /// A finished run stays in the queue.
    StayInTheQueue,
    /// A change whose answer was lost is sent again, and nobody looks.
    RepeatBlindly,
    /// A change is sent although the lease may be over.
    SendAfterTheLease,
    /// A claim takes what waits behind a pause of its queue, too.
    StartBehindAPause,
    /// At work, the gate is asked about the tenant's owner instead of the person whose run it is.
    AskAboutTheOwner,
    /// A run signs in to the directory of another tenant of its workspace.
    SignInToAnothersDirectory,
    /// A slot is written down as one that came a moment before it.
    MistakeTheSlot,
    /// What is opened stays open.
    KeepDescriptors,
}

const ALL: [(&str, Mistake); 17] = [
    ("none", Mistake::None),
    ("skip-the-decision", Mistake::SkipTheDecision),
    ("allow-everything", Mistake::AllowEverything),
    ("read-old-connections", Mistake::ReadOldConnections),
    ("finish-without-attempt", Mistake::FinishWithoutAttempt),
    (
        "rescue-without-new-attempt",
        Mistake::RescueWithoutNewAttempt,
    ),
    ("notify-twice", Mistake::NotifyTwice),
    ("notify-nobody", Mistake::NotifyNobody),
    ("forget-the-audit", Mistake::ForgetTheAudit),
    ("stay-in-the-queue", Mistake::StayInTheQueue),
    ("repeat-blindly", Mistake::RepeatBlindly),
    ("send-after-the-lease", Mistake::SendAfterTheLease),
    ("start-behind-a-pause", Mistake::StartBehindAPause),
    ("ask-about-the-owner", Mistake::AskAboutTheOwner),
    (
        "sign-in-to-anothers-directory",
        Mistake::SignInToAnothersDirectory,
    ),
    ("mistake-the-slot", Mistake::MistakeTheSlot),
    ("keep-descriptors", Mistake::KeepDescriptors),
];

static PLANTED: OnceLock<Mistake> = OnceLock::new();
static CHANGED: Mutex<Option<HashMap<&'static str, &'static str>>> = Mutex::new(None);

impl Mistake {
    /// A mistake by its name.
    pub fn parse(name: &str) -> Option<Self> {
        let found = ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, mistake)| *mistake)
    }

    /// Makes it in this process from now on.
    pub fn plant(self) {
        let _ = PLANTED.set(self);
    }

    /// Whether it is made in this process.
    pub fn is_planted(self) -> bool {
        PLANTED.get() == Some(&self)
    }
}

/// A statement's text with the planted mistake in it.
///
/// # Panics
/// When a statement was rewritten so that the mistake finds no place in it any more: then it has to be
/// planted anew, and must not pass for found.
pub(crate) fn text(name: &'static str, text: &'static str) -> &'static str {
    let Some(mistake) = PLANTED.get() else {
        return text;
    };
    let edits: Vec<_> = mistake
        .edits()
        .into_iter()
        .flatten()
        .filter(|edit| edit.0 == name)
        .collect();
    if edits.is_empty() {
        return text;
    }
    let mut changed = CHANGED.lock().unwrap_or_else(PoisonError::into_inner);
    let changed = changed.get_or_insert_default();
    changed.entry(name).or_insert_with(|| {
        let edited = edits.iter().fold(text.to_owned(), |text, (_, from, to)| {
            text.replace(from, to)
        });
        assert_ne!(edited, text, "{mistake:?} finds no place in {name}");
        edited.leak()
    })
}
