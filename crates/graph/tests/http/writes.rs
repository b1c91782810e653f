//! Changing objects: sent once, unless the answer says that it was not taken.

use std::time::Duration;

use graph::{
    Connection, Effect, GraphClient as _, GraphError, HttpGraphClient, NullGraphClient,
    UnreachableKind, Write, WriteError, Written, contract,
};
use serde_json::json;

use crate::{leave, support::*};

const NOW: Duration = Duration::ZERO;
const PATH: &str = "/beta/deviceManagement/deviceConfigurations/a-1";

async fn change_at(
    client: &HttpGraphClient,
    connection: &Connection,
    kind: &str,
    asked_ago: Duration,
) -> Result<Written, WriteError> {
    let running = leave::running().await;
    let step = leave::asked(&running, asked_ago).await.step();
    let fields = json!({"description": "new"});
    let write = Write {
        contract: contract(kind).unwrap(),
        effect: Effect::Update {
            id: "a-1",
            fields: fields.as_object().unwrap(),
        },
        justification: "because",
        approved: None,
    };
    let context = context();
    let writer = client.writer().unwrap();
    writer.write(step, connection, &context, write).await
}

async fn change(client: &HttpGraphClient, server: &Server) -> Result<Written, WriteError> {
    change_at(client, &server.connection(), "device_configurations", NOW).await
}

#[tokio::test]
async fn p01_a_change_is_a_patch_with_its_fields() {
    let server = Server::start().await;
    server.graph(json(204, "request-id: r-1\r\n", ""));
    let written = change(&client(), &server).await.unwrap();
    assert_eq!(written.request_id.as_deref(), Some("r-1"));
    let [seen] = &server.seen(PATH)[..] else {
        panic!("one request");
    };
    assert_eq!(seen.line, format!("PATCH {PATH}"));
    assert_eq!(seen.body, r#"{"description":"new"}"#);
    assert!(seen.head.contains("client-request-id: run-1"));
}

#[tokio::test]
async fn i05_a_change_that_was_not_taken_is_sent_again() {
    let server = Server::start().await;
    server
        .graph(json(429, "Retry-After: 0\r\n", "{}"))
        .graph(json(401, "", "{}"))
        .graph(json(204, "", ""));
    assert!(change(&client(), &server).await.is_ok());
    assert_eq!(server.seen(PATH).len(), 3);
    assert_eq!(server.seen("/token").len(), 2, "a new token after the 401");
}

#[tokio::test]
async fn i05_a_change_whose_end_is_unknown_is_never_sent_again() {
    for status in [500, 502, 503, 504, 408, 302] {
        let server = Server::start().await;
        server
            .graph(json(status, "Retry-After: 0\r\n", "{}"))
            .graph(json(204, "", ""));
        let error = change(&client(), &server).await.unwrap_err();
        let unknown = matches!(error, WriteError::Unknown(GraphError::ServerError { .. }));
        assert!(unknown, "{status}: {error:?}");
        assert_eq!(server.seen(PATH).len(), 1, "{status}");
    }
    let server = Server::start().await;
    server.graph(Answer::Send(String::new()));
    server.graph(Answer::SendAndHang(String::new()));
    for kind in [UnreachableKind::Interrupted, UnreachableKind::HeaderTimeout] {
        let error = change(&client_hasty_for_headers(), &server).await;
        let unreachable = GraphError::Unreachable { kind };
        assert_eq!(error.unwrap_err(), WriteError::Unknown(unreachable));
    }
    assert_eq!(server.seen(PATH).len(), 2);
}

#[tokio::test]
async fn i05_a_change_that_was_refused_or_never_left_did_not_happen() {
    let server = Server::start().await;
    for status in [400, 403, 404, 409, 412] {
        server.graph(json(status, "", "{}"));
        let error = change(&client(), &server).await.unwrap_err();
        assert!(
            matches!(error, WriteError::NotDone(_)),
            "{status}: {error:?}"
        );
    }
    server.graph(json(429, "Retry-After: 120\r\n", "{}"));
    let error = change(&client(), &server).await.unwrap_err();
    assert!(matches!(
        error,
        WriteError::NotDone(GraphError::Throttled { .. })
    ));
    let sent = server.seen(PATH).len();
    // Nobody listens there any more.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let connection = connection_to(&server.address, &address);
    let kind = "device_configurations";
    let error = change_at(&client(), &connection, kind, NOW).await;
    let unreachable = GraphError::Unreachable {
        kind: UnreachableKind::Connect,
    };
    assert_eq!(error.unwrap_err(), WriteError::NotDone(unreachable));
    let error = change_at(&client(), &server.connection(), "managed_devices", NOW).await;
    let only_read = matches!(
        error,
        Err(WriteError::NotDone(GraphError::Misconfigured { .. }))
    );
    assert!(only_read);
    assert_eq!(server.seen(PATH).len(), sent);
}

#[tokio::test]
async fn l10_no_change_is_sent_on_leave_that_is_too_old() {
    let server = Server::start().await;
    let (connection, kind) = (server.connection(), "device_configurations");
    let late = Duration::from_secs(15);
    let error = change_at(&client(), &connection, kind, late).await;
    assert_eq!(
        error.unwrap_err(),
        WriteError::NotDone(GraphError::LeaveTooOld)
    );
    assert!(server.seen(PATH).is_empty());
    // What may be waited for is what is left of the leave.
    server.graph(json(429, "Retry-After: 3\r\n", "{}"));
    let late = Duration::from_secs(13);
    let error = change_at(&client(), &connection, kind, late).await;
    let throttled = matches!(
        error,
        Err(WriteError::NotDone(GraphError::Throttled { .. }))
    );
    assert!(throttled, "a wait of three seconds does not fit into two");
    assert_eq!(server.seen(PATH).len(), 1);
}

#[test]
fn p01_the_null_client_writes_nothing() {
    assert!(NullGraphClient::new().writer().is_none());
}

#[tokio::test]
async fn p01_an_object_is_read_under_its_id_whatever_is_in_it() {
    let server = Server::start().await;
    let (client, connection, context) = (client(), server.connection(), context());
    let writer = client.writer().unwrap();
    let kind = contract("device_configurations").unwrap();
    for (id, path) in [
        ("a-1", PATH),
        (
            "a/../b?c#d",
            "/beta/deviceManagement/deviceConfigurations/a%2F..%2Fb%3Fc%23d",
        ),
    ] {
        server.graph(json(200, "", r#"{"id":"a-1","description":"x"}"#));
        let read = writer.object(&connection, &context, kind, id).await;
        assert_eq!(read.unwrap()["description"], "x");
        assert_eq!(server.seen(path).len(), 1, "{id}");
    }
    for id in ["", ".", ".."] {
        let read = writer.object(&connection, &context, kind, id).await;
        assert!(read.is_err(), "{id:?}");
    }
}
