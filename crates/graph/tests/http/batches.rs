//! Several reads in one request.

use std::time::Duration;

use graph::{
    Answered, Ask, ClientSettings, GraphClient as _, GraphError, HttpGraphClient, contract,
};
use serde_json::{Value, json};

use crate::support::*;

const CONFIGURATION: &str = "device_configurations";

fn object(id: &str) -> Ask<'_> {
    Ask::Object {
        contract: contract(CONFIGURATION).unwrap(),
        id,
    }
}

fn reply(responses: Value) -> Answer {
    crate::support::json(
        200,
        "request-id: r-1\r\n",
        &json!({ "responses": responses }).to_string(),
    )
}

fn good(id: &str) -> Value {
    json!({"id": id, "status": 200, "headers": {}, "body": {"id": format!("object {id}")}})
}

fn asked(seen: &Seen) -> Vec<(String, String)> {
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    let requests = body["requests"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let pair = |request: &Value| (text(&request["id"]), text(&request["url"]));
    requests.iter().map(pair).collect()
}

fn shown(answers: &[Result<Answered, GraphError>]) -> Vec<String> {
    let one = |answer: &Result<Answered, GraphError>| match answer {
        Ok(Answered::Object(object)) => object["id"].as_str().unwrap().to_owned(),
        Ok(Answered::Page(page)) => format!("page of {}", page.items.len()),
        Err(error) => error.to_string(),
    };
    answers.iter().map(one).collect()
}

#[tokio::test]
async fn p01_each_of_a_batch_has_a_fate_of_its_own() {
    let server = Server::start().await;
    let denied = json!({"error": {"code": "Forbidden", "message": "no"}});
    server
        .graph(reply(json!([
            {"id": "3", "status": 404, "body": {}},
            {"id": "1", "status": 429, "headers": {"Retry-After": "0"}},
            good("0"),
            {"id": "2", "status": 403, "body": denied},
            {"id": "77", "status": 200, "body": {"id": "not asked for"}},
        ])))
        .graph(reply(json!([good("1")])));
    let (connection, context) = (server.connection(), context());
    let asks = [
        object("a"),
        object("b/c"),
        object("c"),
        object("d"),
        object(""),
    ];
    let client = client();
    let answers = client.batch(&connection, &context, &asks).await.unwrap();
    let words = shown(&answers);
    assert_eq!(
        words[..2],
        ["object 0", "object 1"],
        "the throttled one was asked again"
    );
    assert!(words[2].starts_with("permission denied; one of these is needed: DeviceM"));
    assert_eq!(words[3], "the provider has no such object");
    assert!(words[4].contains("the id of the object"), "{}", words[4]);
    let seen = server.seen("/beta/$batch");
    assert_eq!(seen.len(), 2);
    let path = "/deviceManagement/deviceConfigurations";
    assert_eq!(
        asked(&seen[0])[1],
        ("1".to_owned(), format!("{path}/b%2Fc"))
    );
    assert_eq!(asked(&seen[1]).len(), 1, "only the throttled one");
}

#[tokio::test]
async fn p01_a_batch_holds_twenty_of_one_version() {
    let server = Server::start().await;
    let ids: Vec<String> = (0..45).map(|n| format!("o-{n}")).collect();
    let mut asks: Vec<_> = ids.iter().map(|id| object(id)).collect();
    asks.push(Ask::FirstPage(groups()));
    let part = Ask::Part {
        contract: contract("settings_catalog").unwrap(),
        id: "p-1",
        odata_type: None,
        part: "settings",
    };
    asks.push(part);
    let of = |range: std::ops::Range<usize>| {
        let all: Vec<_> = range.map(|n| good(&n.to_string())).collect();
        Value::from(all)
    };
    let mut last = of(40..45);
    let next = format!("{}/beta/x?$skip=1", server.address);
    let page = json!({"id": "46", "status": 200,
        "body": {"value": [{"id": "s"}], "@odata.nextLink": next}});
    last.as_array_mut().unwrap().push(page);
    server
        .graph(reply(of(0..20)))
        .graph(reply(of(20..40)))
        .graph(reply(last))
        .graph(reply(
            json!([{"id": "45", "status": 200, "body": {"value": []}}]),
        ));
    let (connection, context) = (server.connection(), context());
    let answers = client().batch(&connection, &context, &asks).await.unwrap();
    assert!(answers.iter().all(Result::is_ok), "{:?}", shown(&answers));
    assert_eq!(shown(&answers)[45..], ["page of 0", "page of 1"]);
    let Ok(Answered::Page(page)) = &answers[46] else {
        panic!("a page");
    };
    assert!(page.next.is_some(), "and it goes on");
    let beta = server.seen("/beta/$batch");
    let sizes: Vec<_> = beta.iter().map(|seen| asked(seen).len()).collect();
    assert_eq!(sizes, [20, 20, 6]);
    let settings = "/deviceManagement/configurationPolicies/p-1/settings?$top=1000";
    assert!(asked(&beta[2]).iter().any(|(_, url)| url == settings));
    assert_eq!(server.seen("/v1.0/$batch").len(), 1);
}

#[tokio::test]
async fn p01_one_of_a_batch_that_stays_throttled_is_the_callers() {
    let server = Server::start().await;
    server.graph(reply(json!([
        {"id": "0", "status": 429, "headers": {"retry-after": "120"}},
        good("1"),
    ])));
    let (connection, context) = (server.connection(), context());
    let client = client();
    let asks = [object("a"), object("b")];
    let answers = client.batch(&connection, &context, &asks).await.unwrap();
    let Err(GraphError::Throttled { retry_after, .. }) = &answers[0] else {
        panic!("{:?}", answers[0]);
    };
    assert_eq!(*retry_after, Duration::from_secs(120));
    assert!(answers[1].is_ok());
    let again = client.batch(&connection, &context, &asks).await;
    assert!(
        matches!(again, Err(GraphError::Throttled { .. })),
        "kept back"
    );
    assert_eq!(server.seen("$batch").len(), 1);
}

#[tokio::test]
async fn l10_a_batch_that_is_sent_again_has_no_more_time_than_it_began_with() {
    let server = Server::start().await;
    let busy = |wait: &str| json!([{"id": "0", "status": 429, "headers": {"Retry-After": wait}}]);
    server
        .graph(reply(busy("1")))
        .graph(crate::support::json(503, "Retry-After: 1\r\n", "{}"))
        .graph(reply(json!([good("0")])));
    let client = HttpGraphClient::new(ClientSettings {
        max_retry_after: Duration::from_millis(1_500),
        ..settings()
    });
    let (connection, context) = (server.connection(), context());
    let asks = [object("a")];
    let answers = client.unwrap().batch(&connection, &context, &asks).await;
    let answer = answers.unwrap().remove(0);
    assert!(
        matches!(answer, Err(GraphError::Throttled { .. })),
        "{answer:?}"
    );
    assert_eq!(server.seen("$batch").len(), 2, "and not a third time");
}

#[tokio::test]
async fn p01_a_wait_inside_a_batch_may_be_a_date_by_the_providers_clock() {
    let server = Server::start().await;
    let until = |at: &str| {
        let stated = format!("Sun, 06 Nov 1994 {at} GMT");
        json!({"Retry-After": stated})
    };
    let own_clock = json!({"Retry-After": "Sun, 06 Nov 1994 08:51:00 GMT",
        "Date": "Sun, 06 Nov 1994 08:50:00 GMT"});
    let dated = |parts: Value| {
        let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
        crate::support::json(200, date, &json!({ "responses": parts }).to_string())
    };
    server
        .graph(dated(json!([
            {"id": "0", "status": 429, "headers": until("08:59:37")},
            {"id": "1", "status": 429, "headers": own_clock},
        ])))
        .graph(dated(json!([
            {"id": "2", "status": 503, "headers": until("08:49:37")},
        ])))
        .graph(reply(json!([good("2")])));
    let (connection, context) = (server.connection(), context());
    // The last is of another service, which nobody has asked to wait.
    let asks = [
        object("a"),
        object("b"),
        Ask::Object {
            contract: groups(),
            id: "c",
        },
    ];
    let answers = client().batch(&connection, &context, &asks).await.unwrap();
    let waits: Vec<_> = answers
        .iter()
        .map(|answer| match answer {
            Err(GraphError::Throttled { retry_after, .. }) => Some(retry_after.as_secs()),
            _ => None,
        })
        .collect();
    assert_eq!(waits, [Some(600), Some(60), None]);
    assert!(answers[2].is_ok(), "what is over by now is asked again");
}

#[tokio::test]
async fn p01_what_a_batch_answered_is_not_lost_with_what_it_did_not() {
    let server = Server::start().await;
    server
        .graph(reply(json!([
            good("0"),
            {"id": "1", "status": 503, "headers": {"Retry-After": "0"}},
        ])))
        .graph(crate::support::json(403, "", "{}"));
    let (connection, context) = (server.connection(), context());
    let asks = [object("a"), object("b")];
    let answers = client().batch(&connection, &context, &asks).await.unwrap();
    assert!(answers[0].is_ok());
    let denied = matches!(answers[1], Err(GraphError::PermissionDenied { .. }));
    assert!(denied, "{:?}", answers[1]);
}

#[tokio::test]
async fn p01_answers_that_are_missing_or_garbled_are_errors() {
    let server = Server::start().await;
    server
        .graph(reply(json!([{"id": "0", "status": 200, "body": 7}])))
        .graph(reply(json!({})));
    let (connection, context) = (server.connection(), context());
    let client = client();
    let asks = [object("a"), object("b")];
    let answers = client.batch(&connection, &context, &asks).await.unwrap();
    for answer in &answers {
        assert!(
            matches!(answer, Err(GraphError::InvalidResponse { .. })),
            "{answer:?}"
        );
    }
    let whole = client.batch(&connection, &context, &asks).await;
    assert!(matches!(whole, Err(GraphError::InvalidResponse { .. })));
}
