//! What each permission opens: higher ones stand for lower ones, as documented.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::support::World;

    /// The token of an application with these permissions alone.
    async fn token_with(world: &World, roles: &[&str]) -> String {
        let tenant = world.tenant(0).tenant_id;
        let body = json!({"display_name": "Other", "roles": roles}).to_string();
        let made = world
            .control("POST", &format!("tenants/{tenant}/apps"), &body)
            .await;
        assert_eq!(made.status.as_u16(), 201, "{roles:?} {}", made.json());
        let app = made.json();
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
            app["client_id"].as_str().unwrap(),
            app["client_secret"].as_str().unwrap()
        );
        let signed_in = world.sign_in(&tenant, &form).await;
        signed_in.json()["access_token"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    #[tokio::test]
    async fn each_of_the_documented_permissions_opens_what_it_is_documented_for() {
        let world = World::new();
        for (path, roles) in [
            (
                "/v1.0/groups",
                vec![
                    "GroupMember.Read.All",
                    "Group.ReadWrite.All",
                    "Directory.Read.All",
                    "Directory.ReadWrite.All",
                ],
            ),
            (
                "/v1.0/users",
                vec![
                    "User.ReadBasic.All",
                    "User.ReadWrite.All",
                    "Directory.ReadWrite.All",
                ],
            ),
            (
                "/v1.0/organization",
                vec![
                    "Organization.ReadWrite.All",
                    "Directory.ReadWrite.All",
                    "User.Read.All",
                ],
            ),
            (
                "/v1.0/domains",
                vec!["Domain.ReadWrite.All", "Directory.Read.All"],
            ),
            (
                "/v1.0/devices",
                vec!["Device.Read.All", "Device.ReadWrite.All"],
            ),
            ("/v1.0/contacts", vec!["OrgContact.Read.All"]),
            (
                "/v1.0/directory/administrativeUnits",
                vec!["AdministrativeUnit.Read.All"],
            ),
            (
                "/v1.0/roleManagement/directory/roleDefinitions",
                vec![
                    "RoleManagement.ReadWrite.Directory",
                    "RoleManagement.Read.All",
                ],
            ),
            (
                "/v1.0/roleManagement/directory/roleAssignmentScheduleInstances",
                vec!["RoleAssignmentSchedule.Read.Directory"],
            ),
            (
                "/v1.0/servicePrincipals",
                vec!["Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"],
            ),
            (
                "/v1.0/deviceManagement/deviceConfigurations",
                vec!["DeviceManagementConfiguration.ReadWrite.All"],
            ),
            (
                "/v1.0/deviceManagement/managedDevices",
                vec!["DeviceManagementManagedDevices.ReadWrite.All"],
            ),
            (
                "/v1.0/policies/tokenLifetimePolicies",
                vec!["Policy.ReadWrite.Authorization"],
            ),
        ] {
            for role in roles {
                let token = token_with(&world, &[role]).await;
                let answer = world.get(&token, path).await;
                assert_eq!(answer.status.as_u16(), 200, "{path} {role}");
            }
            let token = token_with(&world, &["AppRoleAssignment.ReadWrite.All"]).await;
            assert_eq!(world.get(&token, path).await.status.as_u16(), 403, "{path}");
        }
    }

    #[tokio::test]
    async fn groups_are_made_filled_and_deleted_with_what_is_documented_for_each() {
        let world = World::new();
        let group = json!({"displayName": "New", "mailNickname": "new", "mailEnabled": false, "securityEnabled": true});
        let creator = token_with(&world, &["Group.Create"]).await;
        let filler = token_with(&world, &["GroupMember.ReadWrite.All"]).await;
        let writer = token_with(&world, &["Directory.ReadWrite.All"]).await;
        let owner = token_with(&world, &["Group.ReadWrite.All"]).await;
        let reader = token_with(&world, &["Group.Read.All", "Directory.Read.All"]).await;
        let path = "/v1.0/groups";
        assert_eq!(world.status(&reader, "POST", path, &group).await, 403);
        let made = world.ask(&creator, "POST", path, &[], &group).await;
        assert_eq!(made.status.as_u16(), 201);
        let uri = format!("{path}/{}", made.json()["id"].as_str().unwrap());
        assert_eq!(world.get(&creator, &uri).await.status.as_u16(), 403);
        let first = world
            .get(&writer, "/v1.0/users?$top=1&$select=id")
            .await
            .json();
        let member = json!({"@odata.id": format!(
            "https://graph.microsoft.com/v1.0/directoryObjects/{}", first["value"][0]["id"].as_str().unwrap()
        )});
        let members = format!("{uri}/members/$ref");
        assert_eq!(world.status(&creator, "POST", &members, &member).await, 403);
        assert_eq!(world.status(&filler, "POST", &members, &member).await, 204);
        assert_eq!(
            world
                .status(&writer, "PATCH", &uri, &json!({"description": "x"}))
                .await,
            204
        );
        assert_eq!(
            world.status(&writer, "DELETE", &uri, &Value::Null).await,
            403
        );
        assert_eq!(
            world.status(&owner, "DELETE", &uri, &Value::Null).await,
            204
        );
    }

    #[tokio::test]
    async fn every_known_permission_can_be_granted_and_has_an_id_of_its_own() {
        let world = World::new();
        let token = world.token(0).await;
        let graph = "/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')";
        let graph = world.get(&token, graph).await.json();
        let roles = graph["appRoles"].as_array().unwrap();
        let ids: std::collections::BTreeSet<_> =
            roles.iter().map(|role| role["id"].to_string()).collect();
        assert_eq!(ids.len(), roles.len());
        for role in roles {
            let name = role["value"].as_str().unwrap();
            assert!(
                world.sandbox.grant(&world.tenant(0).tenant_id, name),
                "{name}"
            );
        }
    }
}
