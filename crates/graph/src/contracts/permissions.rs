//! What an application must hold to do something.

/// Needs that must all be met, each by any one of its permissions, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions(pub(super) &'static [&'static [&'static str]]);

impl Permissions {
    /// Whether nothing is needed.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Whether these granted permissions meet every need.
    pub fn met_by(self, granted: &[String]) -> bool {
        self.0.iter().all(|need| meets(need, granted))
    }

    /// The least permission of every need that is not met.
    pub fn missing(self, granted: &[String]) -> Vec<&'static str> {
        self.0
            .iter()
            .filter(|need| !meets(need, granted))
            .filter_map(|need| need.first().copied())
            .collect()
    }

    /// The least permission of every need.
    pub fn least(self) -> impl Iterator<Item = &'static str> {
        self.0.iter().filter_map(|need| need.first().copied())
    }

    /// Every permission that meets one of the needs.
    pub fn all(self) -> impl Iterator<Item = &'static str> {
        self.0.iter().copied().flatten().copied()
    }

    /// The needs, each with its permissions.
    pub const fn needs(self) -> &'static [&'static [&'static str]] {
        self.0
    }
}

fn meets(need: &[&str], granted: &[String]) -> bool {
    need.iter()
        .any(|name| granted.iter().any(|held| held == name))
}

// Each list is the documentation's, from the least to the most. A higher one is as good as a lower one, so whoever
// holds `Directory.Read.All` misses nothing that the directory asks for.
pub(super) const READ_ORGANIZATION: Permissions = Permissions(&[&[
    "Organization.Read.All",
    "Directory.Read.All",
    "Organization.ReadWrite.All",
    "Directory.ReadWrite.All",
]]);
pub(super) const READ_GROUPS: Permissions = Permissions(&[&[
    "GroupMember.Read.All",
    "Group.Read.All",
    "Directory.Read.All",
    "Group.ReadWrite.All",
    "Directory.ReadWrite.All",
]]);
// To make and to change them; to make one there is a lesser one.
pub(super) const WRITE_GROUPS: Permissions =
    Permissions(&[&["Group.ReadWrite.All", "Directory.ReadWrite.All"]]);
pub(super) const READ_DIRECTORY_ROLES: Permissions = Permissions(&[&[
    "RoleManagement.Read.Directory",
    "Directory.Read.All",
    "RoleManagement.ReadWrite.Directory",
    "Directory.ReadWrite.All",
]]);
pub(super) const READ_APPLICATIONS: Permissions = Permissions(&[READ_APPLICATIONS_NEED]);
/// The same as one of several needs.
pub(super) const READ_APPLICATIONS_NEED: &[&str] = &[
    "Application.Read.All",
    "Directory.Read.All",
    "Application.ReadWrite.All",
    "Directory.ReadWrite.All",
];
pub(super) const READ_DEVICES: Permissions = Permissions(&[&[
    "DeviceManagementManagedDevices.Read.All",
    "DeviceManagementManagedDevices.ReadWrite.All",
]]);
// For these the documentation names no higher one: the right to write policies does not read them.
pub(super) const READ_POLICIES: Permissions = Permissions(&[READ_POLICIES_NEED]);
/// The same as one of several needs.
pub(super) const READ_POLICIES_NEED: &[&str] = &["Policy.Read.All"];
pub(super) const WRITE_ACCESS_NEED: &[&str] = &["Policy.ReadWrite.ConditionalAccess"];
pub(super) const READ_CONFIGURATION: Permissions = Permissions(&[&[
    "DeviceManagementConfiguration.Read.All",
    "DeviceManagementConfiguration.ReadWrite.All",
]]);
pub(super) const WRITE_CONFIGURATION: Permissions =
    Permissions(&[&["DeviceManagementConfiguration.ReadWrite.All"]]);
pub(super) const READ_SERVICE: Permissions = Permissions(&[&[
    "DeviceManagementServiceConfig.Read.All",
    "DeviceManagementServiceConfig.ReadWrite.All",
]]);
pub(super) const WRITE_SERVICE: Permissions =
    Permissions(&[&["DeviceManagementServiceConfig.ReadWrite.All"]]);
pub(super) const READ_RBAC: Permissions = Permissions(&[&[
    "DeviceManagementRBAC.Read.All",
    "DeviceManagementRBAC.ReadWrite.All",
]]);
pub(super) const WRITE_RBAC: Permissions = Permissions(&[&["DeviceManagementRBAC.ReadWrite.All"]]);
// Since July 2025 the script collections no longer open to the configuration permission.
pub(super) const READ_SCRIPTS: Permissions = Permissions(&[&[
    "DeviceManagementScripts.Read.All",
    "DeviceManagementScripts.ReadWrite.All",
]]);
pub(super) const WRITE_SCRIPTS: Permissions =
    Permissions(&[&["DeviceManagementScripts.ReadWrite.All"]]);
pub(super) const READ_APPS: Permissions = Permissions(&[&[
    "DeviceManagementApps.Read.All",
    "DeviceManagementApps.ReadWrite.All",
]]);
pub(super) const WRITE_APPS: Permissions = Permissions(&[&["DeviceManagementApps.ReadWrite.All"]]);
