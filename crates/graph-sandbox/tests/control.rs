//! The journal, scripted faults, mutation and batches, from outside.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use graph_sandbox::{ControlApi, Fault, FaultKind, Scale};
    use serde_json::{Value, json};

    use super::support::{Answer, World};

    async fn batch(world: &World, token: &str, requests: Value) -> Answer {
        let request = Request::post("/v1.0/$batch")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Body::from(json!({"requests": requests}).to_string()))
            .unwrap();
        world.send(request).await
    }

    fn by_id<'a>(body: &'a Value, id: &str) -> &'a Value {
        body["responses"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["id"] == id)
            .unwrap()
    }

    #[tokio::test]
    async fn without_control_there_is_nothing_to_find() {
        let world = World::with(Scale::Small, ControlApi::Off);
        for path in ["journal", "faults", "tenants/x/state", ""] {
            let answer = world.control("GET", path, "").await;
            assert_eq!(
                (answer.status, answer.body.len()),
                (StatusCode::NOT_FOUND, 0),
                "{path}"
            );
        }
    }

    #[tokio::test]
    async fn the_journal_holds_every_request_but_those_of_the_control_api() {
        let world = World::new();
        let tenant = world.tenant(0);
        let token = world.token(0).await;
        world.get(&token, "/v1.0/groups?$top=1").await;
        world.get("bad", "/v1.0/groups").await;
        let page = world.control("GET", "journal?since=0", "").await.json();
        let entries = page["entries"].as_array().unwrap();
        assert_eq!((entries.len(), page["next"].clone()), (3, json!(3)));
        assert_eq!(entries[0]["method"], "POST");
        assert_eq!(
            entries[0]["path"],
            format!("/{}/oauth2/v2.0/token", tenant.tenant_id)
        );
        assert_eq!(entries[0]["body_hash"].as_str().unwrap().len(), 64);
        for entry in entries.iter().take(2) {
            assert_eq!(entry["tenant_id"], tenant.tenant_id.as_str());
            assert_eq!(entry["app_id"], tenant.client_id.as_str());
            assert_eq!(entry["status"], 200);
        }
        assert_eq!(entries[1]["path"], "/v1.0/groups");
        assert_eq!(entries[1]["query"], "$top=1");
        assert_eq!(entries[1]["time"], "2026-01-05T08:30:00.000Z");
        assert_eq!(
            (&entries[2]["status"], &entries[2]["tenant_id"]),
            (&json!(401), &Value::Null)
        );
        let later = world.control("GET", "journal?since=3", "").await.json();
        assert_eq!(
            (later["next"].clone(), later["entries"].clone()),
            (json!(3), json!([]))
        );
        assert!(!page.to_string().contains(&tenant.client_secret));
        assert!(!page.to_string().contains(&token));
    }

    #[tokio::test]
    async fn a_fault_is_added_listed_used_up_and_removed() {
        let world = World::new();
        let token = world.token(0).await;
        let body =
            r#"{"kind":"status","status":429,"retry_after":"2","route":"/groups","count":1}"#;
        let added = world.control("POST", "faults", body).await;
        assert_eq!(added.status, StatusCode::CREATED);
        let listed = world.control("GET", "faults", "").await.json();
        assert_eq!(listed["faults"][0]["id"], added.json()["id"]);
        assert_eq!(
            world.get(&token, "/v1.0/organization").await.status,
            StatusCode::OK
        );
        let hit = world.get(&token, "/beta/groups").await;
        assert_eq!(hit.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(
            (
                hit.headers["retry-after"].to_str().unwrap(),
                hit.error_code().as_str()
            ),
            ("2", "TooManyRequests")
        );
        assert_eq!(
            world.get(&token, "/beta/groups").await.status,
            StatusCode::OK
        );
        let listed = world.control("GET", "faults", "").await.json();
        assert_eq!(listed["faults"], json!([]));
        let added = world
            .control("POST", "faults", r#"{"kind":"hang"}"#)
            .await
            .json();
        let one = format!("faults/{}", added["id"].as_str().unwrap());
        assert_eq!(
            world.control("DELETE", &one, "").await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(
            world.control("DELETE", &one, "").await.status,
            StatusCode::NOT_FOUND
        );
        world.control("POST", "faults", r#"{"kind":"hang"}"#).await;
        assert_eq!(
            world.control("DELETE", "faults", "").await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(
            world.get(&token, "/v1.0/groups").await.status,
            StatusCode::OK
        );
    }

    #[tokio::test]
    async fn a_bad_control_body_names_its_field() {
        let world = World::new();
        let mutate = format!("tenants/{}/mutate", world.tenant(0).tenant_id);
        for (path, body, field) in [
            ("faults", "", "body"),
            ("faults", "{", "body"),
            ("faults", r#"{"kind":"nope"}"#, "kind"),
            ("faults", r#"{"kind":"hang","tenant_id":"x"}"#, "tenant_id"),
            ("throttling", r#"{"mode":"x"}"#, "mode"),
            (mutate.as_str(), "[]", "body"),
            (
                mutate.as_str(),
                r#"{"collection":"x","op":"delete"}"#,
                "collection",
            ),
            (mutate.as_str(), r#"{"collection":"groups","op":"x"}"#, "op"),
            (
                mutate.as_str(),
                r#"{"collection":"groups","op":"delete"}"#,
                "id",
            ),
            (
                mutate.as_str(),
                r#"{"collection":"groups","op":"create"}"#,
                "body",
            ),
            (
                mutate.as_str(),
                r#"{"collection":"groups","op":"create","body":{"id":1}}"#,
                "body.id",
            ),
            (
                mutate.as_str(),
                r#"{"collection":"servicePrincipals","op":"delete","id":"1"}"#,
                "collection",
            ),
        ] {
            let answer = world.control("POST", path, body).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
            assert_eq!(answer.json()["field"], field, "{body}");
        }
        let journal = world.control("GET", "journal?since=-1", "").await;
        assert_eq!(
            (journal.status, journal.json()["field"].clone()),
            (StatusCode::BAD_REQUEST, json!("since"))
        );
        assert_eq!(
            world.control("PUT", "journal", "").await.headers["allow"],
            "GET"
        );
        assert_eq!(
            world.control("GET", "tenants/x/state", "").await.status,
            StatusCode::NOT_FOUND
        );
    }

    #[tokio::test]
    async fn a_page_from_elsewhere_cannot_steer_the_sandbox() {
        let world = World::new();
        let request = Request::delete("/_sandbox/faults")
            .header("host", "127.0.0.1:4010")
            .header("origin", "https://elsewhere.example")
            .body(Body::empty())
            .unwrap();
        assert_eq!(world.send(request).await.status, StatusCode::FORBIDDEN);
    }

    #[tokio::test]
    async fn mutation_changes_what_is_read() {
        let world = World::new();
        let tenant = world.tenant(0);
        let token = world.token(0).await;
        let path = format!("tenants/{}/mutate", tenant.tenant_id);
        let state = format!("tenants/{}/state", tenant.tenant_id);
        let before = world.control("GET", &state, "").await.json();
        let body = json!({"collection": "deviceManagement/deviceConfigurations", "op": "create",
            "body": {"@odata.type": "#microsoft.graph.iosCustomConfiguration",
                "displayName": "Made", "version": 1}});
        let made = world.control("POST", &path, &body.to_string()).await;
        assert_eq!(made.status, StatusCode::CREATED);
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let after = world.control("GET", &state, "").await.json();
        let count = |state: &Value| {
            state["counts"]["deviceManagement/deviceConfigurations"]
                .as_u64()
                .unwrap()
        };
        assert_eq!(count(&after), count(&before) + 1);
        assert!(
            after["roles"]
                .as_array()
                .unwrap()
                .contains(&json!("Group.Read.All"))
        );
        world.pass(60);
        let body = json!({"collection": "deviceConfigurations", "op": "patch", "id": id,
            "body": {"displayName": "Changed", "id": "other"}});
        world.control("POST", &path, &body.to_string()).await;
        let uri = format!("/v1.0/deviceManagement/deviceConfigurations/{id}");
        let read = world.get(&token, &uri).await.json();
        assert_eq!(
            (&read["displayName"], &read["version"]),
            (&json!("Changed"), &json!(2))
        );
        assert_eq!(read["lastModifiedDateTime"], "2026-01-05T08:31:00Z");
        let body = json!({"collection": "deviceConfigurations", "op": "delete", "id": id});
        world.control("POST", &path, &body.to_string()).await;
        assert_eq!(world.get(&token, &uri).await.status, StatusCode::NOT_FOUND);
        let again = world.control("POST", &path, &body.to_string()).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_batch_answers_each_part_on_its_own() {
        let world = World::new();
        let token = world.token(0).await;
        let fault = Fault {
            route: Some("/organization".to_owned()),
            count: Some(1),
            ..Fault::everywhere(FaultKind::Status {
                status: 429,
                retry_after: Some("3".to_owned()),
            })
        };
        world.sandbox.faults().add(fault).unwrap();
        let answer = batch(
            &world,
            &token,
            json!([
                {"id": 1, "method": "GET", "url": "/groups?$top=1"},
                {"id": "2", "method": "get", "url": "organization"},
                {"id": "3", "method": "GET", "url": "/groups/11111111-2222-4333-8444-555555555555"},
                {"id": "4", "method": "GET", "url": "/groups", "dependsOn": ["3"]},
                {"id": "5", "method": "GET", "url": "/groups/$count",
                    "headers": {"consistencylevel": "eventual"}},
                {"id": "6", "method": "POST", "url": "/$batch"},
                {"id": "7", "method": "GET", "url": "/groups?$filter=displayName%20eq%20'http://x'"},
            ]),
        )
        .await;
        assert_eq!(answer.status, StatusCode::OK);
        let body = answer.json();
        assert_eq!(by_id(&body, "1")["status"], 200);
        assert_eq!(
            by_id(&body, "1")["body"]["value"].as_array().unwrap().len(),
            1
        );
        assert_eq!(by_id(&body, "2")["status"], 429);
        assert_eq!(by_id(&body, "2")["headers"]["Retry-After"], "3");
        assert_eq!(
            by_id(&body, "3")["body"]["error"]["code"],
            "Request_ResourceNotFound"
        );
        assert_eq!(by_id(&body, "4")["status"], 424);
        assert_eq!(by_id(&body, "5")["status"], 200);
        assert_eq!(by_id(&body, "6")["status"], 400);
        // An address in the query is no address of another host.
        assert_eq!(by_id(&body, "7")["status"], 200);
        let entries = world.sandbox.journal().since(1);
        assert_eq!(
            entries
                .iter()
                .filter(|entry| entry.in_batch == Some(2))
                .count(),
            6
        );
    }

    #[tokio::test]
    async fn a_bad_batch_is_refused_as_a_whole() {
        let world = World::new();
        let token = world.token(0).await;
        let one = json!({"id": "1", "method": "GET", "url": "/groups"});
        for requests in [
            json!([]),
            json!({}),
            json!(vec![one.clone(); 2]),
            json!(
                (0..21)
                    .map(|id| json!({"id": id, "method": "GET", "url": "/groups"}))
                    .collect::<Vec<_>>()
            ),
            json!([{"method": "GET", "url": "/groups"}]),
            json!([{"id": "1", "url": "/groups"}]),
            json!([{"id": "1", "method": "GET", "url": "https://elsewhere.example/groups"}]),
            json!([{"id": "1", "method": "GET", "url": "/groups", "dependsOn": ["9"]}]),
            json!([{"id": "1", "method": "POST", "url": "/groups", "body": {}}]),
        ] {
            let answer = batch(&world, &token, requests.clone()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{requests}");
        }
        let twenty: Vec<_> = (0..20)
            .map(|id| json!({"id": id, "method": "GET", "url": "/organization"}))
            .collect();
        let answer = batch(&world, &token, json!(twenty)).await.json();
        assert_eq!(answer["responses"].as_array().unwrap().len(), 20);
    }

    #[tokio::test]
    async fn links_and_json_are_bent_as_told() {
        let world = World::new();
        let token = world.token(0).await;
        let faults = world.sandbox.faults();
        let uri = "/v1.0/organization?$select=id";
        faults
            .add(Fault::everywhere(FaultKind::LoopNextLink))
            .unwrap();
        let body = world.get(&token, uri).await.json();
        assert_eq!(
            body["@odata.nextLink"],
            format!("http://127.0.0.1:4010{uri}")
        );
        faults.clear();
        faults
            .add(Fault::everywhere(FaultKind::ForeignNextLink))
            .unwrap();
        let body = world.get(&token, uri).await.json();
        assert_eq!(
            body["@odata.nextLink"],
            format!("https://graph.attacker.example{uri}")
        );
        for kind in [FaultKind::Truncate, FaultKind::InvalidJson] {
            faults.clear();
            faults.add(Fault::everywhere(kind)).unwrap();
            let answer = world.get(&token, uri).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
        }
    }
}
