//! Which paths are drawn on the server.

/// A page that the server draws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Signing in.
    SignIn,
    /// The first start, with its token.
    SetUp(String),
    /// The person's own account.
    Account,
    /// Making a workspace.
    NewWorkspace,
    /// The selected workspace.
    Workspace,
    /// The members of the selected workspace.
    Members,
    /// The members of a tenant.
    TenantMembers(String),
    /// Inviting people into the selected workspace.
    Invitations,
    /// Adding a tenant to the selected workspace.
    NewTenant,
    /// Choosing tenants for a bulk verification.
    Verify,
    /// What was chosen for one.
    VerifySelection(String),
    /// What a tenant is called.
    TenantSettings(String),
    /// How a tenant is connected.
    Connection(String),
    /// The schedules of a tenant.
    Schedules(String),
    /// Making a schedule in a tenant.
    NewSchedule(String),
    /// A schedule of a tenant.
    Schedule(String, String),
    /// Making an account with the token of an invitation.
    Join(String),
}

impl Place {
    /// The page at a path without its query.
    pub fn parse(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        Some(match parts.as_slice() {
            ["sign-in"] => Self::SignIn,
            ["setup", token] => Self::SetUp((*token).to_owned()),
            ["admin", "members"] => Self::Members,
            ["admin", "tenants", id, "members"] => Self::TenantMembers((*id).to_owned()),
            ["admin", "account"] => Self::Account,
            ["admin", "workspaces", "new"] => Self::NewWorkspace,
            ["admin", "workspace"] => Self::Workspace,
            ["admin", "members", "invitations"] => Self::Invitations,
            ["admin", "tenants", "new"] => Self::NewTenant,
            ["admin", "tenants", "verify"] => Self::Verify,
            ["admin", "tenants", "verify", id] => Self::VerifySelection((*id).to_owned()),
            ["admin", "tenants", id, "settings"] => Self::TenantSettings((*id).to_owned()),
            ["admin", "tenants", id, "connection"] => Self::Connection((*id).to_owned()),
            ["admin", "tenants", id, "schedules"] => Self::Schedules((*id).to_owned()),
            ["admin", "tenants", id, "schedules", "new"] => Self::NewSchedule((*id).to_owned()),
            ["admin", "tenants", id, "schedules", schedule] => {
                Self::Schedule((*id).to_owned(), (*schedule).to_owned())
            }
            ["join", token] => Self::Join((*token).to_owned()),
            _ => return None,
        })
    }
}

#[cfg(test)]
impl Place {
    /// The names of all places.
    pub const NAMES: [&str; 17] = [
        "account",
        "connection",
        "invitations",
        "join",
        "members",
        "new schedule",
        "new tenant",
        "new workspace",
        "schedule",
        "schedules",
        "set-up",
        "sign-in",
        "tenant members",
        "tenant settings",
        "verify",
        "verify selection",
        "workspace",
    ];

    /// What the place is called in tests.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::SetUp(_) => "set-up",
            Self::Members => "members",
            Self::TenantMembers(_) => "tenant members",
            Self::Account => "account",
            Self::NewWorkspace => "new workspace",
            Self::Workspace => "workspace",
            Self::Invitations => "invitations",
            Self::NewTenant => "new tenant",
            Self::Verify => "verify",
            Self::VerifySelection(_) => "verify selection",
            Self::TenantSettings(_) => "tenant settings",
            Self::Connection(_) => "connection",
            Self::Schedules(_) => "schedules",
            Self::NewSchedule(_) => "new schedule",
            Self::Schedule(..) => "schedule",
            Self::Join(_) => "join",
        }
    }
}
