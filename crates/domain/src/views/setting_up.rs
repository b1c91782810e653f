//! What the pages for setting up show: workspaces, tenants, connections.

use super::{ConnectionView, NamedTenant};
use crate::lifecycle::TenantLifecycle;

/// The page of the selected workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceView {
    /// What it is called.
    pub name: String,
    /// Whether the person manages its members.
    pub manages_members: bool,
    /// Whether the person may add tenants to it.
    pub can_create_tenants: bool,
}

/// What a tenant is called, its directory, and where it is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantSettingsView {
    /// Which tenant.
    pub tenant: NamedTenant,
    /// Its directory's id at the provider, once known.
    pub directory: Option<String>,
    /// Whether a connection signs in to that directory, so that it stays.
    pub is_connected: bool,
    /// Where it is in its life.
    pub lifecycle: TenantLifecycle,
}

/// The page on which a tenant is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionPageView {
    /// Which tenant.
    pub tenant: NamedTenant,
    /// The directory to connect to, once known.
    pub directory: Option<String>,
    /// The connection, if there is one.
    pub connection: Option<ConnectionView>,
    /// Whether the person may store a credential.
    pub can_rotate: bool,
    /// What an administrator of the directory grants to the application.
    pub permissions: Vec<PermissionView>,
}

/// An application permission at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionView {
    /// What the provider calls it.
    pub name: String,
    /// What it is needed for.
    pub purpose: String,
    /// Whether nothing works without it.
    pub is_required: bool,
}
