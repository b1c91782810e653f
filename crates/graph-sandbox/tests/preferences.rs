//! The `Prefer` header: what is honoured, and what is passed over.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::support::World;

    const MINIMAL: (&str, &str) = ("Prefer", "return=minimal");
    const WHOLE: (&str, &str) = ("Prefer", "return=representation");

    /// The link to the next round after everything was read.
    async fn baseline(world: &World, token: &str) -> String {
        let mut uri = "/v1.0/groups/delta?$select=displayName,description,members".to_owned();
        loop {
            let body = world.get(token, &uri).await.json();
            if let Some(link) = body["@odata.deltaLink"].as_str() {
                return link.to_owned();
            }
            uri = body["@odata.nextLink"].as_str().unwrap().to_owned();
        }
    }

    async fn patch(world: &World, token: &str, id: &str, body: Value) {
        let uri = format!("/v1.0/groups/{id}");
        let answer = world.ask(token, "PATCH", &uri, &[], &body).await;
        assert_eq!(answer.status.as_u16(), 204);
    }

    #[tokio::test]
    async fn a_minimal_delta_names_only_what_changed() {
        let world = World::new();
        let token = world.writer().await;
        let (all, _) = world.all(&token, "/v1.0/groups?$select=id&$top=2").await;
        let id = all[0]["id"].as_str().unwrap();
        let link = baseline(&world, &token).await;
        patch(&world, &token, id, json!({"displayName": "One"})).await;
        let minimal = world
            .ask(&token, "GET", &link, &[MINIMAL], &Value::Null)
            .await;
        assert_eq!(minimal.headers["preference-applied"], "return=minimal");
        let minimal = minimal.json();
        assert_eq!(minimal["value"], json!([{"id": id, "displayName": "One"}]));
        let whole = world.get(&token, &link).await;
        assert!(whole.headers.get("preference-applied").is_none());
        assert!(whole.json()["value"][0].get("description").is_some());
        // From here on the other property changes, to nothing.
        let link = minimal["@odata.deltaLink"].as_str().unwrap();
        patch(&world, &token, id, json!({"description": null})).await;
        let group = json!({
            "displayName": "New", "mailNickname": "new", "mailEnabled": false, "securityEnabled": true,
        });
        let new = world.ask(&token, "POST", "/v1.0/groups", &[], &group).await;
        let new = new.json()["id"].as_str().unwrap().to_owned();
        let next = world
            .ask(&token, "GET", link, &[MINIMAL], &Value::Null)
            .await;
        let next = next.json();
        let of = |id: &str| {
            let all = next["value"].as_array().unwrap();
            all.iter().find(|item| item["id"] == id).unwrap().clone()
        };
        assert_eq!(of(id), json!({"id": id, "description": null}));
        assert_eq!(of(&new)["displayName"], "New", "all of a new group is new");
        let first = world
            .ask(
                &token,
                "GET",
                "/v1.0/groups/delta",
                &[MINIMAL],
                &Value::Null,
            )
            .await;
        assert!(
            first.headers.get("preference-applied").is_none(),
            "nothing is left out"
        );
    }

    #[tokio::test]
    async fn pages_are_as_long_as_was_asked() {
        let world = World::new();
        let token = world.token(0).await;
        for uri in [
            "/v1.0/groups?$select=id",
            "/v1.0/groups/delta",
            "/beta/deviceManagement/configurationPolicies",
        ] {
            let wish = ("Prefer", "odata.maxpagesize=3");
            let page = world
                .ask(&token, "GET", uri, &[wish], &Value::Null)
                .await
                .json();
            assert_eq!(page["value"].as_array().unwrap().len(), 3, "{uri}");
            assert!(page["@odata.nextLink"].is_string(), "{uri}");
        }
    }

    #[tokio::test]
    async fn changes_are_answered_as_always_whatever_is_preferred() {
        let world = World::new();
        let token = world.writer().await;
        let group = json!({"displayName": "New", "mailNickname": "new", "mailEnabled": false, "securityEnabled": true});
        let tag = json!({"displayName": "New"});
        for (uri, body, updated) in [
            ("/v1.0/groups", group, 204),
            ("/beta/deviceManagement/roleScopeTags", tag, 200),
        ] {
            for wish in [MINIMAL, WHOLE] {
                let made = world.ask(&token, "POST", uri, &[wish], &body).await;
                assert!(made.headers.get("preference-applied").is_none());
                let id = made.json()["id"].as_str().unwrap().to_owned();
                let own = format!("{uri}/{id}");
                let change = json!({"displayName": "Other"});
                let changed = world.ask(&token, "PATCH", &own, &[wish], &change).await;
                assert_eq!(changed.status.as_u16(), updated, "{uri}");
                assert!(changed.headers.get("preference-applied").is_none());
            }
        }
    }
}
