//! The directory beyond its lists: who is in what, objects by their ids, and what there is one of.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::support::World;

    fn ids(body: &Value) -> Vec<String> {
        let items = body["value"].as_array().unwrap().iter();
        items
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn make(world: &World, token: &str, name: &str, members: &[String]) -> String {
        let bound: Vec<_> = members
            .iter()
            .map(|id| format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}"))
            .collect();
        let body = json!({"displayName": name, "mailNickname": name, "mailEnabled": false, "securityEnabled": true,
            "members@odata.bind": bound});
        let made = world.ask(token, "POST", "/v1.0/groups", &[], &body).await;
        assert_eq!(made.status.as_u16(), 201, "{}", made.json());
        made.json()["id"].as_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn who_is_in_a_group_is_known_from_both_ends() {
        let world = World::new();
        let token = world.writer().await;
        let users = world.get(&token, "/v1.0/users?$top=1").await.json();
        let user = ids(&users).remove(0);
        let inner = make(&world, &token, "inner", std::slice::from_ref(&user)).await;
        let outer = make(&world, &token, "outer", std::slice::from_ref(&inner)).await;
        let above = world
            .get(&token, &format!("/v1.0/groups/{inner}/memberOf"))
            .await
            .json();
        assert_eq!(ids(&above), vec![outer.clone()]);
        assert_eq!(above["value"][0]["@odata.type"], "#microsoft.graph.group");
        let direct = ids(&world
            .get(&token, &format!("/v1.0/users/{user}/memberOf?$top=999"))
            .await
            .json());
        assert!(direct.contains(&inner) && !direct.contains(&outer));
        let all = format!("/v1.0/users/{user}/transitiveMemberOf/microsoft.graph.group?$top=999");
        let all = ids(&world.get(&token, &all).await.json());
        assert!(all.contains(&inner) && all.contains(&outer));
        for group in &direct {
            let members = world
                .get(&token, &format!("/v1.0/groups/{group}/members?$top=999"))
                .await
                .json();
            assert!(ids(&members).contains(&user), "{group}");
        }
        let below = world
            .get(&token, &format!("/v1.0/groups/{outer}/transitiveMembers"))
            .await
            .json();
        let mut below = ids(&below);
        below.sort();
        let mut wanted = vec![inner.clone(), user.clone()];
        wanted.sort();
        assert_eq!(below, wanted);
        let asked = json!({"groupIds": [outer, "11111111-2222-4333-8444-555555555555"]});
        let uri = format!("/v1.0/users/{user}/checkMemberGroups");
        let answer = world.ask(&token, "POST", &uri, &[], &asked).await;
        assert_eq!(answer.json()["value"], json!([outer]));
        let uri = format!("/v1.0/users/{user}/microsoft.graph.getMemberGroups");
        let answer = world
            .ask(
                &token,
                "POST",
                &uri,
                &[],
                &json!({"securityEnabledOnly": true}),
            )
            .await;
        assert!(
            answer.json()["value"]
                .as_array()
                .unwrap()
                .contains(&json!(inner))
        );
        assert_eq!(
            world
                .get(&token, &format!("/v1.0/groups/{inner}/memberOf/$count"))
                .await
                .status
                .as_u16(),
            400
        );
    }

    #[tokio::test]
    async fn a_change_of_a_group_may_bring_members() {
        let world = World::new();
        let token = world.writer().await;
        let people = ids(&world.get(&token, "/v1.0/users?$top=25").await.json());
        let group = make(&world, &token, "ring", &people[..1]).await;
        let uri = format!("/v1.0/groups/{group}");
        let bound = |ids: &[String]| {
            let all: Vec<_> = ids
                .iter()
                .map(|id| format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}"))
                .collect();
            json!({"members@odata.bind": all})
        };
        let token_of_delta = world
            .get(&token, "/v1.0/groups/delta?$deltatoken=latest")
            .await
            .json();
        assert_eq!(
            world
                .status(&token, "PATCH", &uri, &bound(&people[1..4]))
                .await,
            204
        );
        let mut members = ids(&world.get(&token, &format!("{uri}/members")).await.json());
        members.sort();
        let mut wanted = people[..4].to_vec();
        wanted.sort();
        assert_eq!(members, wanted);
        let changed = token_of_delta["@odata.deltaLink"].as_str().unwrap();
        let (changed, _) = world.all(&token, changed).await;
        let joined = changed
            .iter()
            .find(|one| one["id"] == group.as_str())
            .unwrap();
        assert_eq!(joined["members@delta"].as_array().unwrap().len(), 3);
        assert_eq!(
            world
                .status(&token, "PATCH", &uri, &bound(&people[3..5]))
                .await,
            400
        );
        assert_eq!(
            world
                .status(&token, "PATCH", &uri, &bound(&people[4..25]))
                .await,
            400
        );
        assert_eq!(
            ids(&world.get(&token, &format!("{uri}/members")).await.json()).len(),
            4
        );
    }

    #[tokio::test]
    async fn objects_are_found_by_their_ids_whatever_they_are() {
        let world = World::new();
        let token = world.writer().await;
        let user = ids(&world.get(&token, "/v1.0/users?$top=1").await.json()).remove(0);
        let group = ids(&world.get(&token, "/v1.0/groups?$top=1").await.json()).remove(0);
        let app = ids(&world.get(&token, "/v1.0/servicePrincipals").await.json()).remove(0);
        for (id, kind) in [
            (&user, "user"),
            (&group, "group"),
            (&app, "servicePrincipal"),
        ] {
            let found = world
                .get(&token, &format!("/v1.0/directoryObjects/{id}"))
                .await
                .json();
            assert_eq!(found["@odata.type"], format!("#microsoft.graph.{kind}"));
            assert!(
                found["@odata.context"]
                    .as_str()
                    .unwrap()
                    .ends_with("$metadata#directoryObjects/$entity")
            );
        }
        let narrow = world
            .get(
                &token,
                &format!("/v1.0/directoryObjects('{user}')?$select=id"),
            )
            .await
            .json();
        assert!(narrow["displayName"].is_null() && narrow["id"] == user.as_str());
        let lost = "/v1.0/directoryObjects/11111111-2222-4333-8444-555555555555";
        assert_eq!(
            world.get(&token, lost).await.error_code(),
            "Request_ResourceNotFound"
        );
        for path in ["groups", "directoryObjects", "servicePrincipals"] {
            let refused = world.get(&token, &format!("/v1.0/{path}/Everybody")).await;
            assert_eq!(refused.error_code(), "Request_BadRequest");
            assert_eq!(
                refused.json()["error"]["message"],
                "Invalid object identifier 'Everybody'."
            );
        }
        let wrong = json!({"ids": ["Everybody"]});
        assert_eq!(
            world
                .status(&token, "POST", "/v1.0/directoryObjects/getByIds", &wrong)
                .await,
            400
        );
        let body = json!({"ids": [user, group, app], "types": ["user", "servicePrincipal"]});
        let uri = "/v1.0/directoryObjects/getByIds?$select=id,displayName";
        let found = world.ask(&token, "POST", uri, &[], &body).await.json();
        assert_eq!(ids(&found), [user, app]);
        assert_eq!(found["value"][0].as_object().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn what_there_is_one_of_is_an_object() {
        let world = World::new();
        let token = world.token(0).await;
        for (path, name) in [
            ("/v1.0/deviceManagement", "subscriptionState"),
            ("/beta/deviceManagement/", "intuneAccountId"),
            ("/v1.0/deviceAppManagement", "id"),
            (
                "/v1.0/deviceManagement/managedDeviceOverview",
                "enrolledDeviceCount",
            ),
            ("/v1.0/policies/authorizationPolicy", "guestUserRoleId"),
            (
                "/beta/policies/authorizationPolicy/authorizationPolicy",
                "guestUserRoleId",
            ),
            (
                "/v1.0/policies/identitySecurityDefaultsEnforcementPolicy",
                "isEnabled",
            ),
            (
                "/v1.0/policies/authenticationMethodsPolicy",
                "policyVersion",
            ),
        ] {
            let found = world.get(&token, path).await;
            assert_eq!(found.status.as_u16(), 200, "{path}");
            let found = found.json();
            assert!(
                !found[name].is_null() && found["value"].is_null(),
                "{path} {found}"
            );
            assert!(
                found["@odata.context"]
                    .as_str()
                    .unwrap()
                    .ends_with("/$entity"),
                "{path}"
            );
        }
        let many = world
            .get(&token, "/beta/policies/authorizationPolicy")
            .await
            .json();
        assert_eq!(ids(&many), ["authorizationPolicy"]);
        let narrow = world
            .get(&token, "/v1.0/policies/authorizationPolicy?$select=id")
            .await
            .json();
        assert_eq!(narrow.as_object().unwrap().len(), 2);
        let refused = world
            .get(
                &token,
                "/v1.0/policies/authorizationPolicy?$select=noSuchName",
            )
            .await;
        assert_eq!(refused.status.as_u16(), 400);
        let unknown = world
            .get(&token, "/beta/deviceManagement/somethingElse")
            .await
            .json();
        assert_eq!(unknown["value"], json!([]));
        let change = json!({"blockMsolPowerShell": true});
        assert_eq!(
            world
                .status(
                    &token,
                    "PATCH",
                    "/v1.0/policies/authorizationPolicy",
                    &change
                )
                .await,
            405
        );
    }

    #[tokio::test]
    async fn what_is_asked_for_by_its_name_is_answered_though_it_is_empty() {
        let world = World::new();
        let token = world.writer().await;
        let uri = "/v1.0/users?$top=1&$select=id,mail,proxyAddresses,employeeId,onPremisesExtensionAttributes";
        let user = world.get(&token, uri).await.json()["value"][0].clone();
        assert!(user["mail"].as_str().unwrap().contains('@'));
        assert_eq!(user["proxyAddresses"], json!([]));
        let fields = user.as_object().unwrap();
        assert!(fields.contains_key("employeeId") && user["employeeId"].is_null());
        assert_eq!(fields.len(), 5);
        let uri = format!("/v1.0/users/{}", user["id"].as_str().unwrap());
        assert_eq!(
            world.get(&token, &format!("{uri}/mail")).await.json()["value"],
            user["mail"]
        );
        assert_eq!(
            world
                .get(&token, &format!("{uri}/licenseDetails"))
                .await
                .json()["value"],
            json!([])
        );
        assert_eq!(
            world
                .get(&token, &format!("{uri}/manager"))
                .await
                .status
                .as_u16(),
            404
        );
        assert_eq!(
            world
                .get(&token, &format!("{uri}/noSuchName"))
                .await
                .status
                .as_u16(),
            400
        );
        let (groups, _) = world.all(&token, "/v1.0/groups").await;
        for group in &groups {
            let has_mail = group["mailEnabled"].as_bool().unwrap();
            assert_eq!(group["mail"].is_string(), has_mail);
            assert_eq!(
                group["proxyAddresses"].as_array().unwrap().len(),
                usize::from(has_mail)
            );
            assert!(
                group["securityIdentifier"]
                    .as_str()
                    .unwrap()
                    .starts_with("S-1-12-1-")
            );
        }
    }
}
