//! Tokens: asked for, shared, refused, replaced.

use std::time::Duration;

use graph::{
    ClientSettings, CredentialFault, GraphClient, GraphError, HttpGraphClient, UnreachableKind,
};

use crate::support::*;

#[tokio::test]
async fn p03_the_organization_and_the_roles_of_a_new_token() {
    let server = Server::start().await;
    let client = client();
    let body = format!(
        r#"{{"value":[{{"id":"{TENANT}","displayName":"Contoso","tenantType":"AAD","verifiedDomains":[{{"name":"a.example","isDefault":false}},{{"name":"b.example","isDefault":true}}]}}]}}"#
    );
    server
        .graph(json(200, "", &body))
        .graph(json(200, "", "{\"value\":[]}"));
    let connection = server.connection();
    let organization = client.organization(&connection, &context()).await.unwrap();
    assert_eq!(organization.id, TENANT);
    assert_eq!(organization.display_name.as_deref(), Some("Contoso"));
    assert_eq!(organization.default_domain.as_deref(), Some("b.example"));
    for asked in 2..4 {
        let roles = client.granted_roles(&connection, &context()).await.unwrap();
        assert_eq!(roles, ["Group.Read.All"]);
        assert_eq!(
            server.seen("/token").len(),
            asked,
            "a cached token knows no new consent"
        );
    }
    let none = client
        .organization(&connection, &context())
        .await
        .unwrap_err();
    assert!(
        matches!(none, GraphError::InvalidResponse { .. }),
        "{none:?}"
    );
}

#[tokio::test]
async fn p03_a_wrong_secret_never_reaches_graph() {
    let server = Server::start().await;
    let body = format!(
        r#"{{"error":"invalid_client","error_description":"AADSTS7000215: {SECRET}","error_codes":[7000215],"trace_id":"t-1"}}"#
    );
    server.sign_in(json(401, "", &body));
    let error = first_error(&client(), &server).await;
    let GraphError::AuthenticationFailed {
        kind,
        aadsts,
        request_id,
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(kind, CredentialFault::WrongSecret);
    assert_eq!(
        (aadsts, request_id.as_deref()),
        (Some(7_000_215), Some("t-1"))
    );
    assert!(server.seen("/groups").is_empty());
}

#[tokio::test]
async fn p01_a_refused_token_is_replaced_once() {
    let server = Server::start().await;
    server
        .graph(json(401, "", "{}"))
        .graph(server.groups(&["g1"], None))
        .graph(json(401, "", "{}"))
        .graph(json(401, "", "{}"));
    let client = client();
    assert_eq!(walk(&client, &server).await.unwrap(), ["g1"]);
    let calls = server.seen("/groups");
    assert!(calls[0].head.contains("Bearer token-1."));
    assert!(calls[1].head.contains("Bearer token-2."));
    let error = first_error(&client, &server).await;
    assert!(
        matches!(
            error,
            GraphError::AuthenticationFailed {
                kind: CredentialFault::Other,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(server.seen("/groups").len(), 4);
    assert_eq!(server.seen("/token").len(), 3);
}

#[tokio::test]
async fn p01_many_callers_share_one_token_and_another_secret_gets_its_own() {
    let server = Server::start().await;
    for _ in 0..9 {
        server.graph(server.groups(&[], None));
    }
    let client = client();
    let (a, b, c, d) = tokio::join!(
        first_page(&client, &server),
        first_page(&client, &server),
        first_page(&client, &server),
        first_page(&client, &server),
    );
    for page in [a, b, c, d] {
        page.unwrap();
    }
    assert_eq!(server.seen("/token").len(), 1);
    let rotated = graph::Connection::new(
        TENANT,
        server.connection().client_id(),
        "another".to_owned().into(),
        server.connection().cloud().clone(),
    )
    .unwrap();
    client
        .page(&rotated, &context(), groups(), None)
        .await
        .unwrap();
    assert_eq!(server.seen("/token").len(), 2);
}

#[tokio::test]
async fn p01_a_silent_sign_in_service_ends_too() {
    let server = Server::start().await;
    server.sign_in(Answer::SendAndHang(String::new()));
    let kind = UnreachableKind::HeaderTimeout;
    assert_eq!(
        first_error(&client_hasty_for_headers(), &server).await,
        GraphError::Unreachable { kind }
    );
    server.sign_in(Answer::SendAndHang(String::new()));
    let bound = Duration::from_millis(100);
    let impatient = ClientSettings {
        max_retry_after: bound,
        ..settings()
    };
    let kind = UnreachableKind::SignInTimeout;
    let client = HttpGraphClient::new(impatient).unwrap();
    assert_eq!(
        first_error(&client, &server).await,
        GraphError::Unreachable { kind }
    );
    assert!(server.seen("/groups").is_empty());
}
