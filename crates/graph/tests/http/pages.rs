//! Collections: to their end, and to no other host.

use graph::{GraphClient, GraphError, LinkFault, NullGraphClient, SizeLimit};

use crate::support::*;

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
