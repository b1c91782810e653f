//! Signing in with a certificate.

use graph::{ClientCertificate, Connection, Endpoints, GraphClient as _};
use test_certificate::TestCertificate;

use crate::support::*;

#[tokio::test]
async fn p02_a_certificate_signs_in_without_a_secret() {
    let server = Server::start().await;
    server
        .graph(server.groups(&["g1"], None))
        .graph(server.groups(&["g1"], None));
    let certificate = ClientCertificate::from_pem(&TestCertificate::shared().pem()).unwrap();
    let cloud = Endpoints::custom(&server.address, &server.address).unwrap();
    let client_id = "00000000-0000-0000-0000-0000000000aa";
    let connection = Connection::with_certificate(TENANT, client_id, certificate, cloud).unwrap();
    let client = client();
    for _ in 0..2 {
        let page = client.page(&connection, &context(), groups(), None).await;
        assert_eq!(page.unwrap().items.len(), 1);
    }
    let asked = server.seen("/token");
    assert_eq!(asked.len(), 1, "the token is kept");
    let form = &asked[0].body;
    assert!(form.contains("client_assertion=ey"));
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    assert!(form.contains(&format!("client_assertion_type={kind}")));
    assert!(!form.contains("client_secret"));
}
