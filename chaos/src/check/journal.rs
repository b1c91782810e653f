//! The provider's journal against the attempts that were allowed.

use std::collections::HashMap;

use anyhow::{Context as _, Result};
use domain::ids::RunId;
use serde::Serialize;
use store::AttemptMade;

use super::{Broken, broken};
use crate::{installation::Site, provider::Call};

/// What the journal says.
#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Calls {
    pub(crate) calls: u64,
    /// Reads by an attempt that had been replaced: a worker that woke up and had not yet noticed.
    pub(crate) late_reads: u64,
}

/// The journal's clock has milliseconds.
const GRAIN: i64 = 2_000;

/// Every call that no attempt accounts for.
pub(crate) fn check(
    sites: &[Site],
    calls: &[Call],
    attempts: &[AttemptMade],
) -> Result<(Calls, Vec<Broken>)> {
    let mut of_run: HashMap<RunId, Vec<&AttemptMade>> = HashMap::new();
    for attempt in attempts {
        of_run.entry(attempt.run).or_default().push(attempt);
    }
    let (mut counts, mut found) = (Calls::default(), Vec::new());
    for call in calls {
        let Some(run) = call.run() else {
            continue;
        };
        counts.calls += 1;
        let at = micros(&call.time).with_context(|| format!("no time: {}", call.time))?;
        let attempts = of_run.get(&run).map_or(&[][..], Vec::as_slice);
        let told = || {
            format!(
                "call {} at {}: {} {}",
                call.seq, call.time, call.method, call.path
            )
        };
        let begun: Vec<_> = attempts
            .iter()
            .filter(|attempt| attempt.started_at.0 <= at + GRAIN)
            .collect();
        let Some(first) = begun.first() else {
            found.push(broken(
                "I1 no call before an allowing decision",
                run,
                told(),
            ));
            continue;
        };
        let is_open =
            |attempt: &&&AttemptMade| attempt.ended_at.is_none_or(|end| at <= end.0 + GRAIN);
        // Whose changes those are, the intents tell.
        if !call.is_change() && !begun.iter().any(is_open) {
            counts.late_reads += 1;
        }
        let site = sites
            .iter()
            .find(|site| Some(site.tenant.id()) == first.tenant);
        let directory = site.map(|site| &*site.directory.tenant_id);
        if call.tenant_id.is_some() && call.tenant_id.as_deref() != directory {
            let what = format!("{} in {:?}, not {directory:?}", told(), call.tenant_id);
            found.push(broken("I8 calls stay in the run's tenant", run, what));
        }
    }
    Ok((counts, found))
}

/// `2026-11-21T03:29:12.345Z` in microseconds since 1970.
pub(super) fn micros(time: &str) -> Option<i64> {
    let (date, clock) = time.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut clock = clock.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let fraction: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    // Days from the civil calendar, with the year beginning in March.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * month + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_the_journal_is_a_moment() {
        assert_eq!(micros("1970-01-01T00:00:00.000Z"), Some(0));
        assert_eq!(
            micros("2026-11-21T03:29:12.345Z"),
            Some(1_795_231_752_345_000)
        );
        assert_eq!(micros("2024-02-29T23:59:59Z"), Some(1_709_251_199_000_000));
        assert_eq!(micros("yesterday"), None);
    }
}
