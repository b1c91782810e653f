//! Creating, updating and deleting objects of every kind, with the status codes that were seen.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use graph_sandbox::{ControlApi, Options, Scale, StatusCodes};
    use serde_json::{Value, json};

    use super::support::World;

    /// Path, body, codes of create, update and delete as seen and as documented, verb of the update.
    type Kind = (&'static str, Value, [u16; 3], [u16; 3], &'static str);

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
                [201, 204, 204],
                [201, 204, 204],
                "PATCH",
            ),
            (
                "/beta/deviceManagement/deviceConfigurations",
                json!({"@odata.type": "#microsoft.graph.windows10GeneralConfiguration", "displayName": "New"}),
                [201, 204, 200],
                [201, 200, 204],
                "PATCH",
            ),
            (
                "/v1.0/deviceManagement/deviceCompliancePolicies",
                json!({"@odata.type": "#microsoft.graph.iosCompliancePolicy", "displayName": "New",
                    "scheduledActionsForRule": block}),
                [201, 204, 200],
                [201, 200, 204],
                "PATCH",
            ),
            (
                "/beta/deviceManagement/configurationPolicies",
                json!({"name": "New", "platforms": "windows10", "technologies": "mdm", "settings": [setting]}),
                [201, 204, 200],
                [201, 204, 204],
                "PUT",
            ),
            (
                "/beta/deviceManagement/deviceManagementScripts",
                json!({"displayName": "New", "fileName": "a.ps1", "scriptContent": "ZXhpdA=="}),
                [201, 200, 200],
                [201, 200, 204],
                "PATCH",
            ),
            (
                "/beta/deviceManagement/deviceHealthScripts",
                json!({"displayName": "New", "publisher": "IT", "detectionScriptContent": "ZXhpdA=="}),
                [201, 200, 200],
                [201, 200, 204],
                "PATCH",
            ),
            (
                "/v1.0/identity/conditionalAccess/policies",
                json!({"displayName": "New", "state": "disabled", "conditions": {
                    "users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]},
                }, "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}}),
                [201, 204, 204],
                [201, 204, 204],
                "PATCH",
            ),
            (
                "/v1.0/identity/conditionalAccess/namedLocations",
                json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "New", "ipRanges": []}),
                [201, 204, 204],
                [201, 204, 204],
                "PATCH",
            ),
            (
                "/beta/deviceManagement/assignmentFilters",
                json!({"displayName": "New", "platform": "iOS", "rule": "(device.model -eq \"x\")"}),
                [201, 200, 200],
                [201, 200, 204],
                "PATCH",
            ),
            (
                "/beta/deviceManagement/roleScopeTags",
                json!({"displayName": "New"}),
                [200, 200, 200],
                [201, 200, 204],
                "PATCH",
            ),
            (
                "/v1.0/deviceManagement/roleDefinitions",
                json!({"displayName": "New", "rolePermissions": []}),
                [200, 200, 200],
                [201, 200, 204],
                "PATCH",
            ),
            (
                "/beta/deviceManagement/notificationMessageTemplates",
                json!({"displayName": "New"}),
                [200, 200, 200],
                [201, 200, 204],
                "PATCH",
            ),
            (
                "/beta/deviceManagement/reusablePolicySettings",
                json!({"displayName": "New", "settingDefinitionId": "a", "settingInstance": {"@odata.type": "#b"}}),
                [201, 204, 200],
                [201, 204, 204],
                "PUT",
            ),
            (
                "/beta/deviceAppManagement/iosManagedAppProtections",
                json!({"displayName": "New"}),
                [201, 204, 204],
                [201, 200, 204],
                "PATCH",
            ),
            (
                "/beta/deviceManagement/windowsAutopilotDeploymentProfiles",
                json!({"@odata.type": "#microsoft.graph.azureADWindowsAutopilotDeploymentProfile", "displayName": "New"}),
                [201, 200, 200],
                [201, 200, 204],
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
        for (path, body, observed, documented, verb) in kinds() {
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
            change["description"] = json!("changed");
            for name in ["scheduledActionsForRule", "platform", "locale"] {
                change.as_object_mut().unwrap().remove(name);
            }
            if path.contains("iosManaged") {
                change["@odata.type"] = json!("#microsoft.graph.iosManagedAppProtection");
            }
            assert_eq!(
                world
                    .ask(&token, other, &uri, &[], &change)
                    .await
                    .status
                    .as_u16(),
                405,
                "{path}"
            );
            let updated = world.ask(&token, verb, &uri, &[], &change).await;
            assert_eq!(updated.status.as_u16(), codes[1], "{path}");
            assert_eq!(updated.body.is_empty(), codes[1] == 204, "{path}");
            let read = world.get(&token, &uri).await.json();
            assert_eq!(read["description"], "changed", "{path}");
            for (name, value) in body.as_object().unwrap() {
                if !["settings", "scheduledActionsForRule"].contains(&name.as_str()) {
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
        assert!(
            world
                .sandbox
                .journal()
                .since(0)
                .iter()
                .all(|entry| entry.write.is_none())
        );
    }

    #[tokio::test]
    async fn what_graph_would_refuse_is_refused() {
        let world = World::new();
        let token = world.writer().await;
        let dm = "/beta/deviceManagement";
        let policy = json!({"name": "New", "platforms": "windows10", "technologies": "mdm", "settings": [],
            "templateReference": {"templateId": "11111111-2222-4333-8444-555555555555_1"}});
        let two_blocks = json!({"@odata.type": "#microsoft.graph.iosCompliancePolicy", "displayName": "New",
            "scheduledActionsForRule": [{"scheduledActionConfigurations": [
                {"actionType": "block"}, {"actionType": "block"}]}]});
        let access = json!({"displayName": "New", "state": "on", "conditions": {
            "users": {}, "applications": {}}, "grantControls": {}});
        let mut elsewhere = access.clone();
        elsewhere["state"] = json!("disabled");
        elsewhere["conditions"]["locations"] =
            json!({"includeLocations": ["11111111-2222-4333-8444-555555555555"]});
        for (path, body, code) in [
            (
                "/v1.0/groups".to_owned(),
                json!({"displayName": "New"}),
                "Request_BadRequest",
            ),
            (
                format!("{dm}/deviceConfigurations"),
                json!({"@odata.type": "#microsoft.graph.windows10GeneralConfiguration",
                    "displayName": "New", "supportsScopeTags": true}),
                "BadRequest",
            ),
            (
                format!("{dm}/deviceConfigurations"),
                json!({"displayName": "New"}),
                "BadRequest",
            ),
            (
                format!("{dm}/deviceCompliancePolicies"),
                two_blocks,
                "BadRequest",
            ),
            (
                format!("{dm}/configurationPolicies"),
                policy,
                "InvalidReferenceId",
            ),
            (
                format!("{dm}/deviceManagementScripts"),
                json!({"displayName": "New", "fileName": "a", "scriptContent": "%"}),
                "BadRequest",
            ),
            (
                "/v1.0/identity/conditionalAccess/policies".to_owned(),
                access,
                "BadRequest",
            ),
            (
                "/v1.0/identity/conditionalAccess/policies".to_owned(),
                elsewhere,
                "BadRequest",
            ),
            (
                format!("{dm}/notificationMessageTemplates"),
                json!({"displayName": "New", "defaultLocale": "en-us"}),
                "BadRequest",
            ),
        ] {
            let refused = world.ask(&token, "POST", &path, &[], &body).await;
            assert_eq!(refused.status.as_u16(), 400, "{path} {body}");
            assert_eq!(refused.error_code(), code, "{path} {body}");
            let message = refused.json()["error"]["message"]
                .as_str()
                .unwrap()
                .to_owned();
            let wrapped = serde_json::from_str::<Value>(&message).is_ok();
            assert_eq!(wrapped, path.starts_with(dm), "{message}");
        }
    }

    #[tokio::test]
    async fn built_in_objects_and_defaults_stay() {
        let world = World::new();
        let token = world.writer().await;
        let dm = "/beta/deviceManagement";
        for uri in [
            format!("{dm}/roleScopeTags/0"),
            format!("{dm}/roleDefinitions/fa1d7878-e8cb-41a1-8254-0a2a8ff9d1ee"),
        ] {
            let refused = world.ask(&token, "DELETE", &uri, &[], &Value::Null).await;
            assert_eq!(refused.status.as_u16(), 400, "{uri}");
            let refused = world
                .ask(&token, "PATCH", &uri, &[], &json!({"displayName": "x"}))
                .await;
            assert_eq!(refused.status.as_u16(), 400, "{uri}");
        }
        let created = world
            .ask(
                &token,
                "POST",
                &format!("{dm}/roleScopeTags"),
                &[],
                &json!({"displayName": "New"}),
            )
            .await;
        assert_eq!(created.json()["id"], "3", "scope tags are numbered");
    }

    #[tokio::test]
    async fn an_application_alone_changes_no_enrollment_configuration() {
        let world = World::new();
        let token = world.writer().await;
        let path = "/beta/deviceManagement/deviceEnrollmentConfigurations";
        let (all, _) = world.all(&token, path).await;
        let of = |kind: &str, priority: u64| {
            let mut all = all.iter();
            let found = all.find(|one| {
                one["deviceEnrollmentConfigurationType"] == kind && one["priority"] == priority
            });
            found.unwrap()["id"].as_str().unwrap().to_owned()
        };
        let second = format!("{path}/{}", of("limit", 2));
        let first = format!("{path}/{}", of("limit", 1));
        let default = format!("{path}/{}", of("limit", 0));
        let priority = json!({"priority": 1});
        let refused = world
            .ask(
                &token,
                "POST",
                &format!("{second}/setPriority"),
                &[],
                &priority,
            )
            .await;
        assert_eq!(refused.status.as_u16(), 403);
        assert!(
            refused
                .json()
                .to_string()
                .contains("Operation is restricted.")
        );
        world
            .control("POST", "enrollment", r#"{"app_only_writes":"allowed"}"#)
            .await;
        let moved = world
            .ask(
                &token,
                "POST",
                &format!("{second}/setPriority"),
                &[],
                &priority,
            )
            .await;
        assert_eq!(moved.status.as_u16(), 200);
        assert_eq!(world.get(&token, &second).await.json()["priority"], 1);
        assert_eq!(world.get(&token, &first).await.json()["priority"], 2);
        assert_eq!(
            world
                .ask(&token, "DELETE", &default, &[], &Value::Null)
                .await
                .status
                .as_u16(),
            400
        );
        assert_eq!(
            world
                .ask(&token, "DELETE", &first, &[], &Value::Null)
                .await
                .status
                .as_u16(),
            200
        );
        let v1 = world
            .all(
                &token,
                "/v1.0/deviceManagement/deviceEnrollmentConfigurations",
            )
            .await
            .0;
        assert!(v1.iter().all(|one| one["@odata.type"]
            != "#microsoft.graph.deviceEnrollmentPlatformRestrictionConfiguration"));
    }

    #[tokio::test]
    async fn scheduled_actions_are_changed_by_their_own_action() {
        let world = World::new();
        let token = world.writer().await;
        let path = "/v1.0/deviceManagement/deviceCompliancePolicies";
        let (all, _) = world.all(&token, path).await;
        let uri = format!("{path}/{}", all[0]["id"].as_str().unwrap());
        let actions = json!([{"ruleName": "PasswordRequired", "scheduledActionConfigurations": [
            {"actionType": "block", "gracePeriodHours": 12},
            {"actionType": "retire", "gracePeriodHours": 240},
        ]}]);
        let patch =
            json!({"@odata.type": all[0]["@odata.type"], "scheduledActionsForRule": actions});
        assert_eq!(
            world
                .ask(&token, "PATCH", &uri, &[], &patch)
                .await
                .status
                .as_u16(),
            400
        );
        let body = json!({"deviceComplianceScheduledActionForRules": actions});
        let changed = world
            .ask(
                &token,
                "POST",
                &format!("{uri}/scheduleActionsForRules"),
                &[],
                &body,
            )
            .await;
        assert_eq!(changed.status.as_u16(), 200);
        let expand = "$expand=scheduledActionsForRule($expand=scheduledActionConfigurations)";
        let read = world.get(&token, &format!("{uri}?{expand}")).await.json();
        let own = &read["scheduledActionsForRule"][0]["scheduledActionConfigurations"];
        assert_eq!(own.as_array().unwrap().len(), 2);
        assert_eq!(own[0]["gracePeriodHours"], 12);
    }

    #[tokio::test]
    async fn messages_of_a_notification_are_posted_one_by_one() {
        let world = World::new();
        let token = world.writer().await;
        let path = "/v1.0/deviceManagement/notificationMessageTemplates";
        let made = world
            .ask(&token, "POST", path, &[], &json!({"displayName": "New"}))
            .await;
        let uri = format!("{path}/{}", made.json()["id"].as_str().unwrap());
        let messages = format!("{uri}/localizedNotificationMessages");
        let message =
            json!({"locale": "fr-FR", "subject": "a", "messageTemplate": "b", "isDefault": true});
        let added = world.ask(&token, "POST", &messages, &[], &message).await;
        assert_eq!(added.status.as_u16(), 200);
        let own = format!("{messages}/{}", added.json()["id"].as_str().unwrap());
        let changed = world
            .ask(&token, "PATCH", &own, &[], &json!({"subject": "c"}))
            .await;
        assert_eq!(changed.status.as_u16(), 200);
        let read = world
            .get(
                &token,
                &format!("{uri}?$expand=localizedNotificationMessages"),
            )
            .await
            .json();
        assert_eq!(read["localizedNotificationMessages"][0]["subject"], "c");
        assert_eq!(read["defaultLocale"], "fr-fr");
        assert_eq!(
            world
                .ask(&token, "DELETE", &own, &[], &Value::Null)
                .await
                .status
                .as_u16(),
            200
        );
        assert_eq!(world.all(&token, &messages).await.0.len(), 0);
    }
}
