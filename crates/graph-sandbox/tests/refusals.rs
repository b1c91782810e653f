//! Changes that Graph refuses, whatever permission there is.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::support::World;

    #[tokio::test]
    async fn what_graph_would_refuse_is_refused() {
        let world = World::new();
        let token = world.writer().await;
        let dm = "/beta/deviceManagement";
        let policy = json!({"name": "New", "platforms": "windows10", "technologies": "mdm", "settings": [],
            "templateReference": {"templateId": "804339ad-1553-4478-a742-138fb5807418_7"}});
        let mut nameless = policy.clone();
        nameless["templateReference"]["templateId"] = json!("baseline_1");
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
                format!("{dm}/configurationPolicies"),
                nameless,
                "InvalidReferenceId",
            ),
            (
                format!("{dm}/roleScopeTags"),
                json!({"displayName": "New", "isBuiltIn": true}),
                "BadRequest",
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
                json!({"displayName": "New", "localizedNotificationMessages": [{"locale": "en-us"}]}),
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
}
