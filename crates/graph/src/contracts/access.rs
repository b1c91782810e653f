//! Conditional Access: its policies and the locations they name.

use serde_json::{Map, Value};

use super::{
    ApiVersion::V1,
    Assigning, Contract,
    Fact::{self, Chosen, Documented, Observed},
    Permissions, Reshape, Service, UpdateVerb, Updating, Variant, Writing,
    devices::INTUNE,
    permissions::{READ_APPLICATIONS_NEED, READ_POLICIES, READ_POLICIES_NEED, WRITE_ACCESS_NEED},
};

/// Never asked for a page size: then no next link comes back, and the rest is silently missing.
const CONDITIONAL_ACCESS: Contract = Contract {
    service: Service::ConditionalAccess,
    version: Documented(V1),
    read: Documented(READ_POLICIES),
    ..INTUNE
};

const PATCH_204: Fact<Updating> = Documented(Updating {
    verb: UpdateVerb::Patch,
    reply: 204,
});

static POLICY: Writing = Writing {
    update: PATCH_204,
    create_reply: Documented(201),
    assign: Documented(Some(Assigning::InObject("conditions.users"))),
    permissions: Documented(Permissions(&[
        READ_POLICIES_NEED,
        WRITE_ACCESS_NEED,
        READ_APPLICATIONS_NEED,
    ])),
    fixed: &[],
    changes: None,
};
static LOCATION: Writing = Writing {
    assign: Chosen(None),
    permissions: Documented(Permissions(&[READ_POLICIES_NEED, WRITE_ACCESS_NEED])),
    ..POLICY
};

/// A policy, or a part of one, in the form in which it is taken.
pub(super) fn reshape(policy: &mut Map<String, Value>) {
    let part = |policy: &mut Map<String, Value>, name, act: fn(&mut Map<String, Value>)| {
        if let Some(part) = policy.get_mut(name).and_then(Value::as_object_mut) {
            act(part);
        }
    };
    part(policy, "conditions", |conditions| {
        conditions.remove("deviceStates");
    });
    part(policy, "grantControls", |controls| {
        let strength = controls.get_mut("authenticationStrength");
        if let Some(strength) = strength.and_then(Value::as_object_mut) {
            strength.retain(|name, _| name == "id");
            controls.insert("operator".to_owned(), Value::from("AND"));
        }
    });
    part(policy, "sessionControls", |controls| {
        if let Some(off @ Value::Bool(false)) = controls.get_mut("disableResilienceDefaults") {
            *off = Value::Null;
        }
    });
}

pub(super) static TABLE: &[Contract] = &[
    Contract {
        key: "conditional_access",
        label: "Conditional access policies",
        path: Documented("identity/conditionalAccess/policies"),
        writing: Some(&POLICY),
        strip: &["templateId"],
        reshape: Some(Reshape::AccessPolicy),
        order: Observed(Some(1000)),
        ..CONDITIONAL_ACCESS
    },
    Contract {
        key: "named_locations",
        label: "Named locations",
        path: Documented("identity/conditionalAccess/namedLocations"),
        writing: Some(&LOCATION),
        variants: &[
            Variant::named("ipNamedLocation", "IP ranges"),
            Variant::named("countryNamedLocation", "Countries"),
        ],
        order: Observed(Some(50)),
        ..CONDITIONAL_ACCESS
    },
];
