//! Creating, updating and deleting objects of every kind, with the status codes that were seen.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use graph_sandbox::{ControlApi, Options, Scale, StatusCodes};
    use serde_json::{Value, json};

    use super::support::World;

    /// Codes of create, update and delete, as seen and as documented.
    type Codes = [[u16; 3]; 2];
    const DIRECTORY: Codes = [[201, 204, 204]; 2];
    const POLICY: Codes = [[201, 204, 200], [201, 200, 204]];
    const CATALOG: Codes = [[201, 204, 200], [201, 204, 204]];
    const SCRIPT: Codes = [[201, 200, 200], [201, 200, 204]];
    const TAG: Codes = [[200, 200, 200], [201, 200, 204]];
    const APP: Codes = [[201, 204, 204], [201, 200, 204]];

    /// Path, body, codes, verb of the update.
    type Kind = (&'static str, Value, Codes, &'static str);

    fn kinds() -> Vec<Kind> {
        let setting = json!({"settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
            "settingDefinitionId": "device_vendor_msft_policy_config_experience_allowcortana",
        }});
        let block = json!([{"ruleName": "PasswordRequired", "scheduledActionConfigurations": [
            {"actionType": "block", "gracePeriodHours": 0},
        ]}]);
        vec![
            (
                "/v1.0/groups",
                json!({"displayName": "New", "mailNickname": "new", "mailEnabled": false, "securityEnabled": true}),
                DIRECTORY,
                "PATCH",
            ),
            (
                "/beta/deviceManagement/deviceConfigurations",
                json!({"@odata.type": "#microsoft.graph.windows10GeneralConfiguration", "displayName": "New"}),
                POLICY,
                "PATCH",
            ),
            (
                "/v1.0/deviceManagement/deviceCompliancePolicies",
                json!({"@odata.type": "#microsoft.graph.iosCompliancePolicy", "displayName": "New",
                    "scheduledActionsForRule": block}),
                POLICY,
                "PATCH",
            ),
            (
                "/beta/deviceManagement/configurationPolicies",
                json!({"name": "New", "platforms": "windows10", "technologies": "mdm", "settings": [setting]}),
                CATALOG,
                "PUT",
            ),
            (
                "/beta/deviceManagement/deviceManagementScripts",
                json!({"displayName": "New", "fileName": "a.ps1", "scriptContent": "ZXhpdA=="}),
                SCRIPT,
                "PATCH",
            ),
            (
                "/beta/deviceManagement/deviceHealthScripts",
                json!({"displayName": "New", "publisher": "IT", "detectionScriptContent": "ZXhpdA=="}),
                SCRIPT,
                "PATCH",
            ),
            (
                "/v1.0/identity/conditionalAccess/policies",
                json!({"displayName": "New", "state": "disabled", "conditions": {
                    "users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]},
                }, "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}}),
                DIRECTORY,
                "PATCH",
            ),
            (
                "/v1.0/identity/conditionalAccess/namedLocations",
                json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "New", "ipRanges": []}),
                DIRECTORY,
                "PATCH",
            ),
            (
                "/beta/deviceManagement/assignmentFilters",
                json!({"displayName": "New", "platform": "iOS", "rule": "(device.model -eq \"x\")"}),
                SCRIPT,
                "PATCH",
            ),
            (
                "/beta/deviceManagement/roleScopeTags",
                json!({"displayName": "New"}),
                TAG,
                "PATCH",
            ),
            (
                "/v1.0/deviceManagement/roleDefinitions",
                json!({"displayName": "New", "rolePermissions": []}),
                TAG,
                "PATCH",
            ),
            (
                "/beta/deviceManagement/notificationMessageTemplates",
                json!({"displayName": "New"}),
                TAG,
                "PATCH",
            ),
            (
                "/beta/deviceManagement/reusablePolicySettings",
                json!({"displayName": "New", "settingDefinitionId": "a", "settingInstance": {"@odata.type": "#b"}}),
                CATALOG,
                "PUT",
            ),
            (
                "/beta/deviceAppManagement/iosManagedAppProtections",
                json!({"displayName": "New"}),
                APP,
                "PATCH",
            ),
            (
                "/beta/deviceManagement/windowsAutopilotDeploymentProfiles",
                json!({"@odata.type": "#microsoft.graph.azureADWindowsAutopilotDeploymentProfile", "displayName": "New"}),
                SCRIPT,
                "PATCH",
            ),
        ]
    }

    async fn live(status_codes: StatusCodes) {
        let options = Options {
            status_codes,
            ..Options::default()
        };
        let world = World::opened(Scale::Small, ControlApi::On, &options);
        let token = world.writer().await;
        for (path, body, [observed, documented], verb) in kinds() {
            let codes = match status_codes {
                StatusCodes::Observed => observed,
                StatusCodes::Documented => documented,
            };
            let other = if verb == "PUT" { "PATCH" } else { "PUT" };
            let created = world.ask(&token, "POST", path, &[], &body).await;
            assert_eq!(created.status.as_u16(), codes[0], "{path}");
            let made = created.json();
            let id = made["id"].as_str().unwrap();
            let uri = format!("{path}/{id}");
            let mut change = body.clone();
            let text = if path.ends_with("namedLocations") {
                "displayName"
            } else {
                "description"
            };
            change[text] = json!("changed");
            for name in ["scheduledActionsForRule", "platform", "locale"] {
                change.as_object_mut().unwrap().remove(name);
            }
            if path.contains("iosManaged") {
                change["@odata.type"] = json!("#microsoft.graph.iosManagedAppProtection");
            }
            let taken = match path.ends_with("configurationPolicies") {
                true => codes[1],
                false => 405,
            };
            assert_eq!(
                world.status(&token, other, &uri, &change).await,
                taken,
                "{path}"
            );
            let updated = world.ask(&token, verb, &uri, &[], &change).await;
            assert_eq!(updated.status.as_u16(), codes[1], "{path}");
            assert_eq!(updated.body.is_empty(), codes[1] == 204, "{path}");
            let read = world.get(&token, &uri).await.json();
            assert_eq!(read[text], "changed", "{path}");
            for (name, value) in body.as_object().unwrap() {
                if ![text, "settings", "scheduledActionsForRule"].contains(&name.as_str()) {
                    assert_eq!(read[name], *value, "{path} {name}");
                }
            }
            let deleted = world.ask(&token, "DELETE", &uri, &[], &Value::Null).await;
            assert_eq!(
                (deleted.status.as_u16(), deleted.body.len()),
                (codes[2], 0),
                "{path}"
            );
            assert_eq!(world.get(&token, &uri).await.status.as_u16(), 404, "{path}");
            let again = world.ask(&token, "DELETE", &uri, &[], &Value::Null).await;
            assert_eq!(again.status.as_u16(), 404, "{path}");
        }
    }

    #[tokio::test]
    async fn every_kind_lives_and_answers_as_it_was_seen_to() {
        live(StatusCodes::Observed).await;
    }

    #[tokio::test]
    async fn every_kind_answers_as_documented_when_told_to() {
        live(StatusCodes::Documented).await;
    }

    #[tokio::test]
    async fn a_change_needs_the_permission_to_write_and_is_refused_in_the_shape_of_its_part() {
        let world = World::new();
        let token = world.token(0).await;
        for (path, body, ..) in kinds() {
            let refused = world.ask(&token, "POST", path, &[], &body).await;
            assert_eq!(refused.status.as_u16(), 403, "{path}");
            let expected = match path {
                _ if path.contains("/device") => "Forbidden",
                _ if path.contains("/identity") => "AccessDenied",
                _ => "Authorization_RequestDenied",
            };
            assert_eq!(refused.error_code(), expected, "{path}");
        }
        assert!(world.is_unwritten());
    }
}
