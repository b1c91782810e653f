//! What each server function asks of the caller; a test holds it against the functions that are registered.

use domain::capability::Capability;

/// What a server function asks of the caller before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing: nobody is signed in yet.
    Anonymous,
    /// A session.
    SignedIn,
    /// A session, and membership of the tenant or the workspace that is named.
    Entitled,
    /// That, and a capability there.
    Capability(Capability),
    /// That, and the capability that the operation's catalog entry names.
    OfOperation,
}

/// Every server function, by its path below `/api/`.
pub const ACCESS: &[(&str, Access)] = &[
    ("session/sign_in", Access::Anonymous),
    ("session/setup", Access::Anonymous),
    ("session/sign_out", Access::SignedIn),
    ("frame/header", Access::SignedIn),
    ("workspace/select", Access::Entitled),
    ("tenant/select", Access::Entitled),
    ("tenant/clear", Access::SignedIn),
    ("tenants/page", Access::SignedIn),
    ("tenant/page", Access::Capability(Capability::TenantView)),
    ("tenant/archive", Access::Capability(Capability::DangerZone)),
    (
        "tenant/reactivate",
        Access::Capability(Capability::DangerZone),
    ),
    (
        "connection/enable",
        Access::Capability(Capability::ProvidersManage),
    ),
    (
        "connection/disable",
        Access::Capability(Capability::ProvidersManage),
    ),
    (
        "inventory/page",
        Access::Capability(Capability::InventoryView),
    ),
    (
        "operations/page",
        Access::Capability(Capability::OperationsView),
    ),
    ("run/page", Access::OfOperation),
    ("run/start", Access::OfOperation),
    ("run/retry", Access::OfOperation),
    ("notifications/page", Access::SignedIn),
    ("notifications/read", Access::SignedIn),
    (
        "members/page",
        Access::Capability(Capability::MembersManage),
    ),
    ("members/add", Access::Capability(Capability::MembersManage)),
    (
        "members/set_role",
        Access::Capability(Capability::MembersManage),
    ),
    (
        "members/remove",
        Access::Capability(Capability::MembersManage),
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use http::Method;
    use leptos::server_fn::axum::server_fn_paths;

    use super::ACCESS;

    #[test]
    fn v02_every_server_function_says_what_it_asks_of_the_caller() {
        let mut registered = BTreeSet::new();
        for (path, method) in server_fn_paths() {
            assert_eq!(method, Method::POST, "{path} can be called by a link");
            assert!(registered.insert(path), "{path} is registered twice");
        }
        let listed: Vec<_> = ACCESS
            .iter()
            .map(|(path, _)| format!("/api/{path}"))
            .collect();
        let unique: BTreeSet<_> = listed.iter().map(String::as_str).collect();
        assert_eq!(unique.len(), listed.len(), "a path is listed twice");
        assert_eq!(unique, registered);
    }
}
