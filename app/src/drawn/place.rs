//! Which paths are drawn on the server.

/// A page that the server draws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The person's own account.
    Account,
    /// Making a workspace.
    NewWorkspace,
    /// The selected workspace.
    Workspace,
    /// Inviting people into it.
    Invitations,
    /// Adding a tenant to it.
    NewTenant,
    /// What a tenant is called.
    TenantSettings(String),
    /// How a tenant is connected.
    Connection(String),
    /// Making an account with the token of an invitation.
    Join(String),
}

impl Place {
    /// The page at a path without its query.
    pub fn parse(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        Some(match parts.as_slice() {
            ["admin", "account"] => Self::Account,
            ["admin", "workspaces", "new"] => Self::NewWorkspace,
            ["admin", "workspace"] => Self::Workspace,
            ["admin", "members", "invitations"] => Self::Invitations,
            ["admin", "tenants", "new"] => Self::NewTenant,
            ["admin", "tenants", id, "settings"] => Self::TenantSettings((*id).to_owned()),
            ["admin", "tenants", id, "connection"] => Self::Connection((*id).to_owned()),
            ["join", token] => Self::Join((*token).to_owned()),
            _ => return None,
        })
    }
}

#[cfg(test)]
impl Place {
    /// The names of all places.
    pub const NAMES: [&str; 8] = [
        "account",
        "connection",
        "invitations",
        "join",
        "new tenant",
        "new workspace",
        "tenant settings",
        "workspace",
    ];

    /// What the place is called in tests.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::NewWorkspace => "new workspace",
            Self::Workspace => "workspace",
            Self::Invitations => "invitations",
            Self::NewTenant => "new tenant",
            Self::TenantSettings(_) => "tenant settings",
            Self::Connection(_) => "connection",
            Self::Join(_) => "join",
        }
    }
}
