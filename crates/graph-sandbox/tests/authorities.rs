//! Where to sign in: the endpoints of a tenant, those that all share, and the older ones.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use serde_json::{Value, json};

    use super::support::{Answer, World, form};

    async fn look(world: &World, path: &str) -> Answer {
        let request = Request::get(path)
            .header("host", "127.0.0.1:4010")
            .body(Body::empty());
        world.send(request.unwrap()).await
    }

    async fn post(world: &World, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()));
        world.send(request.unwrap()).await
    }

    #[tokio::test]
    async fn a_tenant_and_everybody_are_told_where_their_endpoints_are() {
        let world = World::new();
        let tenant = world.tenant(0);
        let id = &tenant.tenant_id;
        let own = "http://127.0.0.1:4010";
        for (path, issuer, token) in [
            (
                format!("/{id}/v2.0"),
                format!("{own}/{id}/v2.0"),
                format!("{own}/{id}/oauth2/v2.0/token"),
            ),
            (
                format!("/{}/v2.0", tenant.domain),
                format!("{own}/{id}/v2.0"),
                format!("{own}/{id}/oauth2/v2.0/token"),
            ),
            (
                format!("/{id}"),
                format!("https://sts.windows.net/{id}/"),
                format!("{own}/{id}/oauth2/token"),
            ),
            (
                "/common/v2.0".to_owned(),
                format!("{own}/{{tenantid}}/v2.0"),
                format!("{own}/common/oauth2/v2.0/token"),
            ),
            (
                "/organizations/v2.0".to_owned(),
                format!("{own}/{{tenantid}}/v2.0"),
                format!("{own}/organizations/oauth2/v2.0/token"),
            ),
            (
                "/common".to_owned(),
                "https://sts.windows.net/{tenantid}/".to_owned(),
                format!("{own}/common/oauth2/token"),
            ),
        ] {
            let said = look(&world, &format!("{path}/.well-known/openid-configuration"))
                .await
                .json();
            assert_eq!(
                (&said["issuer"], &said["token_endpoint"]),
                (&json!(issuer), &json!(token)),
                "{path}"
            );
            let keys = said["jwks_uri"]
                .as_str()
                .unwrap()
                .strip_prefix(own)
                .unwrap()
                .to_owned();
            assert_eq!(
                look(&world, &keys).await.json()["keys"],
                json!([]),
                "{keys}"
            );
        }
        let nobody = look(
            &world,
            "/nobody.example/v2.0/.well-known/openid-configuration",
        )
        .await;
        assert_eq!(nobody.json()["error_codes"], json!([90_002]));
        let instance = look(&world, "/common/discovery/instance?api-version=1.1")
            .await
            .json();
        assert_eq!(
            instance["metadata"][0]["aliases"],
            json!(["127.0.0.1:4010"])
        );
        let next = instance["tenant_discovery_endpoint"]
            .as_str()
            .unwrap()
            .strip_prefix(own)
            .unwrap();
        assert_eq!(look(&world, next).await.status.as_u16(), 200);
    }

    #[tokio::test]
    async fn an_application_signs_in_at_its_tenant_and_not_at_everybodys() {
        let world = World::new();
        let tenant = world.tenant(0);
        for shared in ["common", "organizations"] {
            let refused = post(
                &world,
                &format!("/{shared}/oauth2/v2.0/token"),
                &form(&tenant),
            )
            .await;
            assert_eq!(refused.status.as_u16(), 400);
            assert_eq!(refused.json()["error_codes"], json!([50_059]));
        }
    }

    #[tokio::test]
    async fn the_older_endpoint_is_asked_for_a_resource_and_writes_numbers_as_texts() {
        let world = World::new();
        let tenant = world.tenant(0);
        let path = format!("/{}/oauth2/token", tenant.tenant_id);
        let asked = |resource: &str| {
            format!(
                "grant_type=client_credentials&client_id={}&client_secret={}{resource}",
                tenant.client_id, tenant.client_secret
            )
        };
        let given = post(
            &world,
            &path,
            &asked("&resource=https%3A%2F%2Fgraph.microsoft.com%2F"),
        )
        .await;
        assert_eq!(given.status.as_u16(), 200);
        let given = given.json();
        assert_eq!(
            (&given["expires_in"], &given["token_type"]),
            (&json!("3599"), &json!("Bearer"))
        );
        let ends: i64 = given["expires_on"].as_str().unwrap().parse().unwrap();
        let begins: i64 = given["not_before"].as_str().unwrap().parse().unwrap();
        assert_eq!(ends - begins, 3_599);
        let token = given["access_token"].as_str().unwrap();
        assert_eq!(
            world.get(token, "/v1.0/organization").await.status.as_u16(),
            200
        );
        let codes = |answer: Answer| -> Value { answer.json()["error_codes"].clone() };
        assert_eq!(
            codes(post(&world, &path, &asked("")).await),
            json!([900_144])
        );
        let other = asked("&resource=https%3A%2F%2Fvault.azure.net");
        assert_eq!(codes(post(&world, &path, &other).await), json!([500_011]));
    }
}
