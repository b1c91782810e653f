//! The bell.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{NotificationId, RunId},
    run::RunState,
    time::Timestamp,
};

/// One notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationView {
    /// Which notification.
    pub id: NotificationId,
    /// The run it tells of.
    pub run_id: RunId,
    /// What that run did.
    pub operation: String,
    /// How it ended.
    pub state: RunState,
    /// Where it ran.
    pub target: String,
    /// When it was written.
    pub at: Timestamp,
    /// Whether it is new to the person.
    pub is_unread: bool,
}

/// The person's notifications, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationsView {
    /// At most 50.
    pub items: Vec<NotificationView>,
    /// How many are unread.
    pub unread: i64,
    /// Server time of this answer.
    pub as_of: Timestamp,
}
