//! Assignments and approvals: what a client has to send again, and what it loses when it does not.

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
            assert_eq!(
                world
                    .ask(&token, "POST", &assign, &[], &wrong)
                    .await
                    .status
                    .as_u16(),
                400
            );
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
        assert_eq!(
            world
                .ask(&token, "POST", &assign, &[], &body)
                .await
                .status
                .as_u16(),
            200
        );
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
            assert_eq!(
                world
                    .ask(&token, "POST", &assign, &[], &body)
                    .await
                    .status
                    .as_u16(),
                400
            );
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
        assert_eq!(
            world
                .ask(&token, "POST", &assignments, &[], &body)
                .await
                .status
                .as_u16(),
            409
        );
        let own = format!("{assignments}/{}", added.json()["id"].as_str().unwrap());
        let removed = world.ask(&token, "DELETE", &own, &[], &Value::Null).await;
        assert_eq!(removed.status.as_u16(), 200);
        assert_eq!(world.all(&token, &assignments).await.0.len(), before);
        let all = world
            .ask(&token, "POST", &format!("{uri}/assign"), &[], &json!({}))
            .await;
        assert_eq!(all.status.as_u16(), 405);
    }

    #[tokio::test]
    async fn a_protected_change_waits_for_somebody_elses_approval() {
        let world = World::new();
        let token = world.writer().await;
        let tenant = world.tenant(0).tenant_id;
        let uri = first(
            &world,
            &token,
            "/beta/deviceManagement/deviceManagementScripts",
        )
        .await;
        let fault = json!({"kind": "approval_required", "tenant_id": tenant,
            "route": "/deviceManagement/deviceManagementScripts"});
        world.control("POST", "faults", &fault.to_string()).await;
        let body = json!({"displayName": "Approved"});
        let why = ("x-msft-approval-justification", "Y2hhbmdlIDQ3MTE=");
        let plain = world.ask(&token, "PATCH", &uri, &[], &body).await;
        assert_eq!(plain.status.as_u16(), 403);
        assert!(
            plain
                .json()
                .to_string()
                .contains("is required to request approval")
        );
        assert!(plain.headers.get("x-msft-approval-code").is_none());

        let asked = world.ask(&token, "PATCH", &uri, &[why], &body).await;
        assert_eq!(asked.status.as_u16(), 403);
        let code = asked.headers["x-msft-approval-code"]
            .to_str()
            .unwrap()
            .to_owned();
        let again = world.ask(&token, "PATCH", &uri, &[why], &body).await;
        assert!(
            again
                .json()
                .to_string()
                .contains("An active Approval Request already exists")
        );
        let requests = "/beta/deviceManagement/operationApprovalRequests";
        let (open, _) = world.all(&token, requests).await;
        assert_eq!(open.len(), 1);
        assert_eq!(open[0]["status"], "needsApproval");
        assert_eq!(open[0]["requestJustification"], "change 4711");

        let approval = ("x-msft-approval-code", code.as_str());
        let early = world.ask(&token, "PATCH", &uri, &[approval], &body).await;
        assert_eq!(early.status.as_u16(), 403);
        let path = format!("tenants/{tenant}/approvals/{code}");
        let approved = world
            .control("POST", &path, r#"{"status":"approved"}"#)
            .await;
        assert_eq!(approved.status.as_u16(), 200);
        let other = world
            .ask(
                &token,
                "PATCH",
                &uri,
                &[approval],
                &json!({"displayName": "x"}),
            )
            .await;
        assert_eq!(other.status.as_u16(), 403, "another change");
        let made = world.ask(&token, "PATCH", &uri, &[approval], &body).await;
        assert_eq!(made.status.as_u16(), 200);
        assert_eq!(
            world.get(&token, &uri).await.json()["displayName"],
            "Approved"
        );
        let own = world
            .get(&token, &format!("{requests}/{code}"))
            .await
            .json();
        assert_eq!(own["status"], "completed");
        let twice = world.ask(&token, "PATCH", &uri, &[approval], &body).await;
        assert_eq!(twice.status.as_u16(), 403, "a code is good once");
    }

    #[tokio::test]
    async fn a_request_for_approval_runs_out_after_three_days() {
        let world = World::new();
        let token = world.writer().await;
        let uri = first(
            &world,
            &token,
            "/beta/deviceManagement/deviceManagementScripts",
        )
        .await;
        world
            .control("POST", "faults", r#"{"kind":"approval_required"}"#)
            .await;
        let body = json!({"displayName": "Late"});
        let why = ("x-msft-approval-justification", "eA==");
        let asked = world.ask(&token, "PATCH", &uri, &[why], &body).await;
        let first_code = asked.headers["x-msft-approval-code"].clone();
        world.pass(3 * 86_400 + 1);
        let token = world.writer().await;
        let code = first_code.to_str().unwrap();
        let late = world
            .ask(
                &token,
                "PATCH",
                &uri,
                &[("x-msft-approval-code", code)],
                &body,
            )
            .await;
        assert!(late.json().to_string().contains("expired"));
        let anew = world.ask(&token, "PATCH", &uri, &[why], &body).await;
        assert_ne!(anew.headers["x-msft-approval-code"], first_code);
    }
}
