//! What changed since the last time.

use graph::{
    Delta, DeltaFrom, DeltaLink, DeltaNext, GraphClient as _, GraphError, LinkFault, contract,
};
use serde_json::json;

use crate::support::*;

async fn step(server: &Server, from: DeltaFrom) -> Result<Delta, GraphError> {
    let (connection, context) = (server.connection(), context());
    client().delta(&connection, &context, groups(), from).await
}

#[tokio::test]
async fn p01_changes_are_walked_to_their_link() {
    let server = Server::start().await;
    let at = |query: &str| format!("{}/v1.0/groups/delta()?{query}", server.address);
    let first = json!({"value": [{"id": "g1"}], "@odata.nextLink": at("$skiptoken=1")});
    let last = json!({"value": [
        {"id": "g2"},
        {"id": "g3", "@removed": {"reason": "deleted"}},
        {"id": "g4", "@removed": {"reason": "changed"}},
    ], "@odata.deltaLink": at("$deltatoken=canary")});
    server
        .graph(crate::support::json(200, "", &first.to_string()))
        .graph(crate::support::json(200, "", &last.to_string()));
    let Delta::Page {
        changed,
        next: DeltaNext::Page(cursor),
        ..
    } = step(&server, DeltaFrom::Beginning).await.unwrap()
    else {
        panic!("a page and more");
    };
    assert_eq!(changed.len(), 1);
    let Delta::Page {
        changed,
        removed,
        next: DeltaNext::Done(link),
    } = step(&server, DeltaFrom::Next(cursor)).await.unwrap()
    else {
        panic!("the last page");
    };
    assert_eq!(changed.len(), 1);
    let gone: Vec<_> = removed
        .iter()
        .map(|gone| (&*gone.id, gone.is_restorable))
        .collect();
    assert_eq!(gone, [("g3", false), ("g4", true)]);
    assert!(!format!("{link:?}").contains("canary"));
    let seen = server.seen("/groups/delta()?");
    assert!(seen[0].line.contains("$select=id,") && !seen[0].line.contains("$top"));
    // The next walk begins at the link.
    server.graph(crate::support::json(200, "", &last.to_string()));
    let kept = DeltaLink::kept(link.as_str().to_owned());
    assert!(step(&server, DeltaFrom::Since(kept)).await.is_ok());
    assert_eq!(server.seen("$deltatoken=canary").len(), 1);
}

#[tokio::test]
async fn p01_a_link_that_is_too_old_means_all_over_again() {
    let server = Server::start().await;
    let link = || {
        DeltaLink::kept(format!(
            "{}/v1.0/groups/delta?$deltatoken=x",
            server.address
        ))
    };
    let code = |code: &str| json!({"error": {"code": code, "message": "x"}}).to_string();
    server
        .graph(crate::support::json(
            410,
            "Location: http://127.0.0.1:1/\r\n",
            "",
        ))
        .graph(crate::support::json(400, "", &code("syncStateNotFound")))
        .graph(crate::support::json(400, "", &code("Request_BadRequest")));
    for _ in 0..2 {
        let answer = step(&server, DeltaFrom::Since(link())).await;
        assert!(matches!(answer, Ok(Delta::Resync)), "{answer:?}");
    }
    let answer = step(&server, DeltaFrom::Since(link())).await;
    assert!(matches!(
        answer,
        Err(GraphError::Rejected { status: 400, .. })
    ));
}

#[tokio::test]
async fn p01_links_to_changes_are_guarded_like_all_others() {
    let (server, foreign) = (Server::start().await, Server::start().await);
    let elsewhere = format!("{}/v1.0/groups/delta?x", foreign.address);
    let kept = DeltaLink::kept(elsewhere.clone());
    let refused = |answer: Result<Delta, GraphError>| match answer {
        Err(GraphError::RefusedNextLink { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    let why = refused(step(&server, DeltaFrom::Since(kept)).await);
    assert_eq!(why, LinkFault::ForeignOrigin);
    let page = json!({"value": [], "@odata.deltaLink": elsewhere}).to_string();
    server
        .graph(crate::support::json(200, "", &page))
        .graph(crate::support::json(200, "", "{\"value\":[]}"));
    let why = refused(step(&server, DeltaFrom::Beginning).await);
    assert_eq!(why, LinkFault::ForeignOrigin, "not kept either");
    let endless = step(&server, DeltaFrom::Beginning).await;
    assert!(matches!(endless, Err(GraphError::InvalidResponse { .. })));
    assert!(foreign.seen("").is_empty());
    let organization = contract("organization").unwrap();
    let (connection, context) = (server.connection(), context());
    let none = client()
        .delta(&connection, &context, organization, DeltaFrom::Beginning)
        .await;
    assert!(
        matches!(none, Err(GraphError::Misconfigured { .. })),
        "no address is guessed"
    );
}
