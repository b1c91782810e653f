//! The HTTP client against a server that misbehaves on purpose.

#[cfg(test)]
mod support;

use std::time::Duration;

use graph::{
    ClientSettings, CredentialFault, GraphClient, GraphError, HttpGraphClient, LinkFault,
    NullGraphClient, SizeLimit, UnreachableKind,
};
use support::*;
use tokio::io::AsyncWriteExt as _;

#[tokio::test]
async fn p01_all_pages_are_read_with_one_token() {
    let server = Server::start().await;
    let next = format!("{}/v1.0/groups?$skiptoken=a%2Fb", server.address);
    let last = format!("{}/v1.0/groups?$skiptoken=c", server.address);
    server
        .graph(server.groups(&["g1", "g2"], Some(&next)))
        .graph(server.groups(&[], Some(&last)))
        .graph(server.groups(&["g3"], None));
    assert_eq!(walk(&client(), &server).await.unwrap(), ["g1", "g2", "g3"]);
    let tokens = server.seen("/token");
    assert_eq!(tokens.len(), 1);
    assert_eq!(tokens[0].line, format!("POST /{TENANT}/oauth2/v2.0/token"));
    assert!(tokens[0].body.contains("grant_type=client_credentials"));
    assert!(
        tokens[0]
            .body
            .contains("scope=https%3A%2F%2Fgraph.microsoft.com%2F.default")
    );
    let pages = server.seen("/groups");
    assert!(pages[0].line.ends_with("&$top=999"), "{}", pages[0].line);
    assert_eq!(
        pages[1].line, "GET /v1.0/groups?$skiptoken=a%2Fb",
        "followed as it came"
    );
    for page in pages {
        assert!(page.head.contains("authorization: Bearer token-1."));
        assert!(page.head.contains("client-request-id: run-1\n"));
    }
}

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
async fn p03_a_denial_names_the_permissions() {
    let server = Server::start().await;
    let body = r#"{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges, Bearer token-1.eyJyb2xlcyI6WyJHcm91cC5SZWFkLkFsbCJdfQ.s"}}"#;
    server.graph(json(403, "request-id: r-9\r\n", body));
    let error = client()
        .page(&server.connection(), &context(), groups(), None)
        .await
        .unwrap_err();
    assert!(!format!("{error:?}").contains("token-1"), "{error:?}");
    let GraphError::PermissionDenied {
        permissions,
        request_id,
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(permissions, groups().read_permissions);
    assert_eq!(request_id.as_deref(), Some("r-9"));
}

#[tokio::test]
async fn p01_busy_replies_are_asked_again() {
    let server = Server::start().await;
    server
        .sign_in(json(503, "", "{}"))
        .graph(json(429, "Retry-After: 0\r\n", "{}"))
        .graph(json(504, "", ""))
        .graph(server.groups(&["g1"], None));
    assert_eq!(walk(&client(), &server).await.unwrap(), ["g1"]);
    assert_eq!(server.seen("/groups").len(), 3);
}

#[tokio::test]
async fn p01_a_long_wait_is_the_callers() {
    let server = Server::start().await;
    server
        .graph(json(429, "Retry-After: 120\r\nrequest-id: r-1\r\n", "{}"))
        .graph(json(
            503,
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
             Retry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n",
            "{}",
        ));
    let client = client();
    for (wait, request_id) in [(120, Some("r-1")), (60, None)] {
        let retry_after = Duration::from_secs(wait);
        let request_id = request_id.map(str::to_owned);
        assert_eq!(
            first_error(&client, &server).await,
            GraphError::Throttled {
                retry_after,
                request_id
            }
        );
    }
    assert_eq!(server.seen("/groups").len(), 2, "neither was repeated");
}

#[tokio::test]
async fn p01_repetition_ends() {
    let server = Server::start().await;
    for _ in 0..10 {
        server.graph(json(503, "", ""));
    }
    let error = first_error(&client(), &server).await;
    assert_eq!(
        error,
        GraphError::ServerError {
            status: 503,
            request_id: None
        }
    );
    assert_eq!(server.seen("/groups").len(), 4);
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
async fn p01_silence_ends() {
    let server = Server::start().await;
    let partial = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"val";
    server
        .graph(Answer::SendAndHang(String::new()))
        .graph(Answer::SendAndHang(partial.to_owned()))
        .graph(Answer::Send(partial.to_owned()))
        .graph(Answer::Send(String::new()));
    let client = hasty_client();
    for kind in [
        UnreachableKind::HeaderTimeout,
        UnreachableKind::BodyTimeout,
        UnreachableKind::Interrupted,
        UnreachableKind::Interrupted,
    ] {
        assert_eq!(
            first_error(&client, &server).await,
            GraphError::Unreachable { kind }
        );
    }
}

#[tokio::test]
async fn p01_a_silent_sign_in_service_ends_too() {
    let server = Server::start().await;
    server.sign_in(Answer::SendAndHang(String::new()));
    let kind = UnreachableKind::HeaderTimeout;
    assert_eq!(
        first_error(&hasty_client(), &server).await,
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

#[tokio::test]
async fn p01_a_dead_server_is_unreachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client()
        .page(
            &connection_to(&address, &address),
            &context(),
            groups(),
            None,
        )
        .await
        .unwrap_err();
    assert_eq!(
        error,
        GraphError::Unreachable {
            kind: UnreachableKind::Connect
        }
    );
    // A label longer than DNS allows: no resolver has to be asked.
    let nowhere = format!("https://{}.invalid", "a".repeat(64));
    let connection = connection_to(&nowhere, &nowhere);
    let error = client()
        .page(&connection, &context(), groups(), None)
        .await
        .unwrap_err();
    assert_eq!(
        error,
        GraphError::Unreachable {
            kind: UnreachableKind::Dns
        }
    );
}

#[tokio::test]
async fn p01_https_to_a_server_without_it_is_a_tls_failure() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let connection = connection_to(&address, &address);
    let (context, client) = (context(), client());
    let plain = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 X\r\n\r\n").await.unwrap();
        stream
    };
    let (page, _open) = tokio::join!(client.page(&connection, &context, groups(), None), plain);
    assert_eq!(
        page.unwrap_err(),
        GraphError::Unreachable {
            kind: UnreachableKind::Tls
        }
    );
}

#[tokio::test]
async fn p01_garbage_is_an_error_and_shows_nothing() {
    let server = Server::start().await;
    let bodies = [
        "canary",
        "",
        "<html>canary</html>",
        "{\"value\":\"canary\"}",
        "{\"value\":[1]}",
        "{\"items\":[]}",
        "{\"value\":[],\"@odata.nextLink\":7}",
        "[[[[[",
    ];
    let client = client();
    for body in bodies {
        server.graph(json(200, "request-id: r-1\r\n", body));
        let error = first_error(&client, &server).await;
        assert!(
            matches!(error, GraphError::InvalidResponse { .. }),
            "{body}: {error:?}"
        );
        assert_eq!(error.request_id(), Some("r-1"), "{body}");
    }
    let deep = "[".repeat(2000);
    server.graph(json(200, "", &format!("{{\"value\":[{{\"a\":{deep}")));
    let error = first_error(&client, &server).await;
    assert!(
        matches!(error, GraphError::InvalidResponse { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn p01_a_page_larger_than_the_bound_is_not_read() {
    let server = Server::start().await;
    let body = format!("{{\"value\":[{{\"id\":\"{}\"}}]}}", "canary".repeat(1000));
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
         {:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    let claimed = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_owned();
    server
        .graph(json(200, "", &body))
        .graph(Answer::Send(chunked))
        .graph(Answer::SendAndHang(claimed));
    let client = client();
    for _ in 0..3 {
        let limit = SizeLimit::Bytes(4096);
        assert_eq!(
            first_error(&client, &server).await,
            GraphError::TooLarge {
                limit,
                request_id: None
            }
        );
    }
}

#[tokio::test]
async fn p01_a_foreign_next_link_gets_no_token() {
    let server = Server::start().await;
    let foreign = Server::start().await;
    foreign.graph(foreign.groups(&["g2"], None));
    let next = format!("{}/v1.0/groups?$skiptoken=canary", foreign.address);
    server.graph(server.groups(&["g1"], Some(&next)));
    assert_eq!(
        first_error(&client(), &server).await,
        GraphError::RefusedNextLink {
            why: LinkFault::ForeignOrigin,
            request_id: None
        }
    );
    assert!(foreign.seen("").is_empty(), "nothing was sent there");
}

#[tokio::test]
async fn p01_redirects_are_not_followed() {
    let server = Server::start().await;
    let foreign = Server::start().await;
    let location = format!("Location: {}/v1.0/groups\r\n", foreign.address);
    server
        .graph(json(302, &location, ""))
        .sign_in(json(307, &location, ""));
    let client = client();
    for _ in 0..2 {
        let error = first_error(&client, &server).await;
        assert!(
            matches!(error, GraphError::InvalidResponse { .. }),
            "{error:?}"
        );
    }
    assert!(foreign.seen("").is_empty(), "nothing was sent there");
}

#[tokio::test]
async fn p01_loops_end() {
    let server = Server::start().await;
    let link = |n: u32| format!("{}/v1.0/groups?$skiptoken={n}", server.address);
    for next in [1, 2, 1] {
        server.graph(server.groups(&["g"], Some(&link(next))));
    }
    let error = walk(&client(), &server).await.unwrap_err();
    assert_eq!(
        error,
        GraphError::RefusedNextLink {
            why: LinkFault::Loop,
            request_id: None
        }
    );
    for next in 0..9 {
        server.graph(server.groups(&["g"], Some(&link(next))));
    }
    let error = walk(&client(), &server).await.unwrap_err();
    let limit = SizeLimit::Pages(5);
    assert_eq!(
        error,
        GraphError::TooLarge {
            limit,
            request_id: None
        }
    );
    assert_eq!(server.seen("/groups").len(), 3 + 5);
}

#[tokio::test]
async fn v10_the_null_client_refuses_and_counts() {
    let null = NullGraphClient::new();
    let client: &dyn GraphClient = &null;
    let connection = connection_to("http://127.0.0.1:1", "http://127.0.0.1:1");
    let context = context();
    assert_eq!(null.calls(), 0);
    let organization = client.organization(&connection, &context).await;
    assert_eq!(organization.unwrap_err(), GraphError::NoProvider);
    let roles = client.granted_roles(&connection, &context).await;
    assert_eq!(roles.unwrap_err(), GraphError::NoProvider);
    let page = client.page(&connection, &context, groups(), None).await;
    assert_eq!(page.unwrap_err(), GraphError::NoProvider);
    assert_eq!(null.calls(), 3);
}
