//! Assignments: what a client has to send again, and what it loses when it does not.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::support::World;

    const GROUP: &str = "11111111-2222-4333-8444-555555555555";
    const FILTER: &str = "99999999-2222-4333-8444-555555555555";

    fn group() -> Value {
        json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP})
    }

    fn filtered() -> Value {
        let mut target = group();
        target["deviceAndAppManagementAssignmentFilterId"] = json!(FILTER);
        target["deviceAndAppManagementAssignmentFilterType"] = json!("include");
        target
    }

    async fn first(world: &World, token: &str, path: &str) -> String {
        let (all, _) = world.all(token, path).await;
        format!("{path}/{}", all[0]["id"].as_str().unwrap())
    }

    #[tokio::test]
    async fn assigning_replaces_everything_under_the_key_of_the_type() {
        let world = World::new();
        let token = world.writer().await;
        for (path, key, code) in [
            (
                "/beta/deviceManagement/deviceConfigurations",
                "assignments",
                200,
            ),
            (
                "/beta/deviceManagement/configurationPolicies",
                "assignments",
                200,
            ),
            (
                "/beta/deviceManagement/deviceManagementScripts",
                "deviceManagementScriptAssignments",
                200,
            ),
            (
                "/beta/deviceManagement/deviceShellScripts",
                "deviceManagementScriptAssignments",
                200,
            ),
            (
                "/beta/deviceManagement/deviceHealthScripts",
                "deviceHealthScriptAssignments",
                200,
            ),
            ("/beta/deviceManagement/roleScopeTags", "assignments", 200),
            (
                "/beta/deviceAppManagement/androidManagedAppProtections",
                "assignments",
                204,
            ),
        ] {
            let uri = first(&world, &token, path).await;
            let assign = format!("{uri}/assign");
            let both = json!({key: [
                {"target": filtered()},
                {"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}},
            ]});
            let answer = world.ask(&token, "POST", &assign, &[], &both).await;
            assert_eq!(answer.status.as_u16(), code, "{path}");
            let (now, _) = world.all(&token, &format!("{uri}/assignments")).await;
            assert_eq!(now.len(), 2, "{path}");
            assert_eq!(
                now[0]["target"]["deviceAndAppManagementAssignmentFilterId"],
                FILTER
            );
            assert_eq!(now[0]["source"], "direct");
            let one = json!({key: [{"target": group()}]});
            world.ask(&token, "POST", &assign, &[], &one).await;
            let (now, _) = world.all(&token, &format!("{uri}/assignments")).await;
            assert_eq!(now.len(), 1, "{path}");
            assert!(
                now[0]["target"]
                    .get("deviceAndAppManagementAssignmentFilterId")
                    .is_none()
            );
            let wrong = json!({"others": []});
            assert_eq!(world.status(&token, "POST", &assign, &wrong).await, 400);
        }
    }

    #[tokio::test]
    async fn filters_are_of_beta_alone_and_not_of_excluded_groups() {
        let world = World::new();
        let token = world.writer().await;
        let beta = first(
            &world,
            &token,
            "/beta/deviceManagement/deviceConfigurations",
        )
        .await;
        let v1 = beta.replace("/beta/", "/v1.0/");
        let body = json!({"assignments": [{"target": filtered()}]});
        let refused = world
            .ask(&token, "POST", &format!("{v1}/assign"), &[], &body)
            .await;
        assert_eq!(refused.status.as_u16(), 400);
        let assign = format!("{beta}/assign");
        assert_eq!(world.status(&token, "POST", &assign, &body).await, 200);
        let plain = world.all(&token, &format!("{v1}/assignments")).await.0;
        let target = plain[0]["target"].as_object().unwrap();
        assert_eq!(target.len(), 2, "{target:?}");
        assert!(plain[0].get("source").is_none());
        let mut excluded = filtered();
        excluded["@odata.type"] = json!("#microsoft.graph.exclusionGroupAssignmentTarget");
        for target in [
            excluded,
            json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget"}),
            json!({"@odata.type": "#microsoft.graph.everybodyTarget"}),
        ] {
            let body = json!({"assignments": [{"target": target}]});
            assert_eq!(world.status(&token, "POST", &assign, &body).await, 400);
        }
    }

    #[tokio::test]
    async fn autopilot_profiles_are_assigned_one_by_one() {
        let world = World::new();
        let token = world.writer().await;
        let path = "/beta/deviceManagement/windowsAutopilotDeploymentProfiles";
        let uri = first(&world, &token, path).await;
        let assignments = format!("{uri}/assignments");
        let before = world.all(&token, &assignments).await.0.len();
        let body = json!({"target": group()});
        let added = world.ask(&token, "POST", &assignments, &[], &body).await;
        assert_eq!(added.status.as_u16(), 201);
        assert_eq!(world.all(&token, &assignments).await.0.len(), before + 1);
        assert_eq!(world.status(&token, "POST", &assignments, &body).await, 409);
        let own = format!("{assignments}/{}", added.json()["id"].as_str().unwrap());
        let removed = world.ask(&token, "DELETE", &own, &[], &Value::Null).await;
        assert_eq!(removed.status.as_u16(), 200);
        assert_eq!(world.all(&token, &assignments).await.0.len(), before);
        let all = world
            .ask(&token, "POST", &format!("{uri}/assign"), &[], &json!({}))
            .await;
        assert_eq!(all.status.as_u16(), 405);
    }
}
