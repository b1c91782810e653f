//! Delta queries, members, objects by id, and changes inside a batch.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::support::World;

    /// All items of a round, and the link to the next round.
    async fn round(world: &World, token: &str, uri: &str) -> (Vec<Value>, String) {
        let (mut items, mut uri) = (Vec::new(), uri.to_owned());
        loop {
            let body = world.get(token, &uri).await.json();
            items.extend(body["value"].as_array().unwrap().iter().cloned());
            match (
                body["@odata.nextLink"].as_str(),
                body["@odata.deltaLink"].as_str(),
            ) {
                (Some(next), None) => uri = next.to_owned(),
                (None, Some(delta)) => return (items, delta.to_owned()),
                links => panic!("{links:?}"),
            }
        }
    }

    async fn mutate(world: &World, at: usize, body: Value) {
        let path = format!("tenants/{}/mutate", world.tenant(at).tenant_id);
        let answer = world.control("POST", &path, &body.to_string()).await;
        assert!(answer.status.is_success(), "{:?}", answer.json());
    }

    #[tokio::test]
    async fn a_delta_gives_everything_once_and_then_what_changed() {
        let world = World::new();
        // A distribution list, which nobody can restore.
        let hard = "11111111-2222-4333-8444-555555555555";
        let list = json!({"displayName": "List", "groupTypes": [], "mailEnabled": true,
            "securityEnabled": false});
        mutate(
            &world,
            1,
            json!({"collection": "groups", "op": "create", "id": hard, "body": list}),
        )
        .await;
        let token = world.token(1).await;
        let (all, _) = world.all(&token, "/v1.0/groups?$select=id").await;
        let (first, link) = round(&world, &token, "/v1.0/groups/delta()?$select=displayName").await;
        let ids = |items: &[Value]| -> BTreeSet<String> {
            items
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(ids(&first), ids(&all));
        assert!(first[0].get("description").is_none());
        let (none, link) = round(&world, &token, &link).await;
        assert!(none.is_empty(), "{none:?}");
        let unified = world
            .all(
                &token,
                "/v1.0/groups?$filter=groupTypes/any(c:c+eq+'Unified')",
            )
            .await
            .0;
        let soft = unified[0]["id"].as_str().unwrap();
        let other = ids(&all)
            .into_iter()
            .find(|id| id != soft && id != hard)
            .unwrap();
        for id in [soft, hard] {
            mutate(
                &world,
                1,
                json!({"collection": "groups", "op": "delete", "id": id}),
            )
            .await;
        }
        mutate(
            &world,
            1,
            json!({"collection": "groups", "op": "patch", "id": other,
            "body": {"displayName": "Renamed"}}),
        )
        .await;
        let (changes, _) = round(&world, &token, &link).await;
        let of = |id: &str| {
            changes
                .iter()
                .find(|item| item["id"] == id)
                .unwrap()
                .clone()
        };
        assert_eq!(changes.len(), 3);
        assert_eq!(of(soft)["@removed"]["reason"], "changed");
        assert_eq!(of(hard)["@removed"]["reason"], "deleted");
        assert_eq!(of(&other)["displayName"], "Renamed");
    }

    #[tokio::test]
    async fn what_changes_while_a_round_is_read_comes_again_in_the_next() {
        let world = World::new();
        let token = world.token(1).await;
        let first = world
            .get(&token, "/v1.0/groups/delta?$select=id")
            .await
            .json();
        let seen = first["value"][0]["id"].as_str().unwrap().to_owned();
        mutate(
            &world,
            1,
            json!({"collection": "groups", "op": "patch", "id": seen,
            "body": {"displayName": "Meanwhile"}}),
        )
        .await;
        let next = first["@odata.nextLink"].as_str().unwrap();
        let (_, link) = round(&world, &token, next).await;
        let (changes, _) = round(&world, &token, &link).await;
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0]["id"], seen.as_str());
    }

    #[tokio::test]
    async fn a_delta_token_is_good_for_seven_days_and_can_be_reset() {
        let world = World::new();
        let token = world.token(0).await;
        let (none, link) = round(&world, &token, "/v1.0/groups/delta?$deltatoken=latest").await;
        assert!(none.is_empty());
        let fault = r#"{"kind":"delta_reset","route":"/groups/delta","count":1}"#;
        world.control("POST", "faults", fault).await;
        let reset = world.get(&token, &link).await;
        assert_eq!(reset.status.as_u16(), 410);
        let again = reset.headers["location"].to_str().unwrap();
        assert!(
            again.ends_with("/v1.0/groups/delta?$deltatoken="),
            "{again}"
        );
        assert!(!round(&world, &token, again).await.0.is_empty());
        let elsewhere = world.get(&world.token(1).await, &link).await;
        assert_eq!(elsewhere.status.as_u16(), 410, "a token of another tenant");
        world.pass(8 * 86_400);
        let token = world.token(0).await;
        let old = world.get(&token, &link).await;
        assert_eq!(
            (old.status.as_u16(), old.error_code().as_str()),
            (400, "syncStateNotFound")
        );
        for query in [
            "$top=5",
            "$expand=members",
            "$orderby=displayName",
            "$filter=displayName+eq+'a'",
        ] {
            let refused = world
                .get(&token, &format!("/v1.0/groups/delta?{query}"))
                .await;
            assert_eq!(refused.status.as_u16(), 400, "{query}");
        }
        let id = world.get(&token, "/v1.0/groups?$top=1").await.json()["value"][0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let (one, _) = round(
            &world,
            &token,
            &format!("/v1.0/groups/delta?$filter=id+eq+'{id}'"),
        )
        .await;
        assert_eq!(one.len(), 1);
    }

    #[tokio::test]
    async fn members_come_and_go_and_the_delta_says_so() {
        let world = World::new();
        let token = world.writer().await;
        let body = json!({"displayName": "New", "mailNickname": "new", "mailEnabled": false, "securityEnabled": true});
        let group = world
            .ask(&token, "POST", "/v1.0/groups", &[], &body)
            .await
            .json();
        let uri = format!("/v1.0/groups/{}", group["id"].as_str().unwrap());
        for member in world
            .all(&token, &format!("{uri}/members?$select=id"))
            .await
            .0
        {
            let own = format!("{uri}/members/{}/$ref", member["id"].as_str().unwrap());
            let gone = world.ask(&token, "DELETE", &own, &[], &Value::Null).await;
            assert_eq!(gone.status.as_u16(), 204);
        }
        let (_, link) = round(
            &world,
            &token,
            "/v1.0/groups/delta?$select=displayName,members",
        )
        .await;
        let user = world.get(&token, "/v1.0/users?$top=1").await.json()["value"][0]["id"].clone();
        let address = format!(
            "https://graph.microsoft.com/v1.0/directoryObjects/{}",
            user.as_str().unwrap()
        );
        let reference = json!({"@odata.id": address});
        let add = format!("{uri}/members/$ref");
        assert_eq!(world.status(&token, "POST", &add, &reference).await, 204);
        assert_eq!(world.status(&token, "POST", &add, &reference).await, 400);
        let expanded = world
            .get(&token, &format!("{uri}?$expand=members"))
            .await
            .json();
        assert_eq!(
            expanded["members"][0]["@odata.type"],
            "#microsoft.graph.user"
        );
        let (changes, link) = round(&world, &token, &link).await;
        assert_eq!(changes[0]["members@delta"][0]["id"], user);
        let remove = format!("{uri}/members/{}/$ref", user.as_str().unwrap());
        assert_eq!(
            world.status(&token, "DELETE", &remove, &Value::Null).await,
            204
        );
        let (changes, _) = round(&world, &token, &link).await;
        assert_eq!(
            changes[0]["members@delta"][0]["@removed"]["reason"],
            "deleted"
        );
    }

    #[tokio::test]
    async fn objects_are_found_by_their_ids_and_lost_ones_are_passed_over() {
        let world = World::new();
        let token = world.token(0).await;
        let (all, _) = world.all(&token, "/v1.0/groups?$select=id&$top=3").await;
        let ghost = "11111111-2222-4333-8444-555555555555";
        let body = json!({"ids": [all[0]["id"], ghost, all[1]["id"]], "types": ["group"]});
        for uri in ["/v1.0/directoryObjects/getByIds", "/beta/groups/getByIds"] {
            let found = world.ask(&token, "POST", uri, &[], &body).await.json();
            let found = found["value"].as_array().unwrap().clone();
            assert_eq!(found.len(), 2, "{uri}");
            assert_eq!(found[0]["@odata.type"], "#microsoft.graph.group");
        }
    }

    #[tokio::test]
    async fn a_batch_changes_things_in_the_order_of_what_depends_on_what() {
        let world = World::new();
        let token = world.writer().await;
        let path = "/deviceManagement/assignmentFilters";
        let json_type = json!({"Content-Type": "application/json"});
        let requests = json!([
            {"id": 2, "method": "GET", "url": path, "dependsOn": [1]},
            {"id": 1, "method": "POST", "url": path, "headers": json_type, "body":
                {"displayName": "From a batch", "platform": "iOS", "rule": "(device.model -eq \"x\")"}},
            {"id": 3, "method": "POST", "url": path, "headers": json_type, "body": {}},
            {"id": 4, "method": "GET", "url": path, "dependsOn": [3]},
        ]);
        let answer = world
            .ask(
                &token,
                "POST",
                "/beta/$batch",
                &[],
                &json!({"requests": requests}),
            )
            .await
            .json();
        let of = |id: &str| {
            let all = answer["responses"].as_array().unwrap();
            all.iter().find(|one| one["id"] == id).unwrap().clone()
        };
        assert_eq!(of("1")["status"], 201);
        assert_eq!(of("2")["body"]["value"].as_array().unwrap().len(), 4);
        assert_eq!(
            (&of("3")["status"], &of("4")["status"]),
            (&json!(400), &json!(424))
        );
        let entries = world.sandbox.journal().since(0);
        let made: Vec<_> = entries
            .iter()
            .filter(|entry| entry.write.is_some())
            .collect();
        assert_eq!(made.len(), 1);
        assert!(made[0].in_batch.is_some() && made[0].body_hash.is_some());
        let circle = json!({"requests": [
            {"id": 1, "method": "GET", "url": path, "dependsOn": [2]},
            {"id": 2, "method": "GET", "url": path, "dependsOn": [1]},
        ]});
        assert_eq!(
            world
                .ask(&token, "POST", "/beta/$batch", &[], &circle)
                .await
                .status
                .as_u16(),
            400
        );
    }
}
