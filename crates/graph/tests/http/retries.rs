//! Busy providers: asked again, or given back.

use std::time::Duration;

use graph::{GraphClient as _, GraphError};

use crate::support::*;

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
    for (wait, request_id) in [(120, Some("r-1")), (60, None)] {
        // Another client: this one would keep its next call back.
        let client = client();
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
async fn p01_a_throttled_tenant_is_not_asked_again_and_others_are() {
    let server = Server::start().await;
    server
        .graph(json(429, "Retry-After: 120\r\n", "{}"))
        .graph(server.groups(&["g1"], None));
    let client = client();
    for _ in 0..3 {
        let error = first_error(&client, &server).await;
        let throttled = matches!(
            error,
            GraphError::Throttled { retry_after, .. } if retry_after > Duration::from_secs(60)
        );
        assert!(throttled, "{error:?}");
    }
    assert_eq!(server.seen("/groups").len(), 1, "it was asked once");
    let other = other_tenant(&server.address);
    let page = client.page(&other, &context(), groups(), None).await;
    assert_eq!(page.unwrap().items.len(), 1, "another tenant goes on");
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
