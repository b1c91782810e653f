//! Signing in with a signed assertion, and the administrator's consent.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use rcgen::{CertificateParams, KeyPair};
    use ring::rand::SystemRandom;
    use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
    use rustls_pki_types::PrivatePkcs8KeyDer;
    use rustls_pki_types::pem::PemObject;
    use serde_json::{Value, json};
    use test_certificate::TestCertificate;

    use super::support::{Answer, World};

    const SCOPE: &str = "https%3A%2F%2Fgraph.microsoft.com%2F.default";

    fn base64url(bytes: &[u8]) -> String {
        const LETTERS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut out = String::new();
        for chunk in bytes.chunks(3) {
            let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
            let group = (byte(0) << 16) | (byte(1) << 8) | byte(2);
            for at in 0..=chunk.len() {
                out.push(char::from(LETTERS[(group >> (18 - 6 * at)) as usize & 63]));
            }
        }
        out
    }

    /// The certificate of an application of nobody, and what signs for it.
    struct Signer {
        pem: &'static str,
        key: RsaKeyPair,
    }

    impl Signer {
        fn new() -> Self {
            let TestCertificate { certificate, key } = TestCertificate::shared();
            let key = PrivatePkcs8KeyDer::from_pem_slice(key.as_bytes()).unwrap();
            Self {
                pem: certificate,
                key: RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap(),
            }
        }

        fn sign(&self, claims: &Value) -> String {
            self.sign_with("RS256", &RSA_PKCS1_SHA256, claims)
        }

        fn sign_with(
            &self,
            name: &str,
            encoding: &'static dyn RsaEncoding,
            claims: &Value,
        ) -> String {
            let header = json!({"alg": name, "typ": "JWT"});
            let signed = format!(
                "{}.{}",
                base64url(header.to_string().as_bytes()),
                base64url(claims.to_string().as_bytes())
            );
            let mut signature = vec![0; self.key.public().modulus_len()];
            self.key
                .sign(
                    encoding,
                    &SystemRandom::new(),
                    signed.as_bytes(),
                    &mut signature,
                )
                .unwrap();
            format!("{signed}.{}", base64url(&signature))
        }
    }

    async fn sign_in(world: &World, assertion: &str) -> Answer {
        let tenant = world.tenant(0);
        let form = format!(
            "grant_type=client_credentials&client_id={}&scope={SCOPE}&client_assertion={assertion}\
             &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
            tenant.client_id
        );
        world.sign_in(&tenant.tenant_id, &form).await
    }

    #[tokio::test]
    async fn an_assertion_is_good_when_a_registered_certificate_signed_it_for_this_endpoint_now() {
        let world = World::new();
        let tenant = world.tenant(0);
        let signer = Signer::new();
        let now = 1_767_601_800_i64;
        let claims = json!({
            "iss": tenant.client_id, "sub": tenant.client_id, "jti": "1",
            "aud": format!("http://localhost/{}/oauth2/v2.0/token", tenant.tenant_id),
            "nbf": now, "exp": now + 600,
        });
        let unknown = sign_in(&world, &signer.sign(&claims)).await;
        assert_eq!(unknown.status, StatusCode::UNAUTHORIZED);
        assert_eq!(unknown.json()["error_codes"][0], 700_027);
        let path = format!("tenants/{}/certificates", tenant.tenant_id);
        let registered = world
            .control("POST", &path, &json!({"pem": signer.pem}).to_string())
            .await;
        assert_eq!(registered.json()["certificates"], 1);
        let probabilistic = signer.sign_with("PS256", &RSA_PSS_SHA256, &claims);
        let by_other_means = sign_in(&world, &probabilistic).await;
        assert_eq!(by_other_means.status, StatusCode::OK);
        let good = sign_in(&world, &signer.sign(&claims)).await;
        assert_eq!(good.status, StatusCode::OK, "{:?}", good.json());
        let token = good.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(
            world.get(&token, "/v1.0/organization").await.status,
            StatusCode::OK
        );

        // Registered beside the first, the certificate of another key has signed nothing.
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["app.example".to_owned()]).unwrap();
        let other_pem = params.self_signed(&key).unwrap().pem();
        let also = world
            .control("POST", &path, &json!({"pem": other_pem}).to_string())
            .await;
        assert_eq!(also.json()["certificates"], 2);
        let stranger = signer.sign_with("RS256", &RSA_PSS_SHA256, &claims);
        let mut elsewhere = claims.clone();
        elsewhere["aud"] = json!("https://login.example/token");
        let mut over = claims.clone();
        over["exp"] = json!(now - 301);
        let mut other = claims.clone();
        other["sub"] = json!("somebody");
        for (assertion, code) in [
            (stranger, 700_027),
            (signer.sign(&elsewhere), 700_027),
            (signer.sign(&over), 700_024),
            (signer.sign(&other), 700_027),
            (signer.sign(&claims).replacen('.', ".e30.", 1), 700_027),
            ("x".to_owned(), 700_027),
        ] {
            let refused = sign_in(&world, &assertion).await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{assertion}");
            let body = refused.json();
            assert_eq!(
                (&body["error"], &body["error_codes"][0]),
                (&json!("invalid_client"), &json!(code))
            );
        }
        let bad = world.control("POST", &path, r#"{"pem":"nothing"}"#).await;
        assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn an_application_has_its_own_secret_and_its_own_permissions() {
        let world = World::new();
        let tenant = world.tenant(0);
        let path = format!("tenants/{}/apps", tenant.tenant_id);
        let body = json!({"display_name": "Reader", "roles": ["Group.Read.All"]}).to_string();
        let made = world.control("POST", &path, &body).await;
        assert_eq!(made.status, StatusCode::CREATED);
        let made = made.json();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope={SCOPE}",
            text("client_id"),
            text("client_secret")
        );
        let token = world.sign_in(&tenant.tenant_id, &form).await.json();
        let token = token["access_token"].as_str().unwrap();
        assert_eq!(
            world.get(token, "/v1.0/groups").await.status,
            StatusCode::OK
        );
        assert_eq!(
            world.get(token, "/v1.0/organization").await.status,
            StatusCode::FORBIDDEN
        );
        let entry = world.sandbox.journal().since(0).pop().unwrap();
        assert_eq!(entry.app_id, Some(text("client_id")));
    }

    #[tokio::test]
    async fn tokens_can_be_over_before_they_are_said_to_be() {
        let world = World::new();
        let fault = r#"{"kind":"token_lifetime","seconds":60}"#;
        world.control("POST", "faults", fault).await;
        let token = world.token(0).await;
        assert_eq!(
            world.get(&token, "/v1.0/organization").await.status,
            StatusCode::OK
        );
        world.pass(61);
        let over = world.get(&token, "/v1.0/organization").await;
        assert_eq!(over.status, StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn consent_leads_back_to_where_the_application_wants_it() {
        let world = World::new();
        let tenant = world.tenant(0);
        let query = format!(
            "client_id={}&state=a%26b&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fback",
            tenant.client_id
        );
        for name in [tenant.tenant_id.as_str(), "common"] {
            let answer = world
                .get("", &format!("/{name}/adminconsent?{query}"))
                .await;
            assert_eq!(answer.status, StatusCode::FOUND);
            assert_eq!(
                answer.headers["location"].to_str().unwrap(),
                format!(
                    "http://127.0.0.1:1/back?admin_consent=True&tenant={}&state=a%26b",
                    tenant.tenant_id
                )
            );
        }
        world
            .control("POST", "faults", r#"{"kind":"consent_refused"}"#)
            .await;
        let refused = world
            .get("", &format!("/{}/adminconsent?{query}", tenant.tenant_id))
            .await;
        let to = refused.headers["location"].to_str().unwrap();
        assert!(
            to.contains("?error=permission_denied&error_description="),
            "{to}"
        );
        let lost = world.get("", "/common/adminconsent?client_id=x").await;
        assert_eq!(lost.status, StatusCode::BAD_REQUEST);
    }
}
