//! Which kinds of everything a plan has, so that a short one can be chosen that lacks none.

use std::{collections::BTreeSet, fmt::Debug};

use domain::operation::OperationType;

use super::{
    Answer, At, Bulk, Change, EFFECTS, Fault, LOSSES, Plan, Size, Turn, Wish, answers::ANSWERS,
    people::LOOKS,
};

/// A kind by its name, whichever worker or tenant it is about.
fn kind(what: &impl Debug) -> String {
    let name = format!("{what:?}");
    let name = name.replace(|it: char| it.is_ascii_digit(), "");
    let how_it_ends = name.split_once("DatabaseStops");
    how_it_ends.map_or_else(|| name.clone(), |_| "DatabaseStops".to_owned())
}

/// Of an answer its status says the kind.
fn told(answer: Answer) -> String {
    format!("{answer:?}")
}

fn kinds<T: Debug>(all: impl IntoIterator<Item = T>) -> Vec<String> {
    all.into_iter().map(|what| kind(&what)).collect()
}

fn of_each<T: Debug + Copy>(all: &[Vec<At<T>>]) -> Vec<String> {
    kinds(all.iter().flatten().map(|it| it.what))
}

impl Plan {
    /// The kinds that it lacks.
    pub(crate) fn missing(&self, size: &Size) -> Vec<String> {
        let has: BTreeSet<String> = [
            kinds(self.faults.iter().map(|it| it.what)),
            of_each(&self.changes),
            of_each(&self.wishes),
            of_each(&self.pauses),
            of_each(&self.looks),
            kinds(self.bulks.iter().map(|it| it.what)),
            self.answers.iter().map(|it| told(it.what.1)).collect(),
            kinds(self.slots.iter().flatten().map(|_| "slot")),
        ]
        .concat()
        .into_iter()
        .collect();
        let mut wanted = [
            kinds([
                Fault::Kill(0),
                Fault::Start(0),
                Fault::Freeze(0),
                Fault::Thaw(0),
            ]),
            kinds([Fault::PagesKilled, Fault::PagesStart]),
            kinds(LOSSES.map(Change::Lose)),
            kinds(LOSSES.map(Change::Regain)),
            kinds(EFFECTS.map(|effect| Wish::Write(0, effect))),
            kinds([OperationType::ConnectionCheck, OperationType::InventorySync].map(Wish::Person)),
            kinds([Wish::System, Wish::Cancel]),
            kinds([Turn::Pause, Turn::Resume]),
            kinds([Bulk::All, Bulk::EveryOther, Bulk::Cancel]),
            ANSWERS.map(told).to_vec(),
            kinds(LOOKS),
            kinds(["slot"]),
        ]
        .concat();
        if size.has_server {
            let stops = Fault::DatabaseStops(postgres_cluster::Stop::Fast);
            wanted.extend(kinds([stops, Fault::DatabaseStarts]));
            wanted.extend(kinds([Fault::DatabaseFalls, Fault::DatabaseSpeaks]));
        }
        wanted.retain(|kind| !has.contains(kind));
        wanted
    }
}
