//! The planted mistakes, and what must find each.

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

const FINDERS: [(&str, Finder); 10] = [
    ("none", Finder::Nobody),
    ("skip-the-decision", Finder::Wall),
    ("allow-everything", Finder::Rule("L-18")),
    ("read-old-connections", Finder::Rule("L-04")),
    ("finish-without-attempt", Finder::Rule("I9")),
    ("rescue-without-new-attempt", Finder::Wall),
    ("notify-twice", Finder::Rule("I7 nobody else")),
    ("notify-nobody", Finder::Rule("I7 one notification")),
    ("forget-the-audit", Finder::Rule("I6")),
    ("stay-in-the-queue", Finder::Rule("I3 queue and ledger")),
];

/// What must find a mistake.
pub(crate) fn finder(mistake: &str) -> Option<Finder> {
    let found = FINDERS.iter().find(|(name, _)| *name == mistake);
    found.map(|(_, finder)| *finder)
}
