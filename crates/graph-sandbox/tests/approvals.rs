//! Multi Admin Approval: a request, an approval, and the one change that it allows.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::support::World;

    async fn first(world: &World, token: &str, path: &str) -> String {
        let (all, _) = world.all(token, path).await;
        format!("{path}/{}", all[0]["id"].as_str().unwrap())
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

    /// A protected script of the first tenant, and the code of an approved request to call it `Approved`.
    async fn approved(world: &World, token: &str, method: &str, uri: &str, body: &Value) -> String {
        let tenant = world.tenant(0).tenant_id;
        let fault = json!({"kind": "approval_required", "tenant_id": tenant});
        world.control("POST", "faults", &fault.to_string()).await;
        let why = ("x-msft-approval-justification", "eA==");
        let asked = world.ask(token, method, uri, &[why], body).await;
        let code = asked.headers["x-msft-approval-code"].to_str().unwrap();
        let path = format!("tenants/{tenant}/approvals/{code}");
        world
            .control("POST", &path, r#"{"status":"approved"}"#)
            .await;
        code.to_owned()
    }

    async fn status_of(world: &World, token: &str, code: &str) -> Value {
        let uri = format!("/beta/deviceManagement/operationApprovalRequests/{code}");
        world.get(token, &uri).await.json()["status"].clone()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn one_approval_allows_one_change_however_many_come_at_once() {
        let world = Arc::new(World::new());
        let token = world.writer().await;
        let path = "/beta/deviceManagement/assignmentFilters";
        let before = world.all(&token, path).await.0.len();
        for round in 1..=25 {
            let name = format!("Round {round}");
            let body =
                json!({"displayName": name, "platform": "iOS", "rule": "(device.model -eq \"x\")"});
            let code = approved(&world, &token, "POST", path, &body).await;
            let start = Arc::new(tokio::sync::Barrier::new(8));
            let mut all = tokio::task::JoinSet::new();
            for _ in 0..8 {
                let (world, token) = (Arc::clone(&world), token.clone());
                let (code, body, start) = (code.clone(), body.clone(), Arc::clone(&start));
                all.spawn(async move {
                    start.wait().await;
                    let with = ("x-msft-approval-code", code.as_str());
                    let answer = world.ask(&token, "POST", path, &[with], &body).await;
                    answer.status.as_u16()
                });
            }
            let mut answers = all.join_all().await;
            answers.sort_unstable();
            assert_eq!(answers[0], 201);
            let refused = answers[1..].iter().all(|status| *status == 403);
            assert!(refused, "{answers:?}");
            assert_eq!(world.all(&token, path).await.0.len(), before + round);
            assert_eq!(status_of(&world, &token, &code).await, "completed");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn equal_changes_at_once_are_one_request_for_approval() {
        let world = Arc::new(World::new());
        let token = world.writer().await;
        world
            .control("POST", "faults", r#"{"kind":"approval_required"}"#)
            .await;
        let path = "/beta/deviceManagement/assignmentFilters";
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (world, token) = (Arc::clone(&world), token.clone());
            all.spawn(async move {
                let body = json!({"displayName": "Once"});
                let why = ("x-msft-approval-justification", "eA==");
                let answer = world.ask(&token, "POST", path, &[why], &body).await;
                answer.headers["x-msft-approval-code"].clone()
            });
        }
        let codes = all.join_all().await;
        assert!(codes.iter().all(|code| *code == codes[0]), "{codes:?}");
        let requests = "/beta/deviceManagement/operationApprovalRequests";
        assert_eq!(world.all(&token, requests).await.0.len(), 1);
    }

    #[tokio::test]
    async fn an_approval_is_used_up_by_its_change_alone_and_by_one_that_moves_nothing_too() {
        let world = World::new();
        let token = world.writer().await;
        let scripts = "/beta/deviceManagement/deviceManagementScripts";
        let uri = first(&world, &token, scripts).await;
        let name = world.get(&token, &uri).await.json()["displayName"].clone();
        let same = json!({"displayName": name});
        let code = approved(&world, &token, "PATCH", &uri, &same).await;
        let with = ("x-msft-approval-code", code.as_str());
        let made = world.ask(&token, "PATCH", &uri, &[with], &same).await;
        assert_eq!(made.status.as_u16(), 200, "nothing moved");
        assert_eq!(status_of(&world, &token, &code).await, "completed");

        let bad = json!({"displayName": ""});
        let missing = format!("{scripts}/00000000-0000-4000-8000-000000000000");
        let code = approved(&world, &token, "PATCH", &missing, &bad).await;
        let with = ("x-msft-approval-code", code.as_str());
        let refused = world.ask(&token, "PATCH", &missing, &[with], &bad).await;
        assert_eq!(refused.status.as_u16(), 404);
        assert_eq!(
            status_of(&world, &token, &code).await,
            "approved",
            "not used"
        );
    }
}
