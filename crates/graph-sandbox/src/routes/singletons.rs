//! What there is one of in every tenant: objects where other paths have collections. They are only read.

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::graph::fits;
use super::list::context;
use super::read::with_context;
use super::request::GraphCall;
use crate::catalogue::{self, Version};
use crate::errors::Problem;
use crate::odata::{Key, Query, Segment};
use crate::permissions;
use crate::reply::{Item, List, Reply};

/// One of them: its path, its type, and who may read it.
struct Singleton {
    path: &'static str,
    kind: &'static str,
    read: Read,
    make: fn(&GraphCall) -> Value,
}

/// Who may read.
enum Read {
    /// Whoever holds one of these.
    With(&'static [&'static str]),
    /// Whoever holds any permission of Intune.
    AnyIntune,
}

impl Read {
    fn needed(&self) -> &'static [&'static str] {
        match self {
            Self::With(needed) => needed,
            Self::AnyIntune => permissions::CONFIGURATION,
        }
    }

    fn opens(&self, call: &GraphCall) -> bool {
        match self {
            Self::With(needed) => permissions::opens(needed, &call.roles),
            Self::AnyIntune => permissions::any_intune(&call.roles),
        }
    }
}

/// A policy of the directory.
const fn policy(
    path: &'static str,
    kind: &'static str,
    make: fn(&GraphCall) -> Value,
) -> Singleton {
    Singleton {
        path,
        kind,
        read: Read::With(permissions::POLICIES),
        make,
    }
}

static ALL: &[Singleton] = &[
    Singleton {
        path: "deviceManagement",
        kind: "deviceManagement",
        read: Read::AnyIntune,
        make: device_management,
    },
    Singleton {
        path: "deviceAppManagement",
        kind: "deviceAppManagement",
        read: Read::AnyIntune,
        make: app_management,
    },
    Singleton {
        path: "deviceManagement/managedDeviceOverview",
        kind: "managedDeviceOverview",
        read: Read::With(permissions::MANAGED_DEVICES),
        make: overview,
    },
    Singleton {
        path: AUTHORIZATION,
        kind: "authorizationPolicy",
        read: Read::With(permissions::AUTHORIZATION),
        make: authorization,
    },
    policy(
        "policies/adminConsentRequestPolicy",
        "adminConsentRequestPolicy",
        consent_requests,
    ),
    policy(
        "policies/authenticationFlowsPolicy",
        "authenticationFlowsPolicy",
        flows,
    ),
    policy(
        "policies/authenticationMethodsPolicy",
        "authenticationMethodsPolicy",
        methods,
    ),
    policy(
        "policies/crossTenantAccessPolicy",
        "crossTenantAccessPolicy",
        cross_tenant,
    ),
    policy(
        "policies/defaultAppManagementPolicy",
        "tenantAppManagementPolicy",
        app_policy,
    ),
    policy(
        "policies/deviceRegistrationPolicy",
        "deviceRegistrationPolicy",
        registration,
    ),
    policy(
        "policies/identitySecurityDefaultsEnforcementPolicy",
        "identitySecurityDefaultsEnforcementPolicy",
        security_defaults,
    ),
];

const AUTHORIZATION: &str = "policies/authorizationPolicy";

/// Answers where the path leads to one of them.
pub(super) fn answer(
    call: &GraphCall,
    steps: &[Segment],
    query: &Query,
) -> Option<Result<Reply, Problem>> {
    let is_path = |own: &Singleton, steps: &[Segment]| {
        own.path.split('/').count() == steps.len()
            && own
                .path
                .split('/')
                .zip(steps)
                .all(|(name, step)| step.name.eq_ignore_ascii_case(name))
    };
    if let Some(own) = ALL.iter().find(|own| is_path(own, steps)) {
        return Some(own.answer(call, steps, query));
    }
    // Beta keeps the one policy of authorization in a collection.
    let (last, before) = steps.split_last()?;
    let own = ALL.iter().find(|own| is_path(own, before))?;
    let is_key = own.path == AUTHORIZATION && last.name.eq_ignore_ascii_case("authorizationPolicy");
    (is_key && call.version == Version::Beta).then(|| own.one(call, query))
}

impl Singleton {
    fn answer(&self, call: &GraphCall, steps: &[Segment], query: &Query) -> Result<Reply, Problem> {
        if self.path != AUTHORIZATION || call.version == Version::V1 {
            return self.one(call, query);
        }
        match steps.last().and_then(|step| step.key.as_ref()) {
            Some(Key::Id(_) | Key::Alternate { .. }) => self.one(call, query),
            None => {
                let item = self.shown(call, query)?;
                Ok(Reply::list(List {
                    context: Some(context(call, self.path)),
                    items: vec![Item::Made(item)],
                    ..List::default()
                }))
            }
        }
    }

    fn one(&self, call: &GraphCall, query: &Query) -> Result<Reply, Problem> {
        let fields = self.shown(call, query)?;
        let context = context(call, &format!("{}/$entity", self.path));
        Ok(with_context(StatusCode::OK, &context, fields))
    }

    fn shown(&self, call: &GraphCall, query: &Query) -> Result<Map<String, Value>, Problem> {
        if ![Method::GET, Method::HEAD].contains(&call.method) {
            return Err(Problem::MethodNotAllowed);
        }
        fits(call, self.kind, None, query)?;
        if !self.read.opens(call) {
            return Err(Problem::MissingRole(self.read.needed()));
        }
        let Value::Object(mut fields) = (self.make)(call) else {
            return Ok(Map::new());
        };
        if !query.select.is_empty() {
            fields.retain(|name, _| {
                query
                    .select
                    .iter()
                    .any(|own| own == "*" || own.eq_ignore_ascii_case(name))
            });
        }
        Ok(fields)
    }
}

/// An id that is the same for a tenant whenever it is asked for.
fn own_id(call: &GraphCall, what: &str) -> String {
    let tenant = Uuid::parse_str(&call.tenant.id).unwrap_or_default();
    Uuid::new_v5(&tenant, what.as_bytes()).to_string()
}

fn device_management(call: &GraphCall) -> Value {
    json!({
        "id": own_id(call, "deviceManagement"),
        "intuneAccountId": own_id(call, "intuneAccountId"),
        "subscriptionState": "active",
        "settings": {
            "deviceComplianceCheckinThresholdDays": 30,
            "isScheduledActionEnabled": true,
            "secureByDefault": false,
        },
    })
}

fn app_management(call: &GraphCall) -> Value {
    json!({
        "id": own_id(call, "deviceAppManagement"),
        "isEnabledForMicrosoftStoreForBusiness": false,
        "microsoftStoreForBusinessLanguage": null,
        "microsoftStoreForBusinessLastCompletedApplicationSyncTime": "0001-01-01T00:00:00Z",
        "microsoftStoreForBusinessLastSuccessfulSyncDateTime": "0001-01-01T00:00:00Z",
    })
}

fn overview(call: &GraphCall) -> Value {
    let devices = catalogue::by_path("deviceManagement/managedDevices");
    let systems: Vec<String> = devices.map_or_else(Vec::new, |devices| {
        call.tenant.with(devices, |entities| {
            let systems = entities.values().filter_map(|device| {
                let system = device.fields().remove("operatingSystem")?;
                system.as_str().map(str::to_ascii_lowercase)
            });
            systems.collect()
        })
    });
    let count = |name: &str| systems.iter().filter(|own| own.starts_with(name)).count();
    json!({
        "id": own_id(call, "managedDeviceOverview"),
        "enrolledDeviceCount": systems.len(),
        "mdmEnrolledCount": systems.len(),
        "dualEnrolledDeviceCount": 0,
        "deviceOperatingSystemSummary": {
            "androidCount": count("android"), "iosCount": count("ios"), "macOSCount": count("macos"),
            "windowsMobileCount": 0, "windowsCount": count("windows"), "unknownCount": 0,
        },
    })
}

fn authorization(_: &GraphCall) -> Value {
    json!({
        "id": "authorizationPolicy",
        "displayName": "Authorization Policy",
        "description": "Used to manage authorization related settings across the company.",
        "deletedDateTime": null,
        "allowInvitesFrom": "adminsAndGuestInviters",
        "allowedToSignUpEmailBasedSubscriptions": true,
        "allowedToUseSSPR": true,
        "allowEmailVerifiedUsersToJoinOrganization": false,
        "allowUserConsentForRiskyApps": null,
        "blockMsolPowerShell": false,
        // The role of a guest, as the directory's templates have it.
        "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
        "defaultUserRolePermissions": {
            "allowedToCreateApps": true,
            "allowedToCreateSecurityGroups": true,
            "allowedToCreateTenants": true,
            "allowedToReadBitlockerKeysForOwnedDevice": true,
            "allowedToReadOtherUsers": true,
            "permissionGrantPoliciesAssigned": [],
        },
    })
}

fn consent_requests(_: &GraphCall) -> Value {
    json!({
        "isEnabled": false, "notifyReviewers": false, "remindersEnabled": false,
        "requestDurationInDays": 30, "version": 0, "reviewers": [],
    })
}

fn flows(_: &GraphCall) -> Value {
    json!({
        "id": "authenticationFlowsPolicy",
        "displayName": "Authentication flows policy",
        "description": "Authentication flows policy of this tenant.",
        "selfServiceSignUp": {"isEnabled": false},
    })
}

fn methods(_: &GraphCall) -> Value {
    json!({
        "id": "authenticationMethodsPolicy",
        "displayName": "Authentication Methods Policy",
        "description": "The tenant-wide policy of authentication methods.",
        "lastModifiedDateTime": "2025-01-01T00:00:00Z",
        "policyVersion": "1.5",
        "policyMigrationState": "migrationComplete",
        "registrationEnforcement": {"authenticationMethodsRegistrationCampaign": {
            "snoozeDurationInDays": 1, "state": "default", "excludeTargets": [], "includeTargets": [],
        }},
        "authenticationMethodConfigurations": [],
    })
}

fn cross_tenant(call: &GraphCall) -> Value {
    json!({
        "id": own_id(call, "crossTenantAccessPolicy"),
        "displayName": "CrossTenantAccessPolicy",
        "allowedCloudEndpoints": [],
    })
}

fn app_policy(_: &GraphCall) -> Value {
    json!({
        "id": "00000000-0000-0000-0000-000000000000",
        "displayName": "Default app management tenant policy",
        "description": "Default tenant policy for apps.",
        "isEnabled": false,
        "applicationRestrictions": {"passwordCredentials": [], "keyCredentials": []},
        "servicePrincipalRestrictions": {"passwordCredentials": [], "keyCredentials": []},
    })
}

fn registration(_: &GraphCall) -> Value {
    json!({
        "id": "deviceRegistrationPolicy",
        "displayName": "Device Registration Policy",
        "description": "Tenant-wide policy of device registration.",
        "userDeviceQuota": 50,
        "multiFactorAuthConfiguration": "notRequired",
        "localAdminPassword": {"isEnabled": false},
    })
}

fn security_defaults(_: &GraphCall) -> Value {
    json!({
        "id": "00000000-0000-0000-0000-000000000005",
        "displayName": "Security Defaults",
        "description": "Basic protection that is on or off for the whole tenant.",
        "isEnabled": false,
    })
}
