//! What is sent has to be JSON, and hold what the directory wants of it.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::support::World;

    fn new_group() -> Value {
        json!({"displayName": "New", "mailNickname": "new", "mailEnabled": false, "securityEnabled": true})
    }

    async fn refused(world: &World, token: &str, headers: &[(&str, &str)], body: &Value) -> Value {
        let answer = world
            .ask(token, "POST", "/v1.0/groups", headers, body)
            .await;
        assert_eq!(answer.status.as_u16(), 400, "{body}");
        answer.json()["error"].clone()
    }

    #[tokio::test]
    async fn a_body_that_is_not_said_to_be_json_is_refused() {
        let world = World::new();
        let token = world.writer().await;
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/octet-stream",
        ] {
            let sent = world
                .send_as(&token, "POST", "/v1.0/groups", Some(kind), &new_group())
                .await;
            assert_eq!(sent.status.as_u16(), 400, "{kind}");
            assert_eq!(sent.error_code(), "BadRequest");
            let said = sent.json()["error"]["message"].clone();
            assert_eq!(
                said,
                "Entity only allows writes with a JSON Content-Type header."
            );
        }
        let sent = world
            .send_as(&token, "POST", "/v1.0/groups", None, &new_group())
            .await;
        assert_eq!(sent.status.as_u16(), 400);
        assert!(world.is_unwritten());
        let kind = "application/json;odata.metadata=minimal; charset=utf-8";
        let sent = world
            .send_as(&token, "POST", "/v1.0/groups", Some(kind), &new_group())
            .await;
        assert_eq!(sent.status.as_u16(), 201);
        let broken = world
            .send_as(
                &token,
                "POST",
                "/v1.0/groups",
                Some("application/json"),
                &json!([]),
            )
            .await;
        assert!(
            broken.json()["error"]["message"]
                .as_str()
                .unwrap()
                .starts_with("Unable to read JSON")
        );
        let batch = json!({"requests": [{"id": "1", "method": "POST", "url": "/groups", "body": new_group()}]});
        let answer = world.ask(&token, "POST", "/v1.0/$batch", &[], &batch).await;
        let said = answer.json()["error"]["message"].clone();
        assert_eq!(
            said,
            "Write request with id '1' does not contain a Content-Type header."
        );
    }

    #[tokio::test]
    async fn the_directory_says_what_a_new_group_lacks_and_what_is_too_long() {
        let world = World::new();
        let token = world.writer().await;
        for name in [
            "displayName",
            "mailNickname",
            "mailEnabled",
            "securityEnabled",
        ] {
            let mut body = new_group();
            body.as_object_mut().unwrap().remove(name);
            let error = refused(&world, &token, &[], &body).await;
            assert_eq!(error["code"], "Request_BadRequest");
            let said = format!("A value is required for property '{name}' of resource 'Group'.");
            assert_eq!(error["message"], said);
        }
        for (name, value) in [
            ("displayName", "n".repeat(257)),
            ("description", "d".repeat(1_025)),
            ("mailNickname", "m".repeat(65)),
            ("mailNickname", "two words".to_owned()),
        ] {
            let mut body = new_group();
            body[name] = json!(value);
            let error = refused(&world, &token, &[], &body).await;
            let said =
                format!("Invalid value specified for property '{name}' of resource 'Group'.");
            assert_eq!(error["message"], said);
        }
        let mut longest = new_group();
        longest["displayName"] = json!("ü".repeat(256));
        longest["description"] = json!("d".repeat(1_024));
        longest["mailNickname"] = json!("m".repeat(64));
        let made = world
            .ask(&token, "POST", "/v1.0/groups", &[], &longest)
            .await;
        assert_eq!(made.status.as_u16(), 201);
        let uri = format!("/v1.0/groups/{}", made.json()["id"].as_str().unwrap());
        let longer = json!({"displayName": "n".repeat(257)});
        assert_eq!(world.status(&token, "PATCH", &uri, &longer).await, 400);
        let rule = json!({"displayName": "New", "platform": "iOS", "rule": "x".repeat(3_073)});
        let filters = "/beta/deviceManagement/assignmentFilters";
        assert_eq!(world.status(&token, "POST", filters, &rule).await, 400);
    }
}
