//! The one link builder (V-06).

use crate::ids::{RunId, ScheduleId, SelectionId, TenantId};

/// Where people sign in.
pub const SIGN_IN: &str = "/sign-in";
/// The list of tenants, where a session starts.
pub const TENANTS: &str = "/admin/tenants";
/// The operations table.
pub const OPERATIONS: &str = "/admin/operations";
/// Where a tenant is selected.
pub const CHOOSE_TENANT: &str = "/admin/choose-tenant";
/// The notifications of the signed-in person.
pub const NOTIFICATIONS: &str = "/admin/notifications";
/// The members of the selected workspace.
pub const WORKSPACE_MEMBERS: &str = "/admin/members";

/// The selected workspace's own page.
pub const WORKSPACE: &str = "/admin/workspace";
/// Where a workspace is made.
pub const NEW_WORKSPACE: &str = "/admin/workspaces/new";
/// Where a tenant is added to the selected workspace.
pub const NEW_TENANT: &str = "/admin/tenants/new";
/// Where tenants are chosen for a bulk verification.
pub const VERIFY_TENANTS: &str = "/admin/tenants/verify";
/// Where people without an account are invited into the selected workspace.
pub const INVITATIONS: &str = "/admin/members/invitations";
/// The person's own sessions and password.
pub const ACCOUNT: &str = "/admin/account";
/// The inventory of the selected tenant, whichever that is.
pub const SELECTED_INVENTORY: &str = "/admin/inventory";

/// A run's own page; what every `View run` points to.
pub fn run(id: RunId) -> String {
    format!("{OPERATIONS}/{id}")
}

/// A run as JSON, with the gate's decision in its context.
pub fn run_json(id: RunId) -> String {
    format!("{OPERATIONS}/{id}/json")
}

/// The operations table, of one tenant.
pub fn operations_of(tenant: TenantId) -> String {
    format!("{OPERATIONS}?tenant={tenant}")
}

/// The parts of a run, in the operations table.
pub fn operations_of_bulk(parent: RunId) -> String {
    format!("{OPERATIONS}?tenant=all&parent={parent}")
}

/// What was chosen for a bulk verification.
pub fn verify_selection(id: SelectionId) -> String {
    format!("{VERIFY_TENANTS}/{id}")
}

/// A tenant's page.
pub fn tenant(id: TenantId) -> String {
    format!("{TENANTS}/{id}")
}

/// A tenant's page with the notice that a run was started, for browsers without JavaScript.
pub fn tenant_started(tenant: TenantId, run: RunId) -> String {
    format!("{TENANTS}/{tenant}?started={run}")
}

/// The members of a tenant.
pub fn tenant_members(id: TenantId) -> String {
    format!("{TENANTS}/{id}/members")
}

/// The inventory of a tenant.
pub fn tenant_inventory(id: TenantId) -> String {
    format!("{TENANTS}/{id}/inventory")
}

/// What a tenant is called, its directory, and where it is in its life.
pub fn tenant_settings(id: TenantId) -> String {
    format!("{TENANTS}/{id}/settings")
}

/// A tenant's provider connection.
pub fn tenant_connection(id: TenantId) -> String {
    format!("{TENANTS}/{id}/connection")
}

/// The schedules of a tenant.
pub fn schedules(tenant: TenantId) -> String {
    format!("{TENANTS}/{tenant}/schedules")
}

/// Where a schedule is made.
pub fn new_schedule(tenant: TenantId) -> String {
    format!("{TENANTS}/{tenant}/schedules/new")
}

/// A schedule of a tenant.
pub fn schedule(tenant: TenantId, id: ScheduleId) -> String {
    format!("{TENANTS}/{tenant}/schedules/{id}")
}

/// A schedule whose operation was not started, because this run uses the tenant's connection.
pub fn schedule_busy(tenant: TenantId, id: ScheduleId, run: RunId) -> String {
    format!("{TENANTS}/{tenant}/schedules/{id}?busy={run}")
}

/// The page that chooses a tenant and goes on to `target` afterwards (V-09).
pub fn choose_tenant_then(target: &str) -> String {
    format!("{CHOOSE_TENANT}?next={}", encode(target))
}

/// The invitations, with the link of the one that was just made.
pub fn invited(token: &str) -> String {
    format!("{INVITATIONS}?token={}", encode(token))
}

/// Where an invited person makes their account.
pub fn join(token: &str) -> String {
    format!("/join/{token}")
}

/// A page with the notice that something was done, in a word that the page knows.
pub fn done(path: &str, what: &str) -> String {
    format!("{path}?done={what}")
}

/// The sign-in page that goes on to `target` afterwards.
pub fn sign_in_then(target: &str) -> String {
    format!("{SIGN_IN}?next={}", encode(target))
}

/// The path to go on to after sign-in, if it is one of ours; anything else could lead a person astray.
pub fn safe_next(next: &str) -> Option<&str> {
    let ours = next.starts_with("/admin") && !next.starts_with("//");
    let plain = next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    (ours && plain && !next.contains("//")).then_some(next)
}

/// Percent-encodes a query value.
pub fn encode(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            // Writing to a String cannot fail.
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// The text of a query value; what cannot be text is replaced.
pub fn decode(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut ahead = rest.clone();
                let digit = |byte: Option<u8>| byte.and_then(|b| char::from(b).to_digit(16));
                match (digit(ahead.next()), digit(ahead.next())) {
                    (Some(high), Some(low)) => {
                        rest = ahead;
                        u8::try_from(high * 16 + low).unwrap_or(b'%')
                    }
                    _ => b'%',
                }
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v06_only_our_own_paths_are_followed_after_sign_in() {
        assert_eq!(
            safe_next("/admin/operations/1?a=b"),
            Some("/admin/operations/1?a=b")
        );
        for bad in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/admin//x",
            "/admin\nx",
            "x",
        ] {
            assert_eq!(safe_next(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        for text in ["plain", "a b&c=d", "100 %", "Grüße", "/admin/x?a=b"] {
            assert_eq!(decode(&encode(text)), text);
        }
        assert_eq!(decode("a+b%2"), "a b%2");
        assert_eq!(decode("%zz%"), "%zz%");
    }

    #[test]
    fn a_link_survives_as_a_query_value() {
        assert_eq!(
            sign_in_then("/admin/x?a=b&c"),
            "/sign-in?next=/admin/x%3Fa%3Db%26c"
        );
    }
}
