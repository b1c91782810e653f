//! Why a queued run is not running, in words.

use serde::{Deserialize, Serialize};

use crate::{time::Timestamp, words::words};

words! {
    /// What a queued run waits for, without the circumstances: as much as a line of a list says.
    pub enum WaitingFor {
        /// That its tenant's queue is resumed.
        Paused = "paused",
        /// That the database can be written again.
        NotWritable = "not_writable",
        /// A process that works on runs.
        NoWorker = "no_worker",
        /// A later moment.
        Later = "later",
        /// The end of another run of its tenant.
        TenantLimit = "tenant_limit",
        /// The end of another run that uses its connection.
        ConnectionLimit = "connection_limit",
        /// A free slot of a worker.
        Slot = "slot",
    }
}

impl WaitingFor {
    /// The same within a sentence.
    pub fn within(self) -> String {
        let mut letters = self.short().chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_lowercase().chain(letters).collect()
        })
    }

    /// In two or three words, as a line of a list has room for.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Paused => "Queue paused",
            Self::NotWritable => "Database not writable",
            Self::NoWorker => "No worker",
            Self::Later => "Tried again later",
            Self::TenantLimit => "Tenant at its limit",
            Self::ConnectionLimit => "Connection at its limit",
            Self::Slot => "Waiting for a free slot",
        }
    }
}

/// How far a run's place in its tenant's queue is counted.
pub const PLACES: i64 = 1000;

/// The one thing that a queued run waits for; when there are several, the one that would have to change first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Waiting {
    /// Somebody paused the tenant's queue.
    Paused {
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// The database's disk is full, or it is read-only: no run can be started in it.
    NotWritable,
    /// No process is there that works on runs.
    NoWorker {
        /// When the last one was heard of; none since the installation began, or for a day.
        last_seen: Option<Timestamp>,
    },
    /// It is tried again later.
    Later {
        /// When.
        at: Timestamp,
        /// Why not before, as a code.
        code: Option<String>,
    },
    /// As many runs of its tenant are under way as may be.
    TenantLimit {
        /// How many are.
        running: i64,
        /// How many may be.
        limit: i64,
    },
    /// As many runs use its provider connection as may.
    ConnectionLimit {
        /// How many do.
        running: i64,
        /// How many may.
        limit: i64,
    },
    /// A free slot of a worker.
    Slot {
        /// How many runs of its tenant come before it, counted up to [`PLACES`].
        before: i64,
    },
}

impl Waiting {
    /// What it is, without the circumstances.
    pub const fn kind(&self) -> WaitingFor {
        match self {
            Self::Paused { .. } => WaitingFor::Paused,
            Self::NotWritable => WaitingFor::NotWritable,
            Self::NoWorker { .. } => WaitingFor::NoWorker,
            Self::Later { .. } => WaitingFor::Later,
            Self::TenantLimit { .. } => WaitingFor::TenantLimit,
            Self::ConnectionLimit { .. } => WaitingFor::ConnectionLimit,
            Self::Slot { .. } => WaitingFor::Slot,
        }
    }

    /// A stable word for tests and styles.
    pub const fn word(&self) -> &'static str {
        self.kind().as_str()
    }

    /// In a sentence that says what would have to change.
    pub fn sentence(&self) -> String {
        match self {
            Self::Paused { by, at } => format!(
                "{by} paused the queue of this tenant on {}. Its turn comes when the queue is resumed; the gate decides then.",
                at.exact()
            ),
            Self::NotWritable => {
                "TenantAtlas cannot write to its database: the disk is full or read-only. The run starts by itself once that is mended; whoever runs TenantAtlas has to see to it."
                    .to_owned()
            }
            Self::NoWorker { last_seen: None } => {
                "No worker is there to start it. It starts when one is running: \u{201c}tenant-atlas serve\u{201d} or \u{201c}tenant-atlas worker\u{201d}."
                    .to_owned()
            }
            Self::NoWorker {
                last_seen: Some(at),
            } => format!(
                "No worker is there to start it; the last one was heard of on {}. It starts when one is running again.",
                at.exact()
            ),
            Self::Later { at, code } => match code {
                Some(code) => format!("It is tried again on {} because {}.", at.exact(), reason(code)),
                None => format!("It starts no earlier than {}.", at.exact()),
            },
            Self::TenantLimit { running, limit } => format!(
                "Under way in this tenant: {}, as many as may be at once ({limit}). It starts when one has ended.",
                runs(*running)
            ),
            Self::ConnectionLimit { running, limit } => format!(
                "On this tenant\u{2019}s connection: {}, as many as may use it at once ({limit}). It starts when one has ended.",
                runs(*running)
            ),
            Self::Slot { before: 0 } => {
                "It is the next of its tenant, and starts as soon as a worker has a free slot.".to_owned()
            }
            Self::Slot { before } if *before > PLACES => {
                "It waits for a free slot; more than 1,000 runs of its tenant come before it.".to_owned()
            }
            Self::Slot { before: 1 } => {
                "It waits for a free slot; 1 run of its tenant comes before it.".to_owned()
            }
            Self::Slot { before } => {
                format!("It waits for a free slot; {before} runs of its tenant come before it.")
            }
        }
    }
}

fn runs(number: i64) -> String {
    match number {
        1 => "1 run".to_owned(),
        n => format!("{n} runs"),
    }
}

/// Why a run is tried again, after "because"; a code that nobody knows stands for itself.
fn reason(code: &str) -> String {
    match code {
        "provider_throttled" => "the provider asked us to wait".to_owned(),
        "provider_unreachable" => "the provider could not be reached".to_owned(),
        "provider_error" => "the provider had an error of its own".to_owned(),
        "provider_invalid_response" => "the provider\u{2019}s answer could not be read".to_owned(),
        "worker_lost" | "lease_expired" => "the worker that had it fell silent".to_owned(),
        "timed_out" => "it took longer than a run may".to_owned(),
        "change_under_way" => {
            "its worker stopped while the provider was still at a change of it".to_owned()
        }
        "database_busy" => "the database took too long to answer".to_owned(),
        other => format!("of {}", other.replace('_', " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wait_says_what_would_have_to_change() {
        let at = Timestamp(1_795_231_752_000_000);
        let said = |waiting: Waiting| waiting.sentence();
        let paused = Waiting::Paused {
            by: "Dana".to_owned(),
            at,
        };
        assert_eq!(
            said(paused),
            "Dana paused the queue of this tenant on 2026-11-21 03:29:12 UTC. Its turn comes when the queue is resumed; the gate decides then."
        );
        let later = |code: &str| Waiting::Later {
            at,
            code: Some(code.to_owned()),
        };
        assert!(
            said(later("provider_throttled")).ends_with("because the provider asked us to wait.")
        );
        assert!(said(later("full_moon")).ends_with("because of full moon."));
        assert!(said(Waiting::NotWritable).contains("the disk is full or read-only"));
        for (before, words) in [
            (0, "the next of its tenant"),
            (1, "1 run of its tenant comes"),
            (7, "7 runs of its tenant come"),
            (PLACES + 1, "more than 1,000 runs"),
        ] {
            let text = said(Waiting::Slot { before });
            assert!(text.contains(words), "{text}");
        }
        let limit = Waiting::TenantLimit {
            running: 1,
            limit: 1,
        };
        assert!(said(limit).starts_with("Under way in this tenant: 1 run, as many"));
    }
}
