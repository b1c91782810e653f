//! Changes that are none of an object's own fields: priorities, scheduled actions, messages.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::support::World;

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
        let uri = format!("{second}/setPriority");
        let moves = || world.ask(&token, "POST", &uri, &[], &priority);
        let refused = moves().await;
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
        let moved = moves().await;
        assert_eq!(moved.status.as_u16(), 200);
        assert_eq!(world.get(&token, &second).await.json()["priority"], 1);
        assert_eq!(world.get(&token, &first).await.json()["priority"], 2);
        assert_eq!(
            world.status(&token, "DELETE", &default, &Value::Null).await,
            400
        );
        assert_eq!(
            world.status(&token, "DELETE", &first, &Value::Null).await,
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
        assert_eq!(world.status(&token, "PATCH", &uri, &patch).await, 400);
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
            world.status(&token, "DELETE", &own, &Value::Null).await,
            200
        );
        assert_eq!(world.all(&token, &messages).await.0.len(), 0);
    }
}
