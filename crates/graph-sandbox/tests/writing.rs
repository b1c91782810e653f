//! Changing objects: leave, state, and what the journal says of the effect whatever the answer was.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use serde_json::{Value, json};

    use super::support::{Answer, World};

    const CONFIGURATIONS: &str = "/beta/deviceManagement/deviceConfigurations";
    const READ_WRITE: &str = "DeviceManagementConfiguration.ReadWrite.All";

    async fn patch(world: &World, token: &str, uri: &str, body: &str) -> Answer {
        let request = Request::patch(uri)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        world.send(request).await
    }

    /// A world whose first application may write, a token of it, and one object.
    async fn writer() -> (World, String, Value) {
        let world = World::new();
        assert!(world.sandbox.grant(&world.tenant(0).tenant_id, READ_WRITE));
        let token = world.token(0).await;
        let (objects, _) = world.all(&token, CONFIGURATIONS).await;
        (world, token, objects[0].clone())
    }

    fn address(object: &Value) -> String {
        format!("{CONFIGURATIONS}/{}", object["id"].as_str().unwrap())
    }

    fn change(object: &Value, description: &str) -> String {
        json!({"@odata.type": object["@odata.type"], "description": description}).to_string()
    }

    /// What the journal says the changes did.
    fn effects(world: &World) -> Vec<Value> {
        let entries = world.sandbox.journal().since(0);
        let changes = entries.iter().filter(|entry| entry.method == "PATCH");
        changes
            .map(|entry| json!([entry.status, entry.write]))
            .collect()
    }

    #[tokio::test]
    async fn a_change_is_kept_and_the_same_change_again_is_told_apart() {
        let (world, token, object) = writer().await;
        let (uri, body) = (address(&object), change(&object, "new"));
        for _ in 0..2 {
            let answer = patch(&world, &token, &uri, &body).await;
            assert_eq!(
                (answer.status, answer.body.len()),
                (StatusCode::NO_CONTENT, 0)
            );
        }
        let now = world.get(&token, &uri).await.json();
        assert_eq!(now["description"], "new");
        assert_eq!(now["id"], object["id"]);
        assert_eq!(
            now["version"].as_u64(),
            object["version"].as_u64().map(|version| version + 1),
            "one change, one version"
        );
        assert_eq!(
            effects(&world),
            [json!([204, "applied"]), json!([204, "repeated"])]
        );
    }

    #[tokio::test]
    async fn a_change_needs_the_permission_to_write() {
        let world = World::new();
        let token = world.token(0).await;
        let (objects, _) = world.all(&token, CONFIGURATIONS).await;
        let (uri, body) = (address(&objects[0]), change(&objects[0], "new"));
        let refused = patch(&world, &token, &uri, &body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert!(refused.json().to_string().contains(READ_WRITE));
        let grant = format!("tenants/{}/grant", world.tenant(0).tenant_id);
        let unknown = world
            .control("POST", &grant, r#"{"role":"Everything"}"#)
            .await;
        assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
        let role = json!({"role": READ_WRITE}).to_string();
        let granted = world.control("POST", &grant, &role).await;
        assert_eq!(granted.status, StatusCode::OK);
        // The token holds what was granted as it was issued.
        assert_eq!(
            patch(&world, &token, &uri, &body).await.status,
            StatusCode::FORBIDDEN
        );
        let token = world.token(0).await;
        assert_eq!(
            patch(&world, &token, &uri, &body).await.status,
            StatusCode::NO_CONTENT
        );
        let last = effects(&world).pop().unwrap();
        assert_eq!(last, json!([204, "applied"]));
    }

    #[tokio::test]
    async fn a_change_that_makes_no_sense_changes_nothing() {
        let (world, token, object) = writer().await;
        let uri = address(&object);
        let other = json!({"@odata.type": "#other", "description": "x"}).to_string();
        for (uri, body, status) in [
            (uri.clone(), "{}".to_owned(), StatusCode::BAD_REQUEST),
            (uri.clone(), other, StatusCode::BAD_REQUEST),
            (uri.clone(), "[]".to_owned(), StatusCode::BAD_REQUEST),
            (uri.clone(), "{".to_owned(), StatusCode::BAD_REQUEST),
            (
                format!("{CONFIGURATIONS}/nothing"),
                change(&object, "x"),
                StatusCode::NOT_FOUND,
            ),
            (
                CONFIGURATIONS.to_owned(),
                change(&object, "x"),
                StatusCode::METHOD_NOT_ALLOWED,
            ),
            (
                format!("{uri}/assignments"),
                "{}".to_owned(),
                StatusCode::METHOD_NOT_ALLOWED,
            ),
            (
                "/v1.0/groups/x".to_owned(),
                "{}".to_owned(),
                StatusCode::FORBIDDEN,
            ),
            (
                "/v1.0/organization/x".to_owned(),
                "{}".to_owned(),
                StatusCode::METHOD_NOT_ALLOWED,
            ),
        ] {
            let answer = patch(&world, &token, &uri, &body).await;
            assert_eq!(answer.status, status, "{uri} {body}");
        }
        assert_eq!(
            world.get(&token, &uri).await.json()["description"],
            object["description"]
        );
        assert!(effects(&world).iter().all(|effect| effect[1].is_null()));
    }

    #[tokio::test]
    async fn a_fault_after_the_commit_changes_the_answer_alone_and_leaves_readers_alone() {
        let (world, token, object) = writer().await;
        let fault = r#"{"kind":"status_after_commit","status":504,"count":1}"#;
        let added = world.control("POST", "faults", fault).await;
        assert_eq!(added.status, StatusCode::CREATED);
        let uri = address(&object);
        assert_eq!(world.get(&token, &uri).await.status, StatusCode::OK);
        let answer = patch(&world, &token, &uri, &change(&object, "new")).await;
        assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(world.get(&token, &uri).await.json()["description"], "new");
        assert_eq!(effects(&world), [json!([504, "applied"])]);
        assert_eq!(
            world.control("GET", "faults", "").await.json()["faults"],
            json!([])
        );
    }
}
