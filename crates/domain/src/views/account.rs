//! A person's own account.

use crate::{ids::SessionId, time::Timestamp};

/// One session of the person who looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSessionView {
    /// Which session.
    pub id: SessionId,
    /// What it was opened in.
    pub browser: String,
    /// When it was opened.
    pub started_at: Timestamp,
    /// When the person was last seen in it.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// The account page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountView {
    /// What the person is called.
    pub name: String,
    /// What they sign in with.
    pub email: String,
    /// Their sessions, the one seen last first.
    pub sessions: Vec<OwnSessionView>,
    /// Server time of this answer.
    pub as_of: Timestamp,
}
