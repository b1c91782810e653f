//! The access table: what every registered server function asks for, in one place (V-02).
//!
//! The use cases ask; this table is what they are held to. A test fails on a function that is
//! registered and not listed, listed and not registered, or that answers anything but POST.

use domain::capability::Capability;

/// What a server function asks of the person who calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nobody needs to be signed in.
    Anonymous,
    /// Somebody is signed in; the answer is about that person alone.
    SignedIn,
    /// A member of the selected workspace; what is in the answer is filtered by entitlement.
    Member,
    /// Entitled to the record that is named, else 404.
    Entitled,
    /// Entitled, else 404; with this capability, else 403.
    Capability(Capability),
    /// Entitled, else 404; with the capability of the record's operation type, else 403.
    OfOperation,
    /// The same, and whoever asked for the run reads how it went without the capability.
    OfOperationOrAsked,
    /// What the page that is asked for asks, by [`PAGES`].
    OfPage,
}

/// Every page that the server draws, by its path, and what `/api/page/drawn` asks for it.
pub const PAGES: &[(&str, Access)] = &[
    ("/sign-in", Access::Anonymous),
    ("/setup/:token", Access::Anonymous),
    ("/join/:token", Access::Anonymous),
    ("/admin/account", Access::SignedIn),
    ("/admin/workspaces/new", Access::SignedIn),
    (
        "/admin/workspace",
        Access::Capability(Capability::SettingsManage),
    ),
    (
        "/admin/members",
        Access::Capability(Capability::MembersManage),
    ),
    (
        "/admin/tenants/:id/members",
        Access::Capability(Capability::MembersManage),
    ),
    (
        "/admin/members/invitations",
        Access::Capability(Capability::MembersManage),
    ),
    (
        "/admin/tenants/new",
        Access::Capability(Capability::TenantsCreate),
    ),
    (
        "/admin/tenants/verify",
        Access::Capability(Capability::OperationsStart),
    ),
    // The choice is its maker's, else 404; then the capability.
    (
        "/admin/tenants/verify/:selection",
        Access::Capability(Capability::OperationsStart),
    ),
    (
        "/admin/tenants/:id/settings",
        Access::Capability(Capability::SettingsManage),
    ),
    (
        "/admin/tenants/:id/connection",
        Access::Capability(Capability::ProvidersManage),
    ),
    // Those whose operation's runs the person may not view are only counted.
    (
        "/admin/tenants/:id/schedules",
        Access::Capability(Capability::OperationsView),
    ),
    (
        "/admin/tenants/:id/schedules/new",
        Access::Capability(Capability::SettingsManage),
    ),
    (
        "/admin/tenants/:id/schedules/:schedule",
        Access::OfOperation,
    ),
];

/// Every server function by its path.
pub const ACCESS: &[(&str, Access)] = &[
    ("/api/session/sign_in", Access::Anonymous),
    ("/api/session/setup", Access::Anonymous),
    ("/api/session/sign_out", Access::SignedIn),
    ("/api/frame/header", Access::SignedIn),
    ("/api/page/drawn", Access::OfPage),
    ("/api/look/theme", Access::Anonymous),
    ("/api/look/columns", Access::Anonymous),
    ("/api/account/end_session", Access::SignedIn),
    ("/api/account/end_other_sessions", Access::SignedIn),
    ("/api/account/change_password", Access::SignedIn),
    ("/api/workspace/create", Access::SignedIn),
    (
        "/api/workspace/rename",
        Access::Capability(Capability::SettingsManage),
    ),
    ("/api/workspace/select", Access::Member),
    (
        "/api/invitation/create",
        Access::Capability(Capability::MembersManage),
    ),
    (
        "/api/invitation/withdraw",
        Access::Capability(Capability::MembersManage),
    ),
    ("/api/invitation/accept", Access::Anonymous),
    ("/api/tenants/page", Access::Member),
    (
        "/api/tenant/page",
        Access::Capability(Capability::TenantView),
    ),
    ("/api/tenant/select", Access::Entitled),
    ("/api/tenant/clear", Access::Member),
    (
        "/api/tenant/create",
        Access::Capability(Capability::TenantsCreate),
    ),
    (
        "/api/tenant/change",
        Access::Capability(Capability::SettingsManage),
    ),
    (
        "/api/tenant/onboard",
        Access::Capability(Capability::SettingsManage),
    ),
    (
        "/api/tenant/activate",
        Access::Capability(Capability::SettingsManage),
    ),
    (
        "/api/tenant/archive",
        Access::Capability(Capability::DangerZone),
    ),
    (
        "/api/tenant/reactivate",
        Access::Capability(Capability::DangerZone),
    ),
    (
        "/api/tenant/pause_queue",
        Access::Capability(Capability::SettingsManage),
    ),
    (
        "/api/tenant/resume_queue",
        Access::Capability(Capability::SettingsManage),
    ),
    (
        "/api/connection/enable",
        Access::Capability(Capability::ProvidersManage),
    ),
    (
        "/api/connection/disable",
        Access::Capability(Capability::ProvidersManage),
    ),
    // With a secret in the form, the capability to rotate credentials too.
    (
        "/api/connection/create",
        Access::Capability(Capability::ProvidersManage),
    ),
    (
        "/api/connection/change",
        Access::Capability(Capability::ProvidersManage),
    ),
    (
        "/api/connection/rotate",
        Access::Capability(Capability::CredentialsRotate),
    ),
    (
        "/api/inventory/page",
        Access::Capability(Capability::InventoryView),
    ),
    (
        "/api/operations/page",
        Access::Capability(Capability::OperationsView),
    ),
    ("/api/run/page", Access::OfOperationOrAsked),
    ("/api/run/start", Access::OfOperation),
    ("/api/run/retry", Access::OfOperation),
    // The capability to start, as a retry asks for it.
    ("/api/run/resolve", Access::OfOperation),
    ("/api/run/cancel", Access::OfOperation),
    // Every tenant in the form must be one of the person's, else 404 for the whole.
    (
        "/api/verify/select",
        Access::Capability(Capability::OperationsStart),
    ),
    (
        "/api/verify/start",
        Access::Capability(Capability::OperationsStart),
    ),
    // These five ask for the operation's own capability to start it, too.
    (
        "/api/schedule/create",
        Access::Capability(Capability::SettingsManage),
    ),
    (
        "/api/schedule/change",
        Access::Capability(Capability::SettingsManage),
    ),
    (
        "/api/schedule/pause",
        Access::Capability(Capability::SettingsManage),
    ),
    (
        "/api/schedule/resume",
        Access::Capability(Capability::SettingsManage),
    ),
    (
        "/api/schedule/delete",
        Access::Capability(Capability::SettingsManage),
    ),
    ("/api/schedule/run_now", Access::OfOperation),
    ("/api/notifications/page", Access::SignedIn),
    ("/api/notifications/read", Access::SignedIn),
    (
        "/api/members/add",
        Access::Capability(Capability::MembersManage),
    ),
    (
        "/api/members/set_role",
        Access::Capability(Capability::MembersManage),
    ),
    (
        "/api/members/remove",
        Access::Capability(Capability::MembersManage),
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use leptos::server_fn::axum::server_fn_paths;

    use super::*;
    use crate::drawn::Place;

    #[test]
    fn v02_every_drawn_page_is_in_the_access_table() {
        let drawn = PAGES.iter().map(|(path, _)| Place::parse(path));
        let drawn: Vec<_> = drawn.map(|place| place.map(|it| it.name())).collect();
        assert_eq!(drawn.iter().flatten().count(), PAGES.len(), "{drawn:?}");
        let named: BTreeSet<_> = drawn.into_iter().flatten().collect();
        assert_eq!(named, BTreeSet::from(Place::NAMES));
    }

    #[test]
    fn v02_every_registered_function_is_in_the_access_table_and_posts() {
        let registered: Vec<_> = server_fn_paths().collect();
        for (path, method) in &registered {
            assert_eq!(method.as_str(), "POST", "{path} must not answer {method}");
        }
        let paths: BTreeSet<_> = registered.iter().map(|(path, _)| *path).collect();
        assert_eq!(paths.len(), registered.len(), "two functions share a path");
        let listed: BTreeSet<_> = ACCESS.iter().map(|(path, _)| *path).collect();
        assert_eq!(listed.len(), ACCESS.len(), "a path is listed twice");
        assert_eq!(paths, listed, "registered on the left, listed on the right");
    }
}
