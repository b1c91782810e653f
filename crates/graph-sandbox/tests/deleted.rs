//! Deleted objects: kept for thirty days, restored, or deleted for good.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::support::World;

    const BIN: &str = "/v1.0/directory/deletedItems";
    const ACCESS: &str = "/beta/identity/conditionalAccess";

    async fn ask(world: &World, token: &str, method: &str, uri: &str) -> (u16, Value) {
        let answer = world.ask(token, method, uri, &[], &Value::Null).await;
        let body = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        (answer.status.as_u16(), body)
    }

    async fn make(world: &World, token: &str, uri: &str, body: &Value) -> String {
        let made = world.ask(token, "POST", uri, &[], body).await;
        assert_eq!(made.status.as_u16(), 201, "{}", made.json());
        made.json()["id"].as_str().unwrap().to_owned()
    }

    async fn group(world: &World, token: &str) -> String {
        let body = json!({
            "displayName": "Kept", "mailNickname": "kept", "mailEnabled": false, "securityEnabled": true,
        });
        make(world, token, "/v1.0/groups", &body).await
    }

    async fn delete(world: &World, token: &str, uri: &str) {
        assert_eq!(ask(world, token, "DELETE", uri).await.0, 204, "{uri}");
    }

    #[tokio::test]
    async fn a_deleted_group_is_kept_and_comes_back_as_it_was() {
        let world = World::new();
        let token = world.writer().await;
        let id = group(&world, &token).await;
        let own = format!("/v1.0/groups/{id}");
        let before = ask(&world, &token, "GET", &own).await.1;
        delete(&world, &token, &own).await;
        assert_eq!(ask(&world, &token, "GET", &own).await.0, 404);
        for list in [
            format!("{BIN}/microsoft.graph.group"),
            "/beta/directory/deleteditems/microsoft.graph.group?$filter=displayName+eq+'Kept'"
                .to_owned(),
        ] {
            let (all, _) = world.all(&token, &list).await;
            assert_eq!(all.len(), 1, "{list}");
            assert_eq!(all[0]["deletedDateTime"], "2026-01-05T08:30:00Z");
        }
        for one in [
            format!("{BIN}/{id}"),
            format!("{BIN}('{id}')"),
            format!("{BIN}/{id}/microsoft.graph.group"),
            format!("{BIN}/microsoft.graph.group/{id}?$select=id,displayName"),
        ] {
            let (status, body) = ask(&world, &token, "GET", &one).await;
            assert_eq!(
                (status, &body["displayName"]),
                (200, &json!("Kept")),
                "{one}"
            );
        }
        let (status, body) = ask(&world, &token, "POST", &format!("{BIN}/{id}/restore")).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(body["@odata.type"], "#microsoft.graph.group");
        let mut after = ask(&world, &token, "GET", &own).await.1;
        assert_eq!(after["deletedDateTime"], Value::Null);
        after.as_object_mut().unwrap().remove("deletedDateTime");
        let mut before = before;
        before.as_object_mut().unwrap().remove("deletedDateTime");
        assert_eq!(after, before);
        let again = ask(&world, &token, "POST", &format!("{BIN}/{id}/restore")).await;
        assert_eq!(again.0, 404, "there is nothing left to restore");
        let entries = world.sandbox.journal().since(0);
        let restored = entries
            .iter()
            .find(|entry| entry.path.ends_with("/restore"));
        assert!(restored.unwrap().write.is_some());
    }

    #[tokio::test]
    async fn a_restored_group_has_its_members_and_the_delta_says_what_happened() {
        let world = World::new();
        let token = world.writer().await;
        let (all, _) = world
            .all(
                &token,
                "/v1.0/groups?$filter=groupTypes/any(c:c+eq+'Unified')",
            )
            .await;
        let id = all[0]["id"].as_str().unwrap();
        let members = format!("/v1.0/groups/{id}/members?$select=id");
        let before = world.all(&token, &members).await.0;
        let delta = |from: String| {
            let (world, token) = (&world, &token);
            async move {
                let body = world.get(token, &from).await.json();
                let link = body["@odata.deltaLink"].as_str().unwrap().to_owned();
                (body["value"].clone(), link)
            }
        };
        let (_, link) =
            delta("/v1.0/groups/delta?$deltatoken=latest&$select=displayName".to_owned()).await;
        delete(&world, &token, &format!("/v1.0/groups/{id}")).await;
        let (gone, link) = delta(link).await;
        assert_eq!(gone, json!([{"id": id, "@removed": {"reason": "changed"}}]));
        ask(&world, &token, "POST", &format!("{BIN}/{id}/restore")).await;
        let (back, _) = delta(link).await;
        assert_eq!(
            back,
            json!([{"id": id, "displayName": all[0]["displayName"]}])
        );
        assert_eq!(world.all(&token, &members).await.0, before);
    }

    #[tokio::test]
    async fn what_was_deleted_is_let_go_after_thirty_days() {
        let world = World::new();
        let token = world.writer().await;
        let id = group(&world, &token).await;
        delete(&world, &token, &format!("/v1.0/groups/{id}")).await;
        let list = format!("{BIN}/microsoft.graph.group");
        world.pass(30 * 86_400 - 60);
        let token = world.token(0).await;
        assert_eq!(world.all(&token, &list).await.0.len(), 1);
        world.pass(120);
        assert_eq!(world.all(&token, &list).await.0.len(), 0);
        let restored = ask(&world, &token, "POST", &format!("{BIN}/{id}/restore")).await;
        assert_eq!(restored.0, 404);
    }

    #[tokio::test]
    async fn a_distribution_list_and_a_policy_of_intune_are_gone_at_once() {
        let world = World::new();
        let token = world.writer().await;
        let list = json!({"collection": "groups", "op": "create", "body": {
            "id": "11111111-2222-4333-8444-555555555555", "displayName": "List",
            "groupTypes": [], "mailEnabled": true, "securityEnabled": false,
        }});
        let mutate = format!("tenants/{}/mutate", world.tenant(0).tenant_id);
        world.control("POST", &mutate, &list.to_string()).await;
        delete(
            &world,
            &token,
            "/v1.0/groups/11111111-2222-4333-8444-555555555555",
        )
        .await;
        let (bin, _) = world
            .all(&token, &format!("{BIN}/microsoft.graph.group"))
            .await;
        assert!(bin.is_empty());
        let (policies, _) = world
            .all(&token, "/beta/deviceManagement/roleScopeTags")
            .await;
        let id = policies.last().unwrap()["id"].as_str().unwrap().to_owned();
        let own = format!("/beta/deviceManagement/roleScopeTags/{id}");
        assert_eq!(ask(&world, &token, "DELETE", &own).await.0, 200);
        assert_eq!(
            ask(&world, &token, "GET", &format!("{BIN}/{id}")).await.0,
            404
        );
    }

    #[tokio::test]
    async fn policies_and_locations_of_conditional_access_have_bins_of_their_own() {
        let world = World::new();
        let token = world.writer().await;
        let policy = json!({"displayName": "Kept", "state": "enabled", "conditions": {
            "users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]},
        }, "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}});
        let location = json!({
            "@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Kept", "ipRanges": [],
        });
        for (kind, body) in [("policies", policy), ("namedLocations", location)] {
            let id = make(&world, &token, &format!("{ACCESS}/{kind}"), &body).await;
            let own = format!("{ACCESS}/{kind}/{id}");
            let bin = format!("{ACCESS}/deletedItems/{kind}");
            delete(&world, &token, &own).await;
            let (all, _) = world.all(&token, &bin).await;
            assert_eq!((all.len(), &all[0]["id"]), (1, &json!(id)));
            assert!(all[0]["deletedDateTime"].is_string());
            let one = ask(&world, &token, "GET", &format!("{bin}/{id}")).await;
            assert_eq!((one.0, &one.1["displayName"]), (200, &json!("Kept")));
            let restored = ask(&world, &token, "POST", &format!("{bin}/{id}/restore")).await;
            assert_eq!(
                (restored.0, &restored.1["deletedDateTime"]),
                (200, &Value::Null)
            );
            let back = ask(&world, &token, "GET", &own).await;
            assert_eq!(
                (back.0, &back.1["state"]),
                (200, &body.get("state").cloned().unwrap_or(Value::Null))
            );
            delete(&world, &token, &own).await;
            delete(&world, &token, &format!("{bin}/{id}")).await;
            assert_eq!(
                ask(&world, &token, "GET", &format!("{bin}/{id}")).await.0,
                404
            );
        }
    }

    #[tokio::test]
    async fn a_bin_is_opened_and_emptied_by_what_is_documented() {
        let world = World::new();
        let writer = world.writer().await;
        let id = group(&world, &writer).await;
        delete(&world, &writer, &format!("/v1.0/groups/{id}")).await;
        let own = format!("{BIN}/{id}");
        let purge = ask(&world, &writer, "DELETE", &own).await;
        assert_eq!(purge.0, 403, "for groups only people may");
        assert_eq!(purge.1["error"]["code"], "Authorization_RequestDenied");
        assert_eq!(ask(&world, &writer, "GET", &own).await.0, 200);
        // Another tenant's application only reads.
        let reader = world.token(1).await;
        let (groups, _) = world.all(&reader, "/v1.0/groups?$select=id&$top=1").await;
        let other = groups[0]["id"].as_str().unwrap();
        let mutate = format!("tenants/{}/mutate", world.tenant(1).tenant_id);
        let change = json!({"collection": "groups", "op": "delete", "id": other});
        world.control("POST", &mutate, &change.to_string()).await;
        assert_eq!(
            ask(&world, &reader, "GET", &format!("{BIN}/{other}"))
                .await
                .0,
            200
        );
        let restore = ask(&world, &reader, "POST", &format!("{BIN}/{other}/restore")).await;
        assert_eq!(restore.0, 403);
        assert_eq!(
            ask(&world, &reader, "GET", &own).await.0,
            404,
            "not of this tenant"
        );
        assert_eq!(
            ask(&world, &writer, "GET", BIN).await.0,
            400,
            "without a type"
        );
        let apps = ask(
            &world,
            &writer,
            "GET",
            &format!("{BIN}/microsoft.graph.application"),
        )
        .await;
        assert_eq!((apps.0, &apps.1["value"]), (200, &json!([])));
        // Somebody at another console empties the bin.
        let mutate = format!("tenants/{}/mutate", world.tenant(0).tenant_id);
        let path = "directory/deletedItems/microsoft.graph.group";
        let change = json!({"collection": path, "op": "delete", "id": id});
        world.control("POST", &mutate, &change.to_string()).await;
        assert_eq!(ask(&world, &writer, "GET", &own).await.0, 404);
    }
}
