//! The organisation itself.

use serde_json::{Value, json};

use super::{names, parts};
use crate::config::TenantSeed;
use crate::random::Random;

const COUNTRIES: &[&str] = &["DE", "FR", "NL", "PT", "GB", "NO", "PL", "AT"];

/// The one domain of a tenant.
pub(super) fn domain(seed: &TenantSeed) -> Value {
    json!({
        "id": seed.domain,
        "authenticationType": "Managed",
        "isAdminManaged": true,
        "isDefault": true,
        "isInitial": true,
        "isRoot": true,
        "isVerified": true,
        "passwordNotificationWindowInDays": 14,
        "passwordValidityPeriodInDays": 2_147_483_647,
        "supportedServices": ["Email", "OfficeCommunicationsOnline"],
    })
}

pub(super) fn generate(random: &mut Random, seed: &TenantSeed) -> Value {
    let (created, _) = parts::times(random);
    let plan = |service: &str, id: String| {
        json!({
            "assignedDateTime": created, "capabilityStatus": "Enabled",
            "service": service, "servicePlanId": id,
        })
    };
    json!({
        "id": seed.tenant_id,
        "displayName": seed.display_name,
        "createdDateTime": created,
        "tenantType": "AAD",
        "city": random.pick(names::SITES),
        "countryLetterCode": random.pick(COUNTRIES),
        "preferredLanguage": "en",
        "technicalNotificationMails": [format!("it@{}", seed.domain)],
        "verifiedDomains": [{
            "name": seed.domain, "type": "Managed", "isDefault": true, "isInitial": true,
            "capabilities": "Email, OfficeCommunicationsOnline",
        }],
        "assignedPlans": [
            plan("exchange", random.uuid().to_string()),
            plan("SCO", random.uuid().to_string()),
            plan("AADPremiumService", random.uuid().to_string()),
        ],
        "onPremisesSyncEnabled": null,
    })
}
