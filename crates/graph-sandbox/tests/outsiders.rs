//! What clients send that were made for Microsoft Graph and not for the sandbox.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::support::World;

    #[tokio::test]
    async fn functions_and_actions_are_known_by_their_full_names() {
        let world = World::new();
        let token = world.writer().await;
        for uri in [
            "/v1.0/groups/microsoft.graph.delta?$select=id",
            "/v1.0/groups/microsoft.graph.delta()?$select=id",
        ] {
            let round = world.get(&token, uri).await.json();
            assert!(!round["value"].as_array().unwrap().is_empty(), "{uri}");
        }
        let (all, _) = world.all(&token, "/v1.0/groups?$top=1&$select=id").await;
        let id = all[0]["id"].as_str().unwrap();
        let ids = json!({"ids": [id]});
        let found = "/v1.0/directoryObjects/microsoft.graph.getByIds";
        let found = world.ask(&token, "POST", found, &[], &ids).await.json();
        assert_eq!(found["value"][0]["id"], id);
        assert!(world.is_unwritten());
        let (policies, _) = world
            .all(&token, "/beta/deviceManagement/deviceConfigurations")
            .await;
        let own = policies[0]["id"].as_str().unwrap();
        let assign =
            format!("/beta/deviceManagement/deviceConfigurations/{own}/microsoft.graph.assign");
        let nobody = json!({"assignments": []});
        assert_eq!(world.status(&token, "POST", &assign, &nobody).await, 200);
        let own = format!("/v1.0/groups/{id}");
        world.status(&token, "DELETE", &own, &Value::Null).await;
        let restore = format!("/v1.0/directory/deletedItems/{id}/microsoft.graph.restore");
        assert_eq!(
            world.status(&token, "POST", &restore, &Value::Null).await,
            200
        );
    }

    #[tokio::test]
    async fn names_of_resources_are_read_in_any_case() {
        let world = World::new();
        let token = world.token(0).await;
        for uri in [
            "/v1.0/Groups?$top=1",
            "/beta/devicemanagement/configurationpolicies?$top=1",
            "/v1.0/DeviceManagement/DeviceConfigurations",
            "/v1.0/identity/ConditionalAccess/policies",
            "/v1.0/servicePrincipals?$select=id",
        ] {
            let answer = world.get(&token, uri).await;
            assert_eq!(answer.status.as_u16(), 200, "{uri} {:?}", answer.json());
            assert!(
                !answer.json()["value"].as_array().unwrap().is_empty(),
                "{uri}"
            );
        }
    }

    #[tokio::test]
    async fn who_looks_at_the_whole_directory_is_not_stopped() {
        let world = World::new();
        let tenant = world.tenant(0);
        assert!(world.sandbox.grant(&tenant.tenant_id, "Directory.Read.All"));
        let token = world.token(0).await;
        for path in [
            "applications",
            "contacts",
            "devices",
            "directory/administrativeUnits",
            "directoryRoles",
            "directoryRoleTemplates",
            "oauth2PermissionGrants",
            "subscribedSkus",
            "roleManagement/directory/roleAssignments",
            "policies/authenticationStrengthPolicies",
        ] {
            let uri = format!("/v1.0/{path}?$top=5");
            let answer = world.get(&token, &uri).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["value"]),
                (200, &json!([])),
                "{uri}"
            );
        }
        let domains = world.get(&token, "/v1.0/domains").await.json();
        assert_eq!(domains["value"][0]["id"], tenant.domain);
        assert_eq!(domains["value"][0]["isVerified"], true);
    }

    #[tokio::test]
    async fn an_application_is_told_that_it_is_nobody() {
        let world = World::new();
        let token = world.token(0).await;
        for uri in ["/v1.0/me", "/beta/me/memberOf"] {
            let answer = world.get(&token, uri).await;
            assert_eq!(answer.status.as_u16(), 400, "{uri}");
            let said = answer.json()["error"]["message"].to_string();
            assert!(said.contains("delegated authentication flow"), "{said}");
        }
    }

    #[tokio::test]
    async fn filters_are_taken_as_the_documentation_writes_them_and_slips_are_refused() {
        let world = World::new();
        let token = world.writer().await;
        let status = async |filter: &str| {
            let uri = format!("/v1.0/groups?$filter={filter}&$count=true");
            let eventual = [("consistencylevel", "eventual")];
            let answer = world
                .ask(&token, "GET", &uri, &eventual, &Value::Null)
                .await;
            answer.status.as_u16()
        };
        for filter in [
            "NOT+groupTypes/any(c:c+eq+'Unified')",
            "displayName+EQ+'Sales'+OR+securityEnabled+eq+true",
            "createdDateTime+ge+2020-01-01T00:00:00Z",
            "id+eq+00000000-0000-0000-0000-000000000001",
        ] {
            assert_eq!(status(filter).await, 200, "{filter}");
        }
        for filter in [
            "displayName+eq+Sales",
            "displayName+eq+%22Sales%22",
            "createdDateTime+ge+garbage",
            "owners/$count+eq+0",
        ] {
            assert_eq!(status(filter).await, 400, "{filter}");
        }
    }

    #[tokio::test]
    async fn members_are_expanded_with_what_is_chosen_of_them() {
        let world = World::new();
        let token = world.writer().await;
        let uri = "/v1.0/groups?$expand=members($select=id)&$select=id";
        let (groups, _) = world.all(&token, uri).await;
        let members: Vec<_> = groups
            .iter()
            .flat_map(|group| group["members"].as_array().unwrap())
            .collect();
        assert!(!members.is_empty());
        for member in members {
            let names: Vec<_> = member.as_object().unwrap().keys().collect();
            assert_eq!(names, ["@odata.type", "id"]);
        }
    }

    #[tokio::test]
    async fn types_are_known_by_the_names_that_generated_clients_use() {
        let world = World::new();
        let token = world.writer().await;
        let ids = |all: Vec<Value>| -> Vec<String> {
            let ids = all.iter().map(|one| one["id"].as_str().unwrap().to_owned());
            ids.collect()
        };
        let unified = "/v1.0/groups?$filter=groupTypes/any(c:c+eq+'Unified')&$select=id";
        let [unified, inner] = &ids(world.all(&token, unified).await.0)[..2] else {
            panic!("two such groups");
        };
        let members = format!("/v1.0/groups/{unified}/members");
        let address = format!("https://graph.microsoft.com/v1.0/directoryObjects/{inner}");
        let member = json!({"@odata.id": address});
        let joined = world
            .status(&token, "POST", &format!("{members}/$ref"), &member)
            .await;
        assert_eq!(joined, 204);
        for cast in ["graph.group", "microsoft.graph.group"] {
            let (groups, _) = world.all(&token, &format!("{members}/{cast}")).await;
            assert_eq!(ids(groups), [inner.as_str()]);
        }
        let (users, _) = world.all(&token, &format!("{members}/graph.user")).await;
        assert!(
            users
                .iter()
                .all(|one| one["@odata.type"] == "#microsoft.graph.user")
        );
        let (everybody, _) = world.all(&token, &members).await;
        assert_eq!(everybody.len(), users.len() + 1);
        let (transitive, _) = world
            .all(&token, &format!("/v1.0/groups/{unified}/transitiveMembers"))
            .await;
        assert!(transitive.len() >= everybody.len());
        let (owners, _) = world
            .all(&token, &format!("/v1.0/groups/{unified}/owners"))
            .await;
        assert!(owners.is_empty());
        world
            .status(
                &token,
                "DELETE",
                &format!("/v1.0/groups/{unified}"),
                &Value::Null,
            )
            .await;
        let (bin, _) = world
            .all(&token, "/v1.0/directory/deletedItems/graph.group")
            .await;
        assert_eq!(bin.len(), 1);
    }

    #[tokio::test]
    async fn people_are_found_by_the_name_they_sign_in_with() {
        let world = World::new();
        let token = world.writer().await;
        let (users, _) = world.all(&token, "/v1.0/users?$top=3").await;
        let name = users[1]["userPrincipalName"].as_str().unwrap();
        for uri in [
            format!("/v1.0/users/{name}"),
            format!("/v1.0/users('{name}')"),
        ] {
            let found = world.get(&token, &uri).await.json();
            assert_eq!(found["id"], users[1]["id"], "{uri}");
        }
    }

    #[tokio::test]
    async fn a_compressed_body_is_refused_so_that_it_is_sent_plain() {
        let world = World::new();
        let token = world.writer().await;
        let packed = ("Content-Encoding", "gzip");
        let body = json!({"displayName": "New"});
        let uri = "/beta/deviceManagement/roleScopeTags";
        let refused = world.ask(&token, "POST", uri, &[packed], &body).await;
        assert_eq!(refused.status.as_u16(), 415);
        assert!(world.is_unwritten());
        assert_eq!(world.status(&token, "POST", uri, &body).await, 200);
    }

    #[tokio::test]
    async fn a_new_group_has_the_members_it_was_made_with_and_no_others() {
        let world = World::new();
        let token = world.writer().await;
        let (users, _) = world.all(&token, "/v1.0/users?$top=2&$select=id").await;
        let id = users[0]["id"].as_str().unwrap();
        let mut group = json!({
            "displayName": "New", "mailNickname": "new", "mailEnabled": false, "securityEnabled": true,
        });
        let plain = world
            .ask(&token, "POST", "/v1.0/groups", &[], &group)
            .await
            .json();
        let address = format!("https://graph.microsoft.com/v1.0/users/{id}");
        group["members@odata.bind"] = json!([address, address]);
        let bound = world
            .ask(&token, "POST", "/v1.0/groups", &[], &group)
            .await
            .json();
        for (made, expected) in [(plain, 0), (bound, 1)] {
            let members = format!("/v1.0/groups/{}/members", made["id"].as_str().unwrap());
            let (members, _) = world.all(&token, &members).await;
            assert_eq!(members.len(), expected);
            assert!(members.iter().all(|one| one["id"] == id));
        }
        group["members@odata.bind"] = json!(["https://x/11111111-2222-4333-8444-555555555555"]);
        assert_eq!(
            world.status(&token, "POST", "/v1.0/groups", &group).await,
            404
        );
    }
}
