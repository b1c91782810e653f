//! Invitations into a workspace.

use crate::{capability::Role, ids::InvitationId, time::Timestamp};

/// An invitation that can still be used; never its link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationView {
    /// Which invitation.
    pub id: InvitationId,
    /// Whom it is for.
    pub email: String,
    /// What it makes of them in the workspace.
    pub role: Role,
    /// Who made it.
    pub inviter: String,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

/// The invitations page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationsView {
    /// What the workspace is called.
    pub workspace: String,
    /// The invitation whose link the page was opened with: the only time the link is seen.
    pub made: Option<InvitationView>,
    /// All that can still be used, by address.
    pub open: Vec<InvitationView>,
}

/// What an invited person sees before they have an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinView {
    /// What the workspace is called.
    pub workspace: String,
    /// The address they will sign in with.
    pub email: String,
    /// What they will be there.
    pub role: Role,
    /// Who invited them.
    pub inviter: String,
}
