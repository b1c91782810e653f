//! The token endpoint, from outside.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use graph_sandbox::{Fault, FaultKind};

    use super::support::{World, form};

    #[tokio::test]
    async fn every_refusal_has_its_code_and_status() {
        let world = World::new();
        let tenant = world.tenant(0);
        let other = world.tenant(1);
        let good = form(&tenant);
        let id = tenant.tenant_id.as_str();
        let ghost = "11111111-2222-4333-8444-555555555555";
        let secret = format!("&client_secret={}", tenant.client_secret);
        let scope = "https%3A%2F%2Fgraph.microsoft.com%2F.default";
        for (tenant_in_path, form, status, error, code) in [
            (
                id,
                good.replace(&tenant.client_secret, "no"),
                401,
                "invalid_client",
                7_000_215,
            ),
            (
                id,
                good.replace(&secret, ""),
                401,
                "invalid_client",
                7_000_218,
            ),
            (
                id,
                good.replace(&secret, "&client_assertion=a.b.c"),
                401,
                "invalid_client",
                7_000_216,
            ),
            (
                id,
                good.replace(
                    &secret,
                    "&client_assertion=a.b.c&client_assertion_type=\
                     urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
                ),
                401,
                "invalid_client",
                700_027,
            ),
            (
                id,
                good.replace(&tenant.client_id, &other.client_id),
                400,
                "unauthorized_client",
                700_016,
            ),
            (ghost, good.clone(), 400, "invalid_request", 90_002),
            (
                "nobody.example",
                good.clone(),
                400,
                "invalid_request",
                90_002,
            ),
            ("nobody", good.clone(), 400, "invalid_request", 900_023),
            (id, String::new(), 400, "invalid_request", 900_144),
            (
                id,
                good.replace("&scope=", "&x="),
                400,
                "invalid_request",
                900_144,
            ),
            (
                id,
                "grant_type=client_credentials".to_owned(),
                400,
                "invalid_request",
                900_144,
            ),
            (
                id,
                good.replace(scope, "User.Read"),
                400,
                "invalid_scope",
                1_002_012,
            ),
            (id, good.replace(scope, "a+b"), 400, "invalid_scope", 70_011),
            (
                id,
                good.replace(scope, "https://other.example/.default"),
                400,
                "invalid_resource",
                500_011,
            ),
            (
                id,
                "grant_type=password".to_owned(),
                400,
                "unsupported_grant_type",
                70_003,
            ),
            (id, "%ff=%".to_owned(), 400, "invalid_request", 900_144),
        ] {
            let answer = world.sign_in(tenant_in_path, &form).await;
            let body = answer.json();
            assert_eq!(answer.status.as_u16(), status, "{form}");
            assert_eq!(body["error"], error, "{form}");
            assert_eq!(body["error_codes"][0], code, "{form}");
            let text = body["error_description"].as_str().unwrap();
            assert!(text.starts_with(&format!("AADSTS{code}: ")), "{text}");
            assert!(text.contains("\r\nTrace ID: "), "{text}");
        }
    }

    #[tokio::test]
    async fn domain_basic_header_and_own_address_sign_in_too() {
        let world = World::new();
        let tenant = world.tenant(0);
        assert_eq!(
            world.sign_in(&tenant.domain, &form(&tenant)).await.status,
            StatusCode::OK
        );
        let own = form(&tenant).replace("graph.microsoft.com", "localhost");
        assert_eq!(
            world.sign_in(&tenant.tenant_id, &own).await.status,
            StatusCode::OK
        );
        let pair = format!("{}:{}", tenant.client_id, tenant.client_secret);
        let request = Request::post(format!("/{}/oauth2/v2.0/token", tenant.tenant_id))
            .header(
                "authorization",
                format!("Basic {}", base64(pair.as_bytes())),
            )
            .body(Body::from(
                "grant_type=client_credentials&scope=https://graph.microsoft.com/.default",
            ))
            .unwrap();
        assert_eq!(world.send(request).await.status, StatusCode::OK);
    }

    #[tokio::test]
    async fn a_token_opens_its_own_tenant_until_it_expires() {
        let world = World::new();
        let token = world.token(0).await;
        assert_eq!(token.split('.').count(), 3);
        let organization = world.get(&token, "/v1.0/organization").await.json();
        assert_eq!(
            organization["value"][0]["id"],
            world.tenant(0).tenant_id.as_str()
        );
        assert_eq!(organization["value"].as_array().unwrap().len(), 1);
        world.pass(3_598);
        assert_eq!(
            world.get(&token, "/v1.0/organization").await.status,
            StatusCode::OK
        );
        world.pass(1);
        let expired = world.get(&token, "/v1.0/organization").await;
        assert_eq!(expired.status, StatusCode::UNAUTHORIZED);
        assert_eq!(expired.error_code(), "InvalidAuthenticationToken");
        assert!(expired.headers.contains_key("www-authenticate"));
        for token in ["", "abc", "a.b.c"] {
            let answer = world.get(token, "/v1.0/organization").await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{token}");
        }
    }

    #[tokio::test]
    async fn scripted_refusals_come_and_go() {
        let world = World::new();
        let tenant = world.tenant(0);
        let token = world.token(0).await;
        for (kind, code) in [
            (FaultKind::ExpiredSecret, 7_000_222),
            (FaultKind::WrongSecret, 7_000_215),
            (FaultKind::ConsentRevoked, 700_016),
        ] {
            let fault = Fault {
                tenant_id: Some(tenant.tenant_id.clone()),
                ..Fault::everywhere(kind)
            };
            let id = world.sandbox.faults().add(fault).unwrap();
            let answer = world.sign_in(&tenant.tenant_id, &form(&tenant)).await;
            assert_eq!(answer.json()["error_codes"][0], code);
            let data = world.get(&token, "/v1.0/groups").await.status.as_u16();
            assert_eq!(data, if code == 700_016 { 403 } else { 200 });
            world.token(1).await;
            assert!(world.sandbox.faults().remove(&id));
        }
        world.token(0).await;
    }

    #[tokio::test]
    async fn sign_in_libraries_find_the_endpoints() {
        let world = World::new();
        let tenant = world.tenant(0).tenant_id;
        let uri = format!("/{tenant}/v2.0/.well-known/openid-configuration");
        let answer = world.get("", &uri).await;
        let endpoint = format!("http://127.0.0.1:4010/{tenant}/oauth2/v2.0/token");
        assert_eq!(answer.json()["token_endpoint"], endpoint);
        let unknown = world
            .get("", "/nobody.example/v2.0/.well-known/openid-configuration")
            .await;
        assert_eq!(unknown.json()["error_codes"][0], 90_002);
    }

    fn base64(bytes: &[u8]) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut out = String::new();
        for chunk in bytes.chunks(3) {
            let mut group = [0_u8; 3];
            group[..chunk.len()].copy_from_slice(chunk);
            let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
            for at in 0..4 {
                let letter = LETTERS[(bits >> (18 - 6 * at)) as usize & 63];
                out.push(if at <= chunk.len() {
                    char::from(letter)
                } else {
                    '='
                });
            }
        }
        out
    }
}
