//! Where Graph is not what one expects: lists cut off without a link, texts left out, versions that know less.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use graph_sandbox::Throttling;
    use serde_json::{Value, json};

    use super::support::World;

    const ACCESS: &str = "/v1.0/identity/conditionalAccess/policies";

    fn ids(items: &[Value]) -> BTreeSet<&str> {
        items
            .iter()
            .map(|item| item["id"].as_str().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn a_top_cuts_conditional_access_off_and_no_link_says_so() {
        let world = World::new();
        let token = world.token(0).await;
        let (all, pages) = world.all(&token, ACCESS).await;
        assert_eq!((all.len(), pages), (24, 1));
        let cut = world.get(&token, &format!("{ACCESS}?$top=20")).await.json();
        assert_eq!(cut["value"].as_array().unwrap().len(), 20);
        assert!(cut.get("@odata.nextLink").is_none());
    }

    #[tokio::test]
    async fn conditional_access_answers_once_a_second_and_does_not_say_when() {
        let world = World::new();
        world.sandbox.set_throttling(Throttling::Documented);
        let token = world.token(0).await;
        assert_eq!(world.get(&token, ACCESS).await.status.as_u16(), 200);
        let refused = world.get(&token, ACCESS).await;
        assert_eq!(refused.status.as_u16(), 429);
        assert!(refused.headers.get("retry-after").is_none());
        assert_eq!(refused.headers["x-ms-throttle-scope"], "Tenant");
        world.pass(2);
        assert_eq!(world.get(&token, ACCESS).await.status.as_u16(), 200);
        let other = world.get(&token, "/v1.0/groups?$top=1&$select=id").await;
        assert_eq!(other.headers["x-ms-resource-unit"], "1");
    }

    #[tokio::test]
    async fn a_list_of_scripts_has_no_texts_and_links_by_number() {
        let world = World::new();
        let token = world.writer().await;
        for (path, text) in [
            (
                "/beta/deviceManagement/deviceManagementScripts",
                "scriptContent",
            ),
            ("/beta/deviceManagement/deviceShellScripts", "scriptContent"),
            (
                "/beta/deviceManagement/deviceHealthScripts",
                "detectionScriptContent",
            ),
        ] {
            let first = world.get(&token, &format!("{path}?$top=2")).await.json();
            let next = first["@odata.nextLink"].as_str().unwrap();
            assert!(next.ends_with("?$top=2&$skip=2"), "{next}");
            let (all, _) = world.all(&token, &format!("{path}?$top=2")).await;
            assert_eq!(ids(&all).len(), all.len());
            assert!(
                all.iter().all(|script| script.get(text).is_none()),
                "{path}"
            );
            let uri = format!("{path}/{}", all[0]["id"].as_str().unwrap());
            assert!(
                world.get(&token, &uri).await.json()[text].is_string(),
                "{path}"
            );
        }
    }

    #[tokio::test]
    async fn the_older_version_knows_less_and_views_show_one_type() {
        let world = World::new();
        let token = world.token(0).await;
        let path = "/deviceManagement/deviceConfigurations";
        let beta = world.all(&token, &format!("/beta{path}")).await.0;
        let v1 = world.all(&token, &format!("/v1.0{path}")).await.0;
        assert_eq!(ids(&beta), ids(&v1));
        assert!(beta[0].get("roleScopeTagIds").is_some());
        assert!(v1[0].get("roleScopeTagIds").is_none());
        let ring = "microsoft.graph.windowsUpdateForBusinessConfiguration";
        let cast = world.all(&token, &format!("/beta{path}/{ring}")).await.0;
        let filtered = world
            .all(&token, &format!("/beta{path}?$filter=isof('{ring}')"))
            .await
            .0;
        assert!(!cast.is_empty() && cast.len() < beta.len());
        assert_eq!(ids(&cast), ids(&filtered));
        let apps = "/beta/deviceAppManagement";
        let all = world
            .all(&token, &format!("{apps}/managedAppPolicies?$top=2"))
            .await;
        assert_eq!(
            (all.0.len(), all.1),
            (6, 1),
            "the page size wished for is passed over"
        );
        let ios = world
            .all(&token, &format!("{apps}/iosManagedAppProtections"))
            .await
            .0;
        assert_eq!(ios.len(), 3);
        let android = all
            .0
            .iter()
            .find(|one| one["@odata.type"] == "#microsoft.graph.androidManagedAppProtection");
        let uri = format!(
            "{apps}/iosManagedAppProtections/{}",
            android.unwrap()["id"].as_str().unwrap()
        );
        assert_eq!(world.get(&token, &uri).await.status.as_u16(), 404);
    }

    #[tokio::test]
    async fn searches_comparisons_and_orders_find_what_they_say() {
        let world = World::new();
        let token = world.token(1).await;
        let eventual = [("ConsistencyLevel", "eventual")];
        let ask = |uri: String| {
            let (world, token) = (&world, &token);
            async move { world.ask(token, "GET", &uri, &eventual, &Value::Null).await }
        };
        let found = ask("/v1.0/groups?$search=%22displayName:update%22&$top=999".to_owned()).await;
        let found = found.json()["value"].as_array().unwrap().clone();
        assert!(!found.is_empty());
        assert!(
            found
                .iter()
                .all(|group| group["displayName"].as_str().unwrap().contains("Update"))
        );
        let strong = world
            .get(&token, "/v1.0/groups?$search=%22displayName:update%22")
            .await;
        assert_eq!(strong.error_code(), "Request_UnsupportedQuery");
        let sorted =
            ask("/v1.0/groups?$orderby=mailEnabled+desc,displayName&$top=999".to_owned()).await;
        let sorted = sorted.json()["value"].as_array().unwrap().clone();
        let keys: Vec<_> = sorted
            .iter()
            .map(|group| {
                let mail = group["mailEnabled"].as_bool().unwrap();
                (!mail, group["displayName"].as_str().unwrap().to_lowercase())
            })
            .collect();
        assert!(keys.is_sorted());
        let devices = "/v1.0/deviceManagement/managedDevices";
        let (bad, _) = world
            .all(
                &token,
                &format!("{devices}?$filter=complianceState+eq+'noncompliant'&$select=id"),
            )
            .await;
        let (all, _) = world.all(&token, devices).await;
        let expected = all
            .iter()
            .filter(|one| one["complianceState"] == "noncompliant");
        assert_eq!(bad.len(), expected.count());
        let skipped = world
            .get(&token, &format!("{devices}?$skip=3&$top=2&$select=id"))
            .await
            .json();
        assert_eq!(skipped["value"][0]["id"], all[3]["id"]);
        let skipped = world.get(&token, "/v1.0/groups?$skip=3").await;
        assert_eq!(skipped.status.as_u16(), 400);
    }

    #[tokio::test]
    async fn a_page_can_be_given_twice_and_a_licence_can_be_missing() {
        let world = World::new();
        let token = world.token(0).await;
        let uri = "/v1.0/groups?$select=id&$top=10";
        let (all, _) = world.all(&token, uri).await;
        let fault = json!({"kind": "duplicate_next_link", "route": "/groups"}).to_string();
        world.control("POST", "faults", &fault).await;
        let (twice, _) = world.all(&token, uri).await;
        assert_eq!(twice.len(), 2 * all.len());
        assert_eq!(ids(&twice), ids(&all));
        world
            .control("POST", "faults", r#"{"kind":"not_licensed"}"#)
            .await;
        let refused = world
            .get(&token, "/beta/deviceManagement/configurationPolicies")
            .await;
        assert_eq!(refused.status.as_u16(), 400);
        assert!(
            refused
                .json()
                .to_string()
                .contains("Request not applicable to target tenant.")
        );
        assert_eq!(
            world
                .get(&token, "/v1.0/organization")
                .await
                .status
                .as_u16(),
            200
        );
    }
}
