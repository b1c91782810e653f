//! What is looked at when everything is over, and the report of it.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use anyhow::Result;
use domain::ids::RunId;
use store::DecisionMade;

use crate::{
    bulks::Bulks,
    burden::Burden,
    check::{Broken, authority, broken, journal, late, owner, pauses, slots, writes},
    driver::Asked,
    grants::Seen,
    installation::Installation,
    presses,
    queues::Pauses,
    report::Report,
    slots::Came,
    stage::Stage,
    trial::Order,
    viewers::{self, Looked},
};

/// What happened in a trial, as far as the trial saw it itself.
pub(crate) struct Past {
    pub(crate) scenes: Vec<String>,
    pub(crate) asked: Asked,
    /// Every run that was accepted, with the number of its tenant.
    pub(crate) runs: Vec<(usize, RunId)>,
    pub(crate) pauses: Pauses,
    pub(crate) bulks: Bulks,
    pub(crate) came: Vec<Came>,
    /// By tenant.
    pub(crate) seen: Vec<Seen>,
    pub(crate) looked: Vec<Looked>,
    /// How often the rules were asked.
    pub(crate) samples: u64,
    pub(crate) burden: Burden,
    pub(crate) settled: Duration,
    /// What was found broken already.
    pub(crate) broken: Vec<Broken>,
}

/// Asks the database and the provider's journal whether every promise was kept.
pub(crate) async fn judge(order: &Order, stage: &Stage, past: Past) -> Result<Report> {
    let mut found = past.broken;
    let installation = &stage.installation;
    let (store, workspace) = (&installation.store, installation.workspace.id());
    let known: HashSet<_> = found.iter().map(|it| (it.rule.clone(), it.run)).collect();
    let last = store.violations().await?.into_iter().map(Broken::from);
    found.extend(last.filter(|it| !known.contains(&(it.rule.clone(), it.run))));

    let decisions = store.decisions_made(workspace).await?;
    let changes = store.changes_made(workspace).await?;
    let sites = &installation.sites;
    let parts = store.parts_made(workspace).await?;
    found.extend(authority::check(
        sites, &past.seen, &changes, &decisions, &parts,
    ));
    found.extend(owner::check(installation.owner.user_id(), &decisions));

    let (pauses, of_pauses) = pauses::check(&changes, &decisions);
    found.extend(of_pauses);
    let (slots, of_slots) = slots::check(installation, &past.came, &decisions).await?;
    found.extend(of_slots);

    let attempts = store.attempts_made(workspace).await?;
    let journal = stage.provider.journal().await?;
    let (calls, of_calls) = journal::check(sites, &journal, &attempts)?;
    found.extend(of_calls);
    found.extend(late::check(
        sites,
        &journal,
        &changes,
        &decisions,
        &stage.thaws,
    )?);
    let intents = store.intents_made(workspace).await?;
    let (intents, of_intents) = writes::check(&journal, &intents, &attempts, &stage.thaws)?;
    found.extend(of_intents);

    let ends = store.ends_made(workspace).await?;
    let over: HashSet<_> = ends.iter().map(|(run, _)| *run).collect();
    let lost = past.runs.iter().filter(|(_, run)| !over.contains(run));
    found.extend(lost.map(|(_, run)| {
        let what = "it is not".to_owned();
        broken("I10 what was accepted is there and over", *run, what)
    }));
    found.extend(owner::left(&past.bulks.runs, |run| over.contains(&run)));
    let shown = with_decided(installation, past.runs, &decisions);
    let (looks, of_looks) = viewers::check(stage, &shown, &past.seen, &past.looked);
    found.extend(of_looks);
    let (presses, of_presses) = presses::check(&past.asked.presses, &stage.pages.absences);
    found.extend(of_presses);
    found.extend(stage.pages.absences.broken());
    found.extend(past.burden.broken());
    found.extend(stage.logs.secrets(installation)?);

    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    for (_, outcome) in &ends {
        *outcomes.entry(outcome.as_str().to_owned()).or_default() += 1;
    }
    let is_rescued = |by: &Option<String>| by.as_deref() == Some("lease_expired");
    let planted = order.planted.as_ref();
    let words = planted.map_or(&[][..], |(_, planted)| planted.finder.words());
    Ok(Report {
        seed: order.seed,
        database: order.dialect.as_str(),
        planted: planted.map(|(_, planted)| planted.mistake.to_owned()),
        seconds: order.size.length.as_secs(),
        workers: order.size.workers,
        tenants: order.size.tenants,
        scenes: past.scenes,
        faults: stage.faults.clone(),
        changes: past.seen.iter().map(|seen| seen.changes).sum(),
        asked: past.asked,
        presses,
        pauses,
        turns: past.pauses,
        slots,
        bulks: Bulks {
            parts: parts.len(),
            ..past.bulks
        },
        runs: ends.len(),
        outcomes,
        decisions: decisions.len(),
        refusals: authority::refusals(&decisions),
        attempts: attempts.len(),
        rescued: attempts
            .iter()
            .filter(|it| is_rescued(&it.ended_by))
            .count(),
        calls,
        intents,
        looks,
        samples: past.samples,
        burden: past.burden,
        pages_away_ms: millis(stage.pages.absences.away()),
        longest_recovery_ms: millis(stage.pages.absences.longest()),
        settled_ms: millis(past.settled),
        refused_by_the_wall: stage.logs.refused_by_the_wall(words)?,
        broken: found,
    })
}

/// The runs of tenants that somebody was answered, and those that were decided about: parts of bulks, slots.
fn with_decided(
    installation: &Installation,
    mut runs: Vec<(usize, RunId)>,
    decisions: &[DecisionMade],
) -> Vec<(usize, RunId)> {
    let known: HashSet<_> = runs.iter().map(|(_, run)| *run).collect();
    let site_of = |tenant| {
        let mut sites = installation.sites.iter();
        sites.position(|site| site.tenant.id() == tenant)
    };
    let decided = decisions.iter().filter(|made| !known.contains(&made.run));
    runs.extend(decided.filter_map(|made| Some((site_of(made.tenant?)?, made.run))));
    runs
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
