//! The frame around every page.

use serde::{Deserialize, Serialize};

use crate::ids::{TenantId, WorkspaceId};

/// A workspace by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedWorkspace {
    /// Which workspace.
    pub id: WorkspaceId,
    /// What it is called.
    pub name: String,
}

/// A tenant by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedTenant {
    /// Which tenant.
    pub id: TenantId,
    /// What it is called.
    pub name: String,
}

/// The frame around every page of a signed-in person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderView {
    /// What the person is called.
    pub person: String,
    /// What the person signs in with.
    pub email: String,
    /// The selected workspace; none when the person is a member of none.
    pub workspace: Option<NamedWorkspace>,
    /// All workspaces of the person.
    pub workspaces: Vec<NamedWorkspace>,
    /// The tenants that can be selected in the workspace.
    pub tenants: Vec<NamedTenant>,
    /// The selected tenant, if one is selected and still the person's.
    pub tenant: Option<NamedTenant>,
    /// Notifications not read yet.
    pub unread: i64,
    /// Whether the person manages the workspace's members.
    pub manages_members: bool,
    /// Whether the person changes the workspace's settings.
    pub manages_settings: bool,
    /// Why a form of the page before this one was not accepted, where the page itself does not say so.
    #[serde(default)]
    pub refused: Option<String>,
}
