//! What the directory wants of a group, and what it adds.

use serde_json::{Map, Value, json};

use super::body::{bad, required, within};
use crate::data::groups;
use crate::errors::Problem;

type Fields = Map<String, Value>;

const GROUP: &str = "Group";

/// Checks a new group.
pub(super) fn check_new(fields: &Fields) -> Result<(), Problem> {
    required(fields, "displayName", GROUP)?;
    required(fields, "mailNickname", GROUP)?;
    for name in ["mailEnabled", "securityEnabled"] {
        if !fields.get(name).is_some_and(Value::is_boolean) {
            return Err(bad(format!(
                "A value is required for property '{name}' of resource '{GROUP}'."
            )));
        }
    }
    check(fields)
}

/// Checks the lengths of a group's texts, as they are documented.
pub(super) fn check(fields: &Fields) -> Result<(), Problem> {
    let longest = |most: usize| move |text: &str| text.chars().count() <= most;
    within(fields, "displayName", GROUP, longest(256))?;
    within(fields, "description", GROUP, longest(1_024))?;
    within(fields, "mailNickname", GROUP, |text| {
        let is_taken = |byte: u8| byte.is_ascii_graphic() && !b"@()\\[]\";:<>,".contains(&byte);
        text.len() <= 64 && text.bytes().all(is_taken)
    })
}

/// What a new group has though nobody said so.
pub(super) fn complete(fields: &mut Fields, domain: &str, now: i64) {
    let mut default = |name: &str, value: Value| {
        fields.entry(name).or_insert(value);
    };
    for name in ["groupTypes", "resourceProvisioningOptions"] {
        default(name, json!([]));
    }
    for name in [
        "membershipRule",
        "membershipRuleProcessingState",
        "deletedDateTime",
        "isAssignableToRole",
        "onPremisesSyncEnabled",
        "visibility",
    ] {
        default(name, Value::Null);
    }
    default("renewedDateTime", json!(crate::clock::iso_seconds(now)));
    addressed(fields, domain);
}

/// Where a group gets its mail, and how the system of permissions names it.
fn addressed(fields: &mut Fields, domain: &str) {
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let has_mail = fields.get("mailEnabled") == Some(&Value::Bool(true));
    let nickname = text("mailNickname").filter(|_| has_mail);
    let mail = nickname.map(|nickname| groups::address(nickname, domain));
    let id = text("id").and_then(|id| uuid::Uuid::parse_str(id).ok());
    let identifier = id.map(groups::security_identifier);
    let addresses: Vec<_> = mail.iter().map(|mail| format!("SMTP:{mail}")).collect();
    fields.insert("securityIdentifier".to_owned(), json!(identifier));
    fields.insert("mail".to_owned(), json!(mail));
    fields.insert("proxyAddresses".to_owned(), json!(addresses));
}
