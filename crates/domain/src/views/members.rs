//! The members of a workspace or a tenant.

use serde::{Deserialize, Serialize};

use crate::{
    capability::Role,
    ids::{TenantId, UserId},
    time::Timestamp,
};

/// One member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    /// Who.
    pub user_id: UserId,
    /// What they are called.
    pub name: String,
    /// What they sign in with.
    pub email: String,
    /// Their role.
    pub role: Role,
    /// Since when.
    pub since: Timestamp,
    /// Whether this is the person who looks.
    pub is_self: bool,
}

/// The members page, of a workspace or of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersView {
    /// The tenant, or none for the workspace's own members.
    pub tenant: Option<TenantId>,
    /// What the workspace or tenant is called.
    pub name: String,
    /// The members, by name.
    pub members: Vec<MemberView>,
}
