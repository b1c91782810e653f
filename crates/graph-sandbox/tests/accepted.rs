//! What clients of Graph send is taken: filters, bodies, and paths as tools of the field have them.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::support::{Answer, World};

    const EVENTUAL: &[(&str, &str)] = &[("ConsistencyLevel", "eventual")];
    const CATALOG: &str = "/beta/deviceManagement/configurationPolicies";

    async fn eventual(world: &World, token: &str, uri: &str) -> Answer {
        world.ask(token, "GET", uri, EVENTUAL, &Value::Null).await
    }

    fn count(answer: &Answer) -> usize {
        answer.json()["value"].as_array().unwrap().len()
    }

    #[tokio::test]
    async fn filters_have_flags_lambdas_counts_and_cases() {
        let world = World::new();
        let token = world.writer().await;
        let all = world.get(&token, CATALOG).await.json();
        let wanted = all["value"].as_array().unwrap().iter().filter(|policy| {
            let has = |name: &str, flag: &str| {
                policy[name]
                    .as_str()
                    .unwrap()
                    .split(',')
                    .any(|own| own == flag)
            };
            has("platforms", "windows10") && has("technologies", "microsoftSense")
        });
        let wanted = wanted.count();
        assert!(wanted > 0);
        for filter in [
            "platforms%20has%20'windows10'%20and%20technologies%20has%20'MDM,microsoftSense'",
            "platforms%20has%20'Windows10'%20and%20technologies%20has%20\
             microsoft.graph.deviceManagementConfigurationTechnologies'microsoftSense'",
        ] {
            let answer = world
                .get(&token, &format!("{CATALOG}?$filter={filter}"))
                .await;
            assert_eq!(answer.status.as_u16(), 200, "{filter}");
            assert_eq!(count(&answer), wanted, "{filter}");
        }
        let id = "00000000-0000-0000-0000-000000000001";
        let body = json!({"displayName": "Sales Ring", "mailNickname": "ring", "mailEnabled": true,
            "securityEnabled": false, "groupTypes": ["Unified"], "assignedLicenses": [{"skuId": id}]});
        assert_eq!(
            world.status(&token, "POST", "/v1.0/groups", &body).await,
            201
        );
        for (filter, found) in [
            (format!("assignedLicenses/any(x:x/skuId%20eq%20{id})"), true),
            (
                format!("assignedLicenses/Any(x:x/skuId%20ne%20{id})"),
                false,
            ),
            (
                "proxyAddresses/any(p:startswith(p,'smtp:ring@'))".to_owned(),
                true,
            ),
            (
                "proxyAddresses/all(p:startswith(p,'x'))%20and%20mailNickname%20eq%20'ring'"
                    .to_owned(),
                false,
            ),
            ("assignedLicenses/$count%20gt%200".to_owned(), true),
            ("assignedLicenses/$count%20eq%200".to_owned(), false),
            (
                "startswith(tolower(displayName),tolower('SALES%20RI'))".to_owned(),
                true,
            ),
            (
                "toupper(displayName)%20eq%20'SALES%20RING'".to_owned(),
                true,
            ),
        ] {
            let uri = format!("/v1.0/groups?$top=999&$count=true&$filter={filter}");
            let answer = eventual(&world, &token, &uri).await;
            assert_eq!(answer.status.as_u16(), 200, "{filter} {}", answer.json());
            let groups = answer.json()["value"].clone();
            let has = groups
                .as_array()
                .unwrap()
                .iter()
                .any(|one| one["mailNickname"] == "ring");
            assert_eq!(has, found, "{filter}");
        }
        for (uri, status) in [
            ("/v1.0/groups?$filter=assignedLicenses/$count%20eq%200", 400),
            ("/v1.0/groups?$filter=displayName%20has%20'x'", 400),
            ("/v1.0/groups?$filter=proxyAddresses/any(p:p%20eq%205)", 400),
            (
                "/v1.0/users?$filter=identities/any(c:c/issuerAssignedId%20eq%20'x'%20and%20c/issuer%20eq%20'y')",
                200,
            ),
        ] {
            assert_eq!(
                world.get(&token, uri).await.status.as_u16(),
                status,
                "{uri}"
            );
        }
        let search =
            "(%22displayName:ring%22%20OR%20%22description:x%22)%20AND%20(%22displayName:sales%22)";
        let found = eventual(&world, &token, &format!("/v1.0/groups?$search={search}")).await;
        assert_eq!(found.status.as_u16(), 200);
        assert!(count(&found) > 0);
    }

    #[tokio::test]
    async fn bodies_are_taken_as_tools_write_them() {
        let world = World::new();
        let token = world.writer().await;
        let dm = "/beta/deviceManagement";
        let template = json!({"templateId": "0a1b2c3d-2222-4333-8444-555555555555_2"});
        let access = json!({"displayName": "New", "state": "disabled", "conditions": {
            "users": {}, "applications": {},
            "locations": {"includeLocations": ["All"], "excludeLocations": ["00000000-0000-0000-0000-000000000000"]}},
            "grantControls": {}});
        for (path, body) in [
            (
                format!("{dm}/deviceConfigurations"),
                json!({"@odata.type": "microsoft.graph.windows10GeneralConfiguration", "displayName": "New"}),
            ),
            (
                format!("{dm}/configurationPolicies"),
                json!({"name": "New", "platforms": "windows10", "technologies": "mdm", "settings": [],
                    "templateReference": template}),
            ),
            (
                format!("{dm}/roleScopeTags"),
                json!({"displayName": "New", "isBuiltIn": false}),
            ),
            (
                format!("{dm}/roleDefinitions"),
                json!({"displayName": "New", "isBuiltIn": false, "isBuiltInRoleDefinition": false}),
            ),
            (
                format!("{dm}/notificationMessageTemplates"),
                json!({"displayName": "New", "defaultLocale": "en-us", "localizedNotificationMessages": []}),
            ),
            (
                "/v1.0/identity/conditionalAccess/policies".to_owned(),
                access,
            ),
        ] {
            let made = world.ask(&token, "POST", &path, &[], &body).await;
            assert!(made.status.is_success(), "{path} {}", made.json());
            let uri = format!("{path}/{}", made.json()["id"].as_str().unwrap());
            if path.ends_with("deviceConfigurations") {
                let kind = "#microsoft.graph.windows10GeneralConfiguration";
                assert_eq!(made.json()["@odata.type"], kind);
                let target = json!({"@odata.type": "microsoft.graph.allDevicesAssignmentTarget"});
                let all = json!({"assignments": [{"target": target}]});
                let assign = format!("{uri}/assign");
                assert_eq!(world.status(&token, "POST", &assign, &all).await, 200);
            }
            if path.ends_with("configurationPolicies") {
                for change in [json!({"name": "Other"}), json!({"description": "Text"})] {
                    assert_eq!(world.status(&token, "PATCH", &uri, &change).await, 204);
                    assert_eq!(world.status(&token, "PUT", &uri, &change).await, 400);
                }
                let read = world.get(&token, &uri).await.json();
                assert_eq!(
                    (&read["name"], &read["description"]),
                    (&json!("Other"), &json!("Text"))
                );
                assert_eq!(
                    read["templateReference"]["templateId"],
                    template["templateId"]
                );
            }
        }
    }

    #[tokio::test]
    async fn a_new_enrollment_configuration_has_the_next_priority_of_its_type() {
        let world = World::new();
        let token = world.writer().await;
        let allowed = r#"{"app_only_writes":"allowed"}"#;
        world.control("POST", "enrollment", allowed).await;
        let all = "/beta/deviceManagement/deviceEnrollmentConfigurations";
        for (kind, priority) in [
            ("deviceEnrollmentLimitConfiguration", 3),
            ("deviceEnrollmentLimitConfiguration", 4),
            ("windows10EnrollmentCompletionPageConfiguration", 3),
            ("deviceEnrollmentNotificationConfiguration", 1),
        ] {
            let kind = format!("#microsoft.graph.{kind}");
            let body = json!({"@odata.type": kind, "displayName": "New", "priority": 0});
            let made = world.ask(&token, "POST", all, &[], &body).await;
            assert_eq!(made.json()["priority"], priority, "{}", made.json());
        }
    }

    #[tokio::test]
    async fn a_group_has_the_owners_it_was_given() {
        let world = World::new();
        let token = world.writer().await;
        let users = world.get(&token, "/v1.0/users?$top=1").await.json();
        let user = users["value"][0]["id"].as_str().unwrap();
        let own = world.get(&token, "/v1.0/servicePrincipals").await.json();
        let own = own["value"][0]["id"].as_str().unwrap().to_owned();
        let address = |id: &str| format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}");
        let body = json!({"displayName": "New", "mailNickname": "new", "mailEnabled": false, "securityEnabled": true,
            "creationOptions": [], "owners@odata.bind": [address(&own)]});
        let made = world.ask(&token, "POST", "/v1.0/groups", &[], &body).await;
        assert_eq!(made.status.as_u16(), 201, "{}", made.json());
        let group = format!("/v1.0/groups/{}", made.json()["id"].as_str().unwrap());
        let ids = async || -> Vec<String> {
            let (all, _) = world.all(&token, &format!("{group}/owners")).await;
            all.iter()
                .map(|one| one["id"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(ids().await, [own.as_str()]);
        let add = json!({"@odata.id": address(user)});
        let references = format!("{group}/owners/$ref");
        assert_eq!(world.status(&token, "POST", &references, &add).await, 204);
        assert_eq!(world.status(&token, "POST", &references, &add).await, 400);
        assert_eq!(ids().await.len(), 2);
        let uri = format!("{group}?$expand=owners&$select=id,creationOptions");
        let expanded = world.get(&token, &uri).await.json();
        assert_eq!(expanded["owners"].as_array().unwrap().len(), 2);
        let gone = format!("{group}/owners/{own}/$ref");
        assert_eq!(
            world.status(&token, "DELETE", &gone, &Value::Null).await,
            204
        );
        assert_eq!(
            world.status(&token, "DELETE", &gone, &Value::Null).await,
            404
        );
        assert_eq!(ids().await, [user]);
    }

    #[tokio::test]
    async fn overviews_are_zeros_and_what_is_not_kept_is_empty() {
        let world = World::new();
        let token = world.writer().await;
        for path in ["deviceConfigurations", "deviceCompliancePolicies"] {
            let path = format!("/v1.0/deviceManagement/{path}");
            let all = world.get(&token, &path).await.json();
            let id = all["value"][0]["id"].as_str().unwrap().to_owned();
            for name in ["deviceStatusOverview", "userStatusOverview"] {
                let read = world.get(&token, &format!("{path}/{id}/{name}")).await;
                assert_eq!(read.status.as_u16(), 200, "{name}");
                assert_eq!(read.json()["errorCount"], 0, "{name}");
            }
        }
        for path in [
            "roleManagement/deviceManagement/roleDefinitions",
            "groupSettings",
            "identityGovernance/termsOfUse/agreements",
        ] {
            let read = world.get(&token, &format!("/beta/{path}")).await;
            assert_eq!(read.status.as_u16(), 200, "{path} {}", read.json());
            assert_eq!(read.json()["value"], json!([]), "{path}");
        }
        let key = "00000000-0000-4000-8000-000000000001";
        for uri in [
            format!("/v1.0/applications(appId='{key}')"),
            format!("/v1.0/groupSettings/{key}"),
        ] {
            assert_eq!(world.get(&token, &uri).await.status.as_u16(), 404, "{uri}");
        }
    }

    #[tokio::test]
    async fn a_batch_of_reads_may_have_empty_bodies_and_counts() {
        let world = World::new();
        let token = world.writer().await;
        let group = world.get(&token, "/v1.0/groups?$top=1").await.json();
        let members = format!(
            "/groups/{}/members/$count",
            group["value"][0]["id"].as_str().unwrap()
        );
        let eventual = json!({"ConsistencyLevel": "eventual"});
        let batch = json!({"requests": [
            {"id": "1", "method": "GET", "url": "/groups?$top=1", "body": {}, "headers": {}},
            {"id": "2", "method": "GET", "url": "/organization", "body": null, "headers": null},
            {"id": "3", "method": "GET", "url": "/users/$count", "headers": eventual},
            {"id": "4", "method": "GET", "url": members, "headers": eventual, "body": {}},
        ]});
        let answer = world.ask(&token, "POST", "/v1.0/$batch", &[], &batch).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.json());
        for part in answer.json()["responses"].as_array().unwrap() {
            assert_eq!(part["status"], 200, "{part}");
            if ["3", "4"].contains(&part["id"].as_str().unwrap()) {
                assert!(
                    part["body"].is_number()
                        || part["body"].as_str().unwrap().parse::<u32>().is_ok(),
                    "{part}"
                );
            }
        }
    }
}
