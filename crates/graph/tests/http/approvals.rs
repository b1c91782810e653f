//! Multi Admin Approval: a change that a second person must allow.

use std::time::Duration;

use graph::{
    ApprovalCode, ApprovalStatus, Effect, GraphClient as _, GraphError, Write, WriteError, Written,
    contract,
};
use serde_json::{Value, json};

use crate::{leave, support::*};

const PATH: &str = "/beta/deviceManagement/deviceConfigurations/a-1";
/// Nobody's leave runs out here.
const LEAVE: Duration = Duration::from_secs(60);
const CODE: &str = "11111111-2222-3333-4444-555555555555";

async fn write(server: &Server, key: &str, effect: Effect<'_>) -> Result<Written, WriteError> {
    approved(server, key, effect, None).await
}

async fn approved(
    server: &Server,
    key: &str,
    effect: Effect<'_>,
    code: Option<&ApprovalCode>,
) -> Result<Written, WriteError> {
    let running = leave::running().await;
    let step = leave::asked(&running, Duration::ZERO).await.step();
    let write = Write {
        contract: contract(key).unwrap(),
        effect,
        justification: "Run 1",
        approved: code,
    };
    let (client, connection, context) = (client(), server.connection(), context());
    let writer = client.writer().unwrap();
    writer.write(step, &connection, &context, write).await
}

fn refusal(message: &str) -> String {
    json!({"error": {"code": "Forbidden", "message": message}}).to_string()
}

const DEMAND: &str = "Header 'x-msft-approval-justification' is required to request approval";

#[tokio::test]
async fn b05_a_protected_change_asks_for_approval_and_waits() {
    let server = Server::start().await;
    let asked = format!("x-msft-approval-code: {CODE}\r\n");
    server
        .graph(crate::support::json(403, "", &refusal(DEMAND)))
        .graph(crate::support::json(
            403,
            &asked,
            &refusal("Approval is needed"),
        ))
        .graph(crate::support::json(
            403,
            "",
            &refusal("An active Approval Request already exists"),
        ))
        .graph(crate::support::json(204, "", ""));
    let fields = json!({"description": "new"});
    let effect = Effect::Update {
        id: "a-1",
        fields: fields.as_object().unwrap(),
    };
    let error = write(&server, "device_configurations", effect)
        .await
        .unwrap_err();
    let WriteError::AwaitsApproval { code: Some(code) } = error else {
        panic!("{error:?}");
    };
    assert_eq!(code.as_str(), CODE);
    let again = write(&server, "device_configurations", effect)
        .await
        .unwrap_err();
    assert_eq!(again, WriteError::AwaitsApproval { code: None });
    let written = approved(&server, "device_configurations", effect, Some(&code)).await;
    assert!(written.is_ok());
    let seen = server.seen(PATH);
    assert!(
        !seen[0].head.contains("x-msft-approval"),
        "not before it is asked for"
    );
    assert!(
        seen[1]
            .head
            .contains("x-msft-approval-justification: UnVuIDE=")
    );
    assert!(
        seen[3]
            .head
            .contains(&format!("x-msft-approval-code: {CODE}"))
    );
}

#[tokio::test]
async fn b05_a_demand_that_does_not_end_is_a_refusal() {
    let server = Server::start().await;
    for _ in 0..5 {
        server.graph(crate::support::json(403, "", &refusal(DEMAND)));
    }
    let fields = json!({"description": "new"});
    let effect = Effect::Update {
        id: "a-1",
        fields: fields.as_object().unwrap(),
    };
    let error = write(&server, "device_configurations", effect)
        .await
        .unwrap_err();
    let denied = matches!(
        error,
        WriteError::NotDone(GraphError::PermissionDenied { .. })
    );
    assert!(denied, "{error:?}");
    assert_eq!(server.seen(PATH).len(), 2);
}

#[tokio::test]
async fn b05_requests_for_approval_are_read_to_the_last_page() {
    let server = Server::start().await;
    let (client, connection, context) = (client(), server.connection(), context());
    let writer = client.writer().unwrap();
    let path = "beta/deviceManagement/operationApprovalRequests";
    let link = |rest: &str| format!("{}/{path}{rest}", server.address);
    let page = |id: &str, next: Option<String>| {
        let mut page = json!({"value": [{"id": id, "status": "needsApproval"}]});
        if let Some(next) = next {
            page["@odata.nextLink"] = next.into();
        }
        crate::support::json(200, "", &page.to_string())
    };
    server
        .graph(page("r-1", Some(link("?$skiptoken=2"))))
        .graph(page("r-2", None));
    let read = writer.approval_requests(&connection, &context, LEAVE);
    assert_eq!(read.await.unwrap().len(), 2);
    // A circle, another version and another host end it.
    for next in [
        link(""),
        link("").replace("/beta/", "/v1.0/"),
        "https://elsewhere.example/beta/x".to_owned(),
    ] {
        server.graph(page("r-1", Some(next.clone())));
        let read = writer.approval_requests(&connection, &context, LEAVE).await;
        let refused = matches!(read, Err(GraphError::RefusedNextLink { .. }));
        assert!(refused, "{next}");
    }
}

#[tokio::test]
async fn l10_no_page_of_requests_is_begun_on_leave_that_is_too_old() {
    let server = Server::start().await;
    let (client, connection, context) = (client(), server.connection(), context());
    let writer = client.writer().unwrap();
    let path = "beta/deviceManagement/operationApprovalRequests";
    let next = format!("{}/{path}?$skiptoken=2", server.address);
    let first = json!({"value": [], "@odata.nextLink": next}).to_string();
    // The first page has to be waited for longer than the leave is good for; the second one would come.
    server
        .graph(crate::support::json(429, "Retry-After: 1\r\n", "{}"))
        .graph(crate::support::json(200, "", &first))
        .graph(crate::support::json(
            200,
            "",
            &json!({"value": []}).to_string(),
        ));
    let leave = Duration::from_millis(500);
    let read = writer.approval_requests(&connection, &context, leave);
    assert!(matches!(read.await, Err(GraphError::LeaveTooOld)));
    assert!(server.seen(&format!("/{path}")).len() <= 2);
}

#[tokio::test]
async fn b05_requests_for_approval_are_read() {
    let server = Server::start().await;
    let list = json!({"value": [
        {"id": CODE, "status": "approved", "requestJustification": "Run 1"},
        {"id": "c-2", "status": "needsApproval"},
        {"status": "approved"},
    ]});
    server.graph(crate::support::json(200, "", &list.to_string()));
    let (client, connection, context) = (client(), server.connection(), context());
    let writer = client.writer().unwrap();
    let read = writer
        .approval_requests(&connection, &context, LEAVE)
        .await
        .unwrap();
    let statuses: Vec<_> = read.iter().map(|request| request.status).collect();
    assert_eq!(
        statuses,
        [ApprovalStatus::Approved, ApprovalStatus::Waiting]
    );
    assert_eq!(read[0].justification, "Run 1");
}

#[tokio::test]
async fn p01_each_type_is_changed_as_its_contract_says() {
    let server = Server::start().await;
    for _ in 0..6 {
        server.graph(crate::support::json(200, "", "{\"id\":\"new-1\"}"));
    }
    let whole = json!({"name": "Policy", "settings": []});
    let fields = whole.as_object().unwrap();
    let put = Effect::Update { id: "p-1", fields };
    write(&server, "settings_catalog", put).await.unwrap();
    let body = json!({"@odata.type": "#microsoft.graph.iosManagedAppProtection"});
    let create = Effect::Create {
        body: body.as_object().unwrap(),
    };
    let created = write(&server, "app_protection", create).await.unwrap();
    assert_eq!(created.id.as_deref(), Some("new-1"));
    let targets = [json!({"target": {"groupId": "g-1"}})];
    let assign = |odata_type| Effect::Assign {
        id: "s-1",
        odata_type,
        assignments: &targets,
    };
    write(&server, "health_scripts", assign(None))
        .await
        .unwrap();
    write(&server, "autopilot_profiles", assign(None))
        .await
        .unwrap();
    let lines: Vec<_> = server
        .seen("/beta/")
        .into_iter()
        .map(|seen| {
            (
                seen.line,
                serde_json::from_str::<Value>(&seen.body).unwrap(),
            )
        })
        .collect();
    let base = "/beta/deviceManagement";
    assert_eq!(
        lines[0],
        (
            format!("PUT {base}/configurationPolicies/p-1"),
            whole.clone()
        )
    );
    let apps = "POST /beta/deviceAppManagement/iosManagedAppProtections".to_owned();
    assert_eq!(lines[1], (apps, body.clone()));
    let assigned = json!({"deviceHealthScriptAssignments": targets});
    assert_eq!(
        lines[2],
        (
            format!("POST {base}/deviceHealthScripts/s-1/assign"),
            assigned
        )
    );
    let one = format!("POST {base}/windowsAutopilotDeploymentProfiles/s-1/assignments");
    assert_eq!(lines[3], (one, targets[0].clone()));
    // What no source vouches for is not sent.
    let unknown = json!({"@odata.type": "#microsoft.graph.newApp"});
    let platform = json!({"platform": "x"});
    for (key, effect) in [
        (
            "app_protection",
            Effect::Create {
                body: unknown.as_object().unwrap(),
            },
        ),
        ("app_protection", Effect::Create { body: fields }),
        ("app_protection", assign(None)),
        (
            "assignment_filters",
            Effect::Update {
                id: "f",
                fields: platform.as_object().unwrap(),
            },
        ),
        ("assignment_filters", assign(None)),
        ("managed_devices", Effect::Create { body: fields }),
        ("conditional_access", assign(None)),
    ] {
        let error = write(&server, key, effect).await.unwrap_err();
        let kept = matches!(error, WriteError::NotDone(GraphError::Misconfigured { .. }));
        assert!(kept, "{key}: {error:?}");
    }
    assert_eq!(server.seen("/beta/").len(), 4);
}
