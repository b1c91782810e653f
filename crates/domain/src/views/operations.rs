//! The operations list.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{RunId, TenantId},
    reason::DenialClass,
    run::RunState,
    time::Timestamp,
    waiting::WaitingFor,
    words::words,
};

words! {
    /// In which order the list stands.
    pub enum SortOrder {
        /// Asked for last, first.
        Newest = "newest",
        /// Asked for first, first.
        Oldest = "oldest",
    }
}

words! {
    /// Who asked for a run.
    pub enum InitiatorKind {
        /// Anybody.
        Any = "any",
        /// The person who looks.
        Mine = "mine",
        /// Nobody: the system.
        System = "system",
    }
}

/// The whole state of the list as the URL holds it; every field is text, checked on the server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationsQuery {
    /// A run's id, or part of a tenant's or initiator's name.
    pub q: String,
    /// A state's word (`queued`, `blocked`, ...), or `active`, or nothing.
    pub state: String,
    /// An operation's code, or nothing.
    pub operation: String,
    /// A tenant's id, or nothing.
    pub tenant: String,
    /// `any`, `mine` or `system`.
    pub initiator: String,
    /// `1h`, `24h`, `7d`, `30d`, or nothing.
    pub since: String,
    /// `newest` or `oldest`.
    pub sort: String,
    /// The id of the run that the runs are parts of, or nothing.
    pub parent: String,
    /// Where the page goes on, as an earlier answer gave it.
    pub after: String,
}

/// One line of a list of runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRowView {
    /// Which run.
    pub id: RunId,
    /// What it does.
    pub operation: String,
    /// Where it runs: the tenant's name, or the workspace's.
    pub target: String,
    /// The tenant.
    pub tenant_id: Option<TenantId>,
    /// Who asked; the system for a run without a person.
    pub initiator: String,
    /// The run that it is a part of.
    pub parent_id: Option<RunId>,
    /// Where it is and how it ended.
    pub state: RunState,
    /// What it waits for while it is queued, where the list tells it.
    pub waiting: Option<WaitingFor>,
    /// The class of its refusal.
    pub denial_class: Option<DenialClass>,
    /// Why, as a code.
    pub reason_code: Option<String>,
    /// When it was asked for.
    pub queued_at: Timestamp,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// Processed of total, where both are trustworthy.
    pub progress: Option<(u64, u64)>,
}

/// A quick filter with its count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateTab {
    /// The word for the URL.
    pub state: String,
    /// What it is called.
    pub label: String,
    /// How many, at most 1,001.
    pub count: i64,
}

/// A tenant to filter by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantOption {
    /// Which tenant.
    pub id: TenantId,
    /// What it is called.
    pub name: String,
}

/// One page of the operations list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationsView {
    /// The query as it was understood.
    pub query: OperationsQuery,
    /// The rows.
    pub rows: Vec<RunRowView>,
    /// Where the next page goes on.
    pub next: Option<String>,
    /// Quick filters with counts.
    pub tabs: Vec<StateTab>,
    /// The tenants that can be filtered by.
    pub tenants: Vec<TenantOption>,
    /// The operation types that can be filtered by: code and label.
    pub operations: Vec<(String, String)>,
    /// Which tenant the list is about, if it is about one.
    pub scope: Option<TenantOption>,
    /// The workspace's name.
    pub workspace: String,
    /// Server time of this answer.
    pub as_of: Timestamp,
    /// Changes when anything above does.
    pub version: String,
}
