//! Collections, entities, pages and permissions, from outside.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::http::StatusCode;
    use graph_sandbox::{ControlApi, Fault, FaultKind, Sandbox, SandboxConfig, Scale, Throttling};
    use serde_json::{Value, json};

    use super::support::World;

    const CATALOG: &str = "/beta/deviceManagement/configurationPolicies";
    const COMPLIANCE: &str = "/v1.0/deviceManagement/deviceCompliancePolicies";

    fn ids(items: &[Value]) -> BTreeSet<String> {
        items
            .iter()
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect()
    }

    #[tokio::test]
    async fn equal_seeds_give_equal_tenants() {
        let config = SandboxConfig {
            seed: 7,
            tenants: 30,
            scale: Scale::Small,
            control: ControlApi::Off,
        };
        let make = |seed| {
            let config = SandboxConfig { seed, ..config };
            Sandbox::generate(config, graph_sandbox::Clock::new(|| 0)).tenants()
        };
        assert_eq!(make(7), make(7));
        assert_ne!(make(7)[0].tenant_id, make(8)[0].tenant_id);
        let domains: BTreeSet<_> = make(7).into_iter().map(|tenant| tenant.domain).collect();
        assert_eq!(domains.len(), 30);
        let (one, other) = (World::new(), World::new());
        let first = one.all(&one.token(1).await, CATALOG).await;
        assert_eq!(first, other.all(&other.token(1).await, CATALOG).await);
    }

    #[tokio::test]
    async fn paging_to_the_end_yields_each_object_once() {
        let world = World::new();
        let token = world.token(1).await;
        let (groups, pages) = world.all(&token, "/v1.0/groups").await;
        assert!(
            groups.len() > 100 && pages > 1,
            "{} in {pages}",
            groups.len()
        );
        assert_eq!(ids(&groups).len(), groups.len());
        for uri in [
            "/v1.0/groups?$top=7",
            "/v1.0/groups/?%24top=13&$select=id",
            "/beta/groups?$top=11&$orderby=displayName+desc&$select=id,displayName",
        ] {
            let (again, _) = world.all(&token, uri).await;
            assert_eq!(again.len(), groups.len(), "{uri}");
            assert_eq!(ids(&again), ids(&groups), "{uri}");
        }
        let first = world
            .get(&token, "/v1.0/groups?$select=id&$top=2")
            .await
            .json();
        let next = first["@odata.nextLink"].as_str().unwrap();
        assert!(
            next.starts_with("http://127.0.0.1:4010/v1.0/groups?$select=id&$top=2&$skiptoken=")
        );
        assert_eq!(first["value"][0].as_object().unwrap().len(), 1);
        let context = first["@odata.context"].as_str().unwrap();
        assert!(context.ends_with("/v1.0/$metadata#groups(id)"), "{context}");
    }

    #[tokio::test]
    async fn a_change_between_two_pages_hides_nothing_else() {
        let world = World::new();
        let token = world.token(1).await;
        let (all, _) = world.all(&token, "/v1.0/groups?$select=id").await;
        let first = world.get(&token, "/v1.0/groups?$top=10").await.json();
        let gone = first["value"][3]["id"].as_str().unwrap().to_owned();
        let body = json!({"collection": "groups", "op": "delete", "id": gone}).to_string();
        let path = format!("tenants/{}/mutate", world.tenant(1).tenant_id);
        assert_eq!(
            world.control("POST", &path, &body).await.status,
            StatusCode::NO_CONTENT
        );
        let next = first["@odata.nextLink"].as_str().unwrap();
        let (rest, _) = world.all(&token, next).await;
        assert_eq!(rest.len(), all.len() - 10);
    }

    #[tokio::test]
    async fn a_large_tenant_has_its_5000_groups_and_800_policies() {
        let world = World::with(Scale::Large, ControlApi::On);
        let token = world.token(0).await;
        let (groups, pages) = world.all(&token, "/v1.0/groups?$top=999&$select=id").await;
        assert_eq!((ids(&groups).len(), pages), (5_000, 6));
        let mut policies = 0;
        for uri in [
            CATALOG,
            COMPLIANCE,
            "/v1.0/deviceManagement/deviceConfigurations?$top=1000",
        ] {
            policies += world.all(&token, uri).await.0.len();
        }
        assert_eq!(policies, 800);
    }

    #[tokio::test]
    async fn settings_come_in_pages_of_25() {
        let world = World::new();
        let token = world.token(0).await;
        let (policies, _) = world.all(&token, CATALOG).await;
        assert!(
            policies
                .iter()
                .all(|policy| policy.get("settings").is_none())
        );
        let mut seen_second_page = false;
        for policy in &policies {
            let uri = format!("{CATALOG}('{}')/settings", policy["id"].as_str().unwrap());
            let (settings, pages) = world.all(&token, &uri).await;
            assert_eq!(json!(settings.len()), policy["settingCount"]);
            assert_eq!(ids(&settings).len(), settings.len());
            assert_eq!(pages, settings.len().div_ceil(25));
            seen_second_page |= pages > 1;
        }
        assert!(seen_second_page);
        let v1 = world
            .get(&token, "/v1.0/deviceManagement/configurationPolicies")
            .await;
        assert_eq!(
            (v1.status, v1.error_code().as_str()),
            (StatusCode::BAD_REQUEST, "BadRequest")
        );
    }

    #[tokio::test]
    async fn scheduled_actions_come_only_when_expanded() {
        let world = World::new();
        let token = world.token(0).await;
        let plain = world.get(&token, COMPLIANCE).await.json();
        assert!(plain["value"][0].get("scheduledActionsForRule").is_none());
        let rule = "scheduledActionsForRule";
        let one = world
            .get(&token, &format!("{COMPLIANCE}?$expand={rule}"))
            .await
            .json();
        assert!(
            one["value"][0][rule][0]
                .get("scheduledActionConfigurations")
                .is_none()
        );
        for mark in ["?", "??", "/?"] {
            let uri = format!(
                "{COMPLIANCE}{mark}%24expand={rule}(%24expand=scheduledActionConfigurations)"
            );
            let both = world.get(&token, &uri).await.json();
            let actions = &both["value"][0][rule][0]["scheduledActionConfigurations"];
            assert_eq!(actions[0]["actionType"], "block", "{uri}");
        }
    }

    #[tokio::test]
    async fn entities_are_found_by_every_form_of_key() {
        let world = World::new();
        let token = world.token(0).await;
        let list = world.get(&token, "/v1.0/groups?$top=1").await.json();
        let id = list["value"][0]["id"].as_str().unwrap();
        for uri in [
            format!("/v1.0/groups/{id}"),
            format!("/v1.0/groups/{id}/?$select=displayName"),
            format!("/v1.0/groups('{id}')"),
            format!("/beta/groups(%27{}%27)", id.to_uppercase()),
        ] {
            let entity = world.get(&token, &uri).await.json();
            assert_eq!(
                entity["displayName"], list["value"][0]["displayName"],
                "{uri}"
            );
            assert!(
                entity["@odata.context"]
                    .as_str()
                    .unwrap()
                    .ends_with("/$entity")
            );
        }
        let client = world.tenant(0).client_id;
        let grants = format!("/v1.0/servicePrincipals(appId='{client}')/appRoleAssignments");
        let grants = world.get(&token, &grants).await.json();
        assert_eq!(grants["value"].as_array().unwrap().len(), 11);
        assert_eq!(grants["value"][0]["resourceDisplayName"], "Microsoft Graph");
        let roles = world
            .get(&token, "/v1.0/roleManagement/directory/roleDefinitions")
            .await;
        assert!(roles.json()["value"].as_array().unwrap().len() > 10);
    }

    #[tokio::test]
    async fn what_does_not_exist_is_said_in_the_shape_of_its_part() {
        let world = World::new();
        let token = world.token(0).await;
        let ghost = "11111111-2222-4333-8444-555555555555";
        let directory = world.get(&token, &format!("/v1.0/groups/{ghost}")).await;
        assert_eq!(directory.status, StatusCode::NOT_FOUND);
        assert_eq!(directory.error_code(), "Request_ResourceNotFound");
        for coll in ["deviceConfigurations", "unknownThings"] {
            let uri = format!("/v1.0/deviceManagement/{coll}/{ghost}");
            let intune = world.get(&token, &uri).await;
            assert_eq!(intune.status, StatusCode::NOT_FOUND, "{uri}");
            assert_eq!(intune.error_code(), "ResourceNotFound", "{uri}");
            let message = intune.json()["error"]["message"]
                .as_str()
                .unwrap()
                .to_owned();
            assert!(serde_json::from_str::<Value>(&message).unwrap()["Message"].is_string());
        }
        for uri in [
            "/v1.0/deviceManagement/unknownThings",
            "/beta/deviceAppManagement/mobileApps/",
        ] {
            let empty = world.get(&token, uri).await;
            assert_eq!(
                (empty.status, empty.json()["value"].clone()),
                (StatusCode::OK, json!([]))
            );
        }
        for uri in ["/v1.0/nothing", "/v1.0/groups/x/y/z", "/v2.0/groups", "/"] {
            let status = world.get(&token, uri).await.status.as_u16();
            assert!(status == 400 || status == 404, "{uri} {status}");
        }
    }

    #[tokio::test]
    async fn filters_counts_and_their_header() {
        let world = World::new();
        let token = world.token(1).await;
        let (all, _) = world.all(&token, "/v1.0/groups").await;
        let unified = "$filter=groupTypes/any(c:c+eq+'Unified')";
        let (some, _) = world
            .all(&token, &format!("/v1.0/groups?{unified}&$top=5"))
            .await;
        let expected = all
            .iter()
            .filter(|group| group["groupTypes"] == json!(["Unified"]));
        assert_eq!(some.len(), expected.count());
        for (uri, code) in [
            ("/v1.0/groups/$count", "Request_BadRequest"),
            (
                "/v1.0/groups?$filter=displayName+ne+'x'",
                "Request_UnsupportedQuery",
            ),
            (
                "/v1.0/groups?$search=%22displayName:x%22",
                "Request_UnsupportedQuery",
            ),
            (
                "/v1.0/groups?$filter=mailEnabled+eq+true&$orderby=displayName",
                "Request_UnsupportedQuery",
            ),
        ] {
            let refused = world.get(&token, uri).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{uri}");
            assert_eq!(refused.error_code(), code, "{uri}");
        }
        // A count that nobody may give is passed over; the rest is answered.
        let uncounted = world
            .get(&token, "/v1.0/groups?$count=true&$top=2")
            .await
            .json();
        assert!(uncounted["@odata.count"].is_null());
        assert_eq!(uncounted["value"].as_array().unwrap().len(), 2);
        let request = axum::http::Request::get("/v1.0/groups/%24count")
            .header("authorization", format!("Bearer {token}"))
            .header("ConsistencyLevel", "eventual")
            .body(axum::body::Body::empty())
            .unwrap();
        let count = world.send(request).await;
        assert_eq!(count.headers["content-type"], "text/plain");
        assert_eq!(
            String::from_utf8(count.body).unwrap(),
            all.len().to_string()
        );
        let large = world.get(&token, "/v1.0/groups?$top=1000").await;
        assert_eq!(large.error_code(), "Request_BadRequest");
        for uri in [
            "/v1.0/groups?$filter=(",
            "/v1.0/groups?$skiptoken=%00",
            "/v1.0/groups('",
        ] {
            assert_eq!(
                world.get(&token, uri).await.status,
                StatusCode::BAD_REQUEST,
                "{uri}"
            );
        }
    }

    #[tokio::test]
    async fn a_missing_permission_is_refused_in_the_shape_of_its_part() {
        let world = World::new();
        let remove = |role: &str| {
            let kind = FaultKind::RemoveRole {
                role: role.to_owned(),
            };
            world.sandbox.faults().add(Fault::everywhere(kind)).unwrap()
        };
        let before = world.token(0).await;
        remove("Group.Read.All");
        remove("DeviceManagementConfiguration.Read.All");
        let after = world.token(0).await;
        for token in [&before, &after] {
            let directory = world.get(token, "/v1.0/groups").await;
            assert_eq!(directory.status, StatusCode::FORBIDDEN);
            assert_eq!(directory.error_code(), "Authorization_RequestDenied");
            let intune = world.get(token, CATALOG).await;
            assert_eq!(intune.status, StatusCode::FORBIDDEN);
            assert_eq!(intune.error_code(), "Forbidden");
            let message = intune.json()["error"]["message"]
                .as_str()
                .unwrap()
                .to_owned();
            let inner: Value = serde_json::from_str(&message).unwrap();
            let text = inner["Message"].as_str().unwrap();
            assert!(
                text.contains("DeviceManagementConfiguration.Read.All"),
                "{text}"
            );
            assert_eq!(
                world.get(token, "/v1.0/organization").await.status,
                StatusCode::OK
            );
        }
        let client = world.tenant(0).client_id;
        let grants = format!("/v1.0/servicePrincipals(appId='{client}')/appRoleAssignments");
        let grants = world.get(&before, &grants).await.json();
        assert_eq!(grants["value"].as_array().unwrap().len(), 9);
    }

    #[tokio::test]
    async fn answers_carry_their_ids_and_time() {
        let world = World::new();
        let token = world.token(0).await;
        let request = axum::http::Request::get("/v1.0/groups/11111111-2222-4333-8444-555555555555")
            .header("authorization", format!("bearer {token}"))
            .header("client-request-id", "run-17")
            .body(axum::body::Body::empty())
            .unwrap();
        let answer = world.send(request).await;
        assert_eq!(answer.headers["client-request-id"], "run-17");
        assert_eq!(answer.headers["date"], "Mon, 05 Jan 2026 08:30:00 GMT");
        let inner = answer.json()["error"]["innerError"].clone();
        assert_eq!(
            inner["request-id"],
            answer.headers["request-id"].to_str().unwrap()
        );
        assert_eq!(inner["client-request-id"], "run-17");
        let entry = world.sandbox.journal().since(0).pop().unwrap();
        assert_eq!(entry.client_request_id.as_deref(), Some("run-17"));
        assert_eq!(entry.status, Some(404));
    }

    #[tokio::test]
    async fn documented_budgets_answer_429_and_recover() {
        let world = World::new();
        world.sandbox.set_throttling(Throttling::Documented);
        let token = world.token(0).await;
        let uri = format!("{CATALOG}?$top=1&$select=id");
        let mut refused = None;
        for _ in 0..1_001 {
            refused = Some(world.get(&token, &uri).await);
        }
        let refused = refused.unwrap();
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.headers["retry-after"], "1");
        assert_eq!(
            world.get(&world.token(1).await, &uri).await.status,
            StatusCode::OK
        );
        world.pass(1);
        assert_eq!(world.get(&token, &uri).await.status, StatusCode::OK);
    }
}
