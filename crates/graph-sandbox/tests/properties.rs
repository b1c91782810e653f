//! Properties have names and kinds: what a type does not have is refused, and what it has never is.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use serde_json::{Value, json};

    use super::support::World;

    fn message(body: &Value) -> &str {
        body["error"]["message"].as_str().unwrap()
    }

    const GROUPS: &str = "/v1.0/groups";
    const CONFIGURATIONS: &str = "/beta/deviceManagement/deviceConfigurations";

    #[tokio::test]
    async fn a_name_that_a_type_does_not_have_is_refused_wherever_it_stands() {
        let world = World::new();
        let token = world.writer().await;
        let group = world.get(&token, "/v1.0/groups?$top=1").await.json();
        let group = format!("/v1.0/groups/{}", group["value"][0]["id"].as_str().unwrap());
        for (uri, kind) in [
            (GROUPS, "group"),
            (group.as_str(), "group"),
            ("/v1.0/groups/delta", "group"),
            ("/v1.0/users", "user"),
            (
                "/beta/identity/conditionalAccess/policies",
                "conditionalAccessPolicy",
            ),
            (CONFIGURATIONS, "deviceConfiguration"),
            ("/v1.0/deviceManagement/managedDevices", "managedDevice"),
        ] {
            for option in [
                "$select=id,noSuchName",
                "$filter=noSuchName%20eq%20'x'",
                "$filter=startswith(noSuchName,'x')",
                "$filter=noSuchName/any(c:c%20eq%20'x')",
                "$orderby=noSuchName%20desc",
                "$expand=noSuchName",
            ] {
                let refused = world.get(&token, &format!("{uri}?{option}")).await;
                assert_eq!(refused.status.as_u16(), 400, "{uri} {option}");
                assert_eq!(refused.error_code(), "BadRequest", "{uri} {option}");
                let said = format!(
                    "Could not find a property named 'noSuchName' on type 'microsoft.graph.{kind}'."
                );
                assert!(
                    message(&refused.json()).ends_with(&said),
                    "{}",
                    refused.json()
                );
            }
        }
        let refused = world.get(&token, "/v1.0/groups?$expand=displayName").await;
        assert!(message(&refused.json()).contains("is not a navigation property"));
    }

    #[tokio::test]
    async fn names_that_a_type_has_are_taken_with_types_extensions_and_in_any_case() {
        let world = World::new();
        let token = world.writer().await;
        for uri in [
            "/v1.0/groups?$select=ID,displayname,assignedLicenses,proxyAddresses,theme&$expand=owners",
            "/v1.0/groups?$select=id,extension_0123456789abcdef0123456789abcdef_costCentre",
            "/v1.0/users?$select=id,signInActivity,onPremisesExtensionAttributes&$filter=accountEnabled%20eq%20true",
            "/v1.0/users?$filter=onPremisesExtensionAttributes/extensionAttribute1%20eq%20'x'",
            "/beta/deviceManagement/deviceConfigurations/microsoft.graph.windows10GeneralConfiguration?$select=id,cortanaBlocked",
            "/beta/deviceManagement/deviceConfigurations?$select=id,microsoft.graph.iosCustomConfiguration/payload",
            "/beta/deviceManagement/deviceConfigurations?$expand=deviceStatusOverview",
            "/beta/deviceManagement/configurationPolicies?$filter=platforms%20eq%20'windows10'&$select=name,settingCount",
            "/v1.0/deviceManagement/managedDevices?$select=id,complianceState&$filter=complianceState%20eq%20microsoft.graph.complianceState'compliant'",
            "/v1.0/deviceManagement/managedDevices?$filter=lastSyncDateTime%20ge%202020-01-01T00:00:00Z",
            "/v1.0/identity/conditionalAccess/policies?$filter=id%20eq%2011111111-2222-4333-8444-555555555555",
            "/v1.0/groups?$filter=groupTypes/any(c:c%20eq%20'Unified')",
        ] {
            let answer = world.get(&token, uri).await;
            assert_eq!(answer.status.as_u16(), 200, "{uri} {}", answer.json());
        }
        let older = "/v1.0/deviceManagement/deviceConfigurations?$select=roleScopeTagIds";
        assert_eq!(world.get(&token, older).await.status.as_u16(), 400);
    }

    #[tokio::test]
    async fn what_cannot_be_compared_is_refused() {
        let world = World::new();
        let token = world.writer().await;
        for (uri, operands) in [
            (
                "/v1.0/groups?$filter=displayName%20eq%205",
                "'Edm.String' and 'Edm.Int32' for operator kind 'Equal'",
            ),
            (
                "/v1.0/groups?$filter=mailEnabled%20ne%20'x'",
                "'Edm.Boolean' and 'Edm.String' for operator kind 'NotEqual'",
            ),
            (
                "/v1.0/deviceManagement/managedDevices?$filter=lastSyncDateTime%20gt%20'2020-01-01'",
                "'Edm.DateTimeOffset' and 'Edm.String' for operator kind 'GreaterThan'",
            ),
            (
                "/beta/deviceManagement/roleScopeTags?$filter=isBuiltIn%20eq%20'x'",
                "'Edm.Boolean' and 'Edm.String' for operator kind 'Equal'",
            ),
        ] {
            let refused = world.get(&token, uri).await;
            assert_eq!(refused.status.as_u16(), 400, "{uri}");
            assert_eq!(refused.error_code(), "BadRequest", "{uri}");
            let said = format!(
                "A binary operator with incompatible types was detected. Found operand types {operands}."
            );
            assert!(
                message(&refused.json()).ends_with(&said),
                "{}",
                refused.json()
            );
        }
        let refused = world
            .get(&token, "/v1.0/groups?$filter=startswith(mailEnabled,'x')")
            .await;
        assert!(message(&refused.json()).contains("No function signature"));
        let refused = world
            .get(
                &token,
                "/v1.0/groups?$filter=displayName/any(c:c%20eq%20'x')",
            )
            .await;
        assert!(message(&refused.json()).contains("following a collection"));
    }

    #[tokio::test]
    async fn a_body_holds_what_its_type_has_and_values_of_its_kind() {
        let world = World::new();
        let token = world.writer().await;
        let group = json!({"displayName": "New", "mailNickname": "new", "mailEnabled": false, "securityEnabled": true});
        let general = json!({"@odata.type": "#microsoft.graph.windows10GeneralConfiguration", "displayName": "New"});
        let place = json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "New", "ipRanges": []});
        let with = |body: &Value, name: &str, value: Value| {
            let mut body = body.clone();
            body[name] = value;
            body
        };
        let locations = "/v1.0/identity/conditionalAccess/namedLocations";
        for (path, body, code, said) in [
            (
                GROUPS,
                with(&group, "noSuchName", json!(1)),
                "Request_BadRequest",
                "Invalid property 'noSuchName'.",
            ),
            (
                GROUPS,
                with(&group, "mailEnabled", json!("no")),
                "Request_BadRequest",
                "Cannot convert a primitive value to the expected type 'Edm.Boolean'.",
            ),
            (
                GROUPS,
                with(&group, "groupTypes", json!("Unified")),
                "Request_BadRequest",
                "A 'StartArray' node was expected.",
            ),
            (
                GROUPS,
                with(&group, "description", json!(["a"])),
                "Request_BadRequest",
                "A 'PrimitiveValue' node was expected.",
            ),
            (
                CONFIGURATIONS,
                with(&general, "noSuchName", json!(1)),
                "ModelValidationFailure",
                "does not exist on type 'microsoft.management.services.api.windows10GeneralConfiguration'.",
            ),
            (
                CONFIGURATIONS,
                with(&general, "cortanaBlocked", json!("x")),
                "ModelValidationFailure",
                "'Edm.Boolean'",
            ),
            (
                CONFIGURATIONS,
                with(
                    &general,
                    "@odata.type",
                    json!("#microsoft.graph.iosCompliancePolicy"),
                ),
                "ModelValidationFailure",
                "could not be resolved by the model",
            ),
            (
                locations,
                with(&place, "noSuchName", json!(1)),
                "BadRequest",
                "'microsoft.graph.ipNamedLocation'",
            ),
        ] {
            let refused = world.ask(&token, "POST", path, &[], &body).await;
            assert_eq!(refused.status.as_u16(), 400, "{body}");
            assert_eq!(refused.error_code(), code, "{body}");
            assert!(
                message(&refused.json()).contains(said),
                "{}",
                refused.json()
            );
        }
        assert!(world.is_unwritten());
        let mut taken = with(&general, "cortanaBlocked", json!(true));
        taken["@odata.context"] = json!("x");
        taken["assignments@odata.context"] = json!("x");
        taken["#microsoft.graph.assign"] = json!({});
        taken["roleScopeTagIds@odata.type"] = json!("#Collection(String)");
        let made = world.ask(&token, "POST", CONFIGURATIONS, &[], &taken).await;
        assert_eq!(made.status.as_u16(), 201, "{}", made.json());
        let uri = format!("{CONFIGURATIONS}/{}", made.json()["id"].as_str().unwrap());
        let change = json!({"@odata.type": "#microsoft.graph.windows10GeneralConfiguration", "noSuchName": 1});
        let refused = world.ask(&token, "PATCH", &uri, &[], &change).await;
        assert_eq!(refused.error_code(), "ModelValidationFailure");
        let unheard = json!({"@odata.type": "#microsoft.graph.tomorrowsConfiguration", "displayName": "New", "any": 1});
        assert_eq!(
            world.status(&token, "POST", CONFIGURATIONS, &unheard).await,
            201
        );
        let extended = with(&group, "ext1a2b3c4d_courses", json!({"id": 1}));
        assert_eq!(world.status(&token, "POST", GROUPS, &extended).await, 201);
    }

    #[tokio::test]
    async fn what_is_served_is_described_to_whoever_asks() {
        let world = World::new();
        for (version, knows) in [("v1.0", false), ("beta", true)] {
            let asked = Request::get(format!("/{version}/$metadata")).body(Body::empty());
            let answer = world.send(asked.unwrap()).await;
            assert_eq!(answer.status.as_u16(), 200);
            assert_eq!(answer.headers["content-type"], "application/xml");
            let root = Request::get(format!("/{version}/")).body(Body::empty());
            let root = world.send(root.unwrap()).await.json();
            let groups = json!({"name": "groups", "kind": "EntitySet", "url": "groups"});
            assert!(root["value"].as_array().unwrap().contains(&groups));
            let text = String::from_utf8(answer.body).unwrap();
            assert!(text.starts_with("<?xml") && text.ends_with("</edmx:Edmx>"));
            assert!(text.contains("<EntitySet Name=\"groups\" EntityType=\"graph.group\"/>"));
            assert!(
                text.contains("<Property Name=\"groupTypes\" Type=\"Collection(Edm.String)\"/>")
            );
            assert_eq!(text.contains("<EntityType Name=\"roleScopeTag\""), knows);
        }
    }
}
