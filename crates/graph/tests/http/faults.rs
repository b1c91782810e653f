//! Replies that are late, cut, wrong or never.

use graph::{GraphClient, GraphError, UnreachableKind};
use tokio::io::AsyncWriteExt as _;

use crate::support::*;

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
    let needed: Vec<_> = groups().read.known().unwrap().all().collect();
    assert_eq!(permissions, needed);
    assert_eq!(request_id.as_deref(), Some("r-9"));
}

#[tokio::test]
async fn p01_silence_ends() {
    let partial = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"val".to_owned();
    // The outcome is the same when a slow machine lets the sign-in run into the bound.
    for (client, answer, kind) in [
        (
            client_hasty_for_headers(),
            Answer::SendAndHang(String::new()),
            UnreachableKind::HeaderTimeout,
        ),
        (
            client_hasty_for_bodies(),
            Answer::SendAndHang(partial.clone()),
            UnreachableKind::BodyTimeout,
        ),
        (
            client(),
            Answer::Send(partial),
            UnreachableKind::Interrupted,
        ),
        (
            client(),
            Answer::Send(String::new()),
            UnreachableKind::Interrupted,
        ),
    ] {
        let server = Server::start().await;
        server.graph(answer);
        assert_eq!(
            first_error(&client, &server).await,
            GraphError::Unreachable { kind }
        );
    }
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
