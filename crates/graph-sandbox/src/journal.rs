//! The record of every request the sandbox got, for checks from outside.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

/// One request as it arrived, and the status it was answered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JournalEntry {
    /// Position in the journal, from 1, without gaps.
    pub seq: u64,
    /// When the request had been read, ISO 8601 with milliseconds.
    pub time: String,
    /// The tenant of the bearer token, or the one named in a token request.
    pub tenant_id: Option<String>,
    /// The application of the bearer token, or the one named in a token request.
    pub app_id: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// The path as sent, without the query.
    pub path: String,
    /// The query as sent.
    pub query: Option<String>,
    /// The status of the answer; null while there is none (running, hung or
    /// reset).
    pub status: Option<u16>,
    /// The id the sandbox gave to the request, also in its `request-id` header.
    pub request_id: String,
    /// The caller's `client-request-id`, when it sent one.
    pub client_request_id: Option<String>,
    /// SHA-256 of the body in hex; null without a body.
    pub body_hash: Option<String>,
    /// What the request changed; null when it changed nothing or was refused.
    pub write: Option<WriteEffect>,
    /// For a part of a `$batch`, the `seq` of the batch.
    pub in_batch: Option<u64>,
}

/// What a request changed in the sandbox's own state, whatever its answer said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteEffect {
    /// It gave a field another value.
    Applied,
    /// Every field had that value already: the same change, sent again.
    Repeated,
}

/// Entries from a point on, and where to go on reading.
#[derive(Debug, Clone, Serialize)]
pub struct JournalPage {
    /// Pass this as `since` to read on.
    pub next: u64,
    /// The oldest entry still kept; greater than `since + 1` when some are gone.
    pub oldest: u64,
    /// The entries after `since`, oldest first.
    pub entries: Vec<JournalEntry>,
}

/// A ring of the latest [`Journal::LIMIT`] requests; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Journal(Arc<Mutex<Ring>>);

#[derive(Debug, Default)]
struct Ring {
    last_seq: u64,
    entries: VecDeque<JournalEntry>,
}

impl Journal {
    /// The number of entries kept; older ones are dropped.
    pub const LIMIT: usize = 200_000;

    /// Paths and queries are cut at this length, so that the ring has a size.
    const TEXT_LIMIT: usize = 1_024;

    /// Everything after `since` (0 for all of it), at most `limit` entries.
    ///
    /// Numbers begin anew with every start: for one that was not given yet, everything is read.
    #[must_use]
    pub fn read(&self, since: u64, limit: usize) -> JournalPage {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = if since > ring.last_seq { 0 } else { since };
        let oldest = ring
            .entries
            .front()
            .map_or(ring.last_seq + 1, |entry| entry.seq);
        let skip =
            usize::try_from(since.saturating_add(1).saturating_sub(oldest)).unwrap_or(usize::MAX);
        let entries: Vec<_> = ring
            .entries
            .iter()
            .skip(skip)
            .take(limit)
            .cloned()
            .collect();
        let next = entries.last().map_or(since, |entry| entry.seq);
        JournalPage {
            next,
            oldest,
            entries,
        }
    }

    /// All kept entries after `since`.
    #[must_use]
    pub fn since(&self, since: u64) -> Vec<JournalEntry> {
        self.read(since, usize::MAX).entries
    }

    /// The `seq` of the latest request; 0 before the first.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .last_seq
    }

    /// Records a request on arrival, so that one that hangs is seen too.
    pub(crate) fn arrived(&self, mut entry: JournalEntry) -> u64 {
        cut(&mut entry.path, Self::TEXT_LIMIT);
        if let Some(query) = entry.query.as_mut() {
            cut(query, Self::TEXT_LIMIT);
        }
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.last_seq += 1;
        entry.seq = ring.last_seq;
        ring.entries.push_back(entry);
        if ring.entries.len() > Self::LIMIT {
            ring.entries.pop_front();
        }
        ring.last_seq
    }

    /// Adds the status, before the answer goes out.
    pub(crate) fn answered(&self, seq: u64, status: u16) {
        self.amend(seq, |entry| entry.status = Some(status));
    }

    /// Adds what the request changed, as soon as it is changed.
    pub(crate) fn wrote(&self, seq: u64, effect: WriteEffect) {
        self.amend(seq, |entry| entry.write = Some(effect));
    }

    fn amend(&self, seq: u64, amend: impl FnOnce(&mut JournalEntry)) {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = ring.entries.front().map_or(u64::MAX, |entry| entry.seq);
        let index = seq
            .checked_sub(oldest)
            .and_then(|at| usize::try_from(at).ok());
        if let Some(entry) = index.and_then(|at| ring.entries.get_mut(at)) {
            amend(entry);
        }
    }
}

fn cut(text: &mut String, limit: usize) {
    if text.len() > limit {
        let end = (0..=limit)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0);
        text.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> JournalEntry {
        JournalEntry {
            seq: 0,
            time: String::new(),
            tenant_id: None,
            app_id: None,
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: None,
            status: None,
            request_id: String::new(),
            client_request_id: None,
            body_hash: None,
            write: None,
            in_batch: None,
        }
    }

    #[test]
    fn reading_on_from_next_misses_and_repeats_nothing() {
        let journal = Journal::default();
        for path in ["/a", "/b", "/c"] {
            let seq = journal.arrived(entry(path));
            journal.answered(seq, 200);
        }
        let first = journal.read(0, 2);
        assert_eq!((first.next, first.entries.len()), (2, 2));
        let second = journal.read(first.next, usize::MAX);
        assert_eq!(second.entries.len(), 1);
        assert_eq!(second.entries[0].path, "/c");
        assert_eq!(second.entries[0].status, Some(200));
        let third = journal.read(second.next, usize::MAX);
        assert_eq!((third.next, third.entries.len()), (3, 0));
    }

    #[test]
    fn a_position_of_a_journal_that_began_anew_loses_nothing() {
        let journal = Journal::default();
        journal.arrived(entry("/a"));
        for since in [2, 175, u64::MAX] {
            let page = journal.read(since, usize::MAX);
            assert_eq!((page.next, page.entries.len()), (1, 1));
        }
    }

    #[test]
    fn the_ring_is_bounded_and_long_texts_are_cut() {
        let journal = Journal::default();
        for _ in 0..Journal::LIMIT + 5 {
            journal.arrived(entry("/a"));
        }
        journal.arrived(entry(&"\u{e9}".repeat(5_000)));
        let page = journal.read(0, usize::MAX);
        assert_eq!(page.entries.len(), Journal::LIMIT);
        assert_eq!(page.oldest, 7);
        assert!(page.entries.last().unwrap().path.len() <= 1_024);
    }
}
