//! Faults that only a real connection shows.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::SocketAddr;

    use graph_sandbox::{Fault, FaultKind};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::support::World;

    async fn serve(world: &World) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(world.sandbox.serve(listener));
        address
    }

    async fn ask(address: SocketAddr, token: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET /v1.0/organization HTTP/1.1\r\nHost: {address}\r\n\
             Authorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    fn break_with(world: &World, kind: FaultKind) {
        world.sandbox.faults().clear();
        world.sandbox.faults().add(Fault::everywhere(kind)).unwrap();
    }

    /// The announced length of the body, and what came of it.
    fn lengths(text: &str) -> (usize, usize) {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .and_then(|length| length.parse().ok())
            .unwrap();
        (length, body.len())
    }

    #[tokio::test]
    async fn a_reset_reaches_the_client_as_one() {
        let world = World::new();
        let token = world.token(0).await;
        let address = serve(&world).await;
        break_with(&world, FaultKind::Reset);
        let mut stream = ask(address, &token).await;
        let mut bytes = Vec::new();
        let error = stream.read_to_end(&mut bytes).await.unwrap_err();
        assert_eq!((error.kind(), bytes.len()), (ErrorKind::ConnectionReset, 0));
        let entry = world.sandbox.journal().since(1).pop().unwrap();
        assert_eq!(
            (entry.path.as_str(), entry.status),
            ("/v1.0/organization", None)
        );
    }

    #[tokio::test]
    async fn a_cut_body_ends_before_its_length() {
        let world = World::new();
        let token = world.token(0).await;
        let address = serve(&world).await;
        break_with(&world, FaultKind::CutMidBody);
        let mut bytes = Vec::new();
        ask(address, &token)
            .await
            .read_to_end(&mut bytes)
            .await
            .unwrap();
        let (promised, sent) = lengths(std::str::from_utf8(&bytes).unwrap());
        assert_eq!(sent, promised / 2);
    }

    #[tokio::test]
    async fn half_a_body_comes_and_then_nothing() {
        let world = World::new();
        let token = world.token(0).await;
        let address = serve(&world).await;
        break_with(&world, FaultKind::HangMidBody);
        let mut stream = ask(address, &token).await;
        let mut text = String::new();
        let mut buffer = [0_u8; 4_096];
        loop {
            let read = stream.read(&mut buffer).await.unwrap();
            assert!(read > 0, "closed instead of hanging");
            text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
            if text.contains("\r\n\r\n") && lengths(&text).0 / 2 == lengths(&text).1 {
                break;
            }
        }
        // Paused time jumps to the deadline only while nothing can be read.
        tokio::time::pause();
        let quiet =
            tokio::time::timeout(std::time::Duration::from_secs(60), stream.read(&mut buffer))
                .await;
        assert!(quiet.is_err());
        assert_eq!(world.sandbox.journal().since(1)[0].status, Some(200));
    }

    #[tokio::test]
    async fn a_hanging_request_is_in_the_journal_without_a_status() {
        let world = World::new();
        let token = world.token(0).await;
        let address = serve(&world).await;
        break_with(&world, FaultKind::Hang);
        let _stream = ask(address, &token).await;
        while world.sandbox.journal().last_seq() < 2 {
            tokio::task::yield_now().await;
        }
        let entry = world.sandbox.journal().since(1).pop().unwrap();
        assert_eq!(
            (entry.path.as_str(), entry.status),
            ("/v1.0/organization", None)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn delays_and_drips_only_cost_time() {
        let world = World::new();
        let token = world.token(0).await;
        let plain = world.get(&token, "/v1.0/groups").await.body;
        for kind in [
            FaultKind::Delay { delay_ms: 5_000 },
            FaultKind::SlowDrip { delay_ms: 50 },
        ] {
            break_with(&world, kind);
            let start = tokio::time::Instant::now();
            let slow = world.get(&token, "/v1.0/groups").await.body;
            assert_eq!(slow, plain);
            assert!(start.elapsed() >= std::time::Duration::from_secs(5));
        }
    }

    #[tokio::test]
    async fn over_tls_the_authority_in_its_folder_is_enough_and_links_say_https() {
        use std::sync::Arc;

        use graph_sandbox::Tls;
        use rustls_pki_types::pem::PemObject;
        use rustls_pki_types::{CertificateDer, ServerName};
        use tokio_rustls::TlsConnector;
        use tokio_rustls::rustls::crypto::ring;
        use tokio_rustls::rustls::{ClientConfig, RootCertStore};

        let world = World::new();
        let token = world.token(0).await;
        let folder = std::env::temp_dir().join(format!("graph-sandbox-{}", uuid::Uuid::new_v4()));
        let tls = Tls::self_signed(&folder, &[]).unwrap();
        let authority = CertificateDer::from_pem_file(folder.join("ca.pem")).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = TlsConnector::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(world.sandbox.serve_tls(listener, tls));
        // A client that never shakes hands keeps nobody waiting.
        let idle = TcpStream::connect(address).await.unwrap();
        for name in ["localhost", "127.0.0.1"] {
            let stream = TcpStream::connect(address).await.unwrap();
            let name = ServerName::try_from(name).unwrap();
            let mut stream = connector.connect(name, stream).await.unwrap();
            let request = format!(
                "GET /v1.0/groups?$top=1 HTTP/1.1\r\nHost: {address}\r\n\
                 Authorization: Bearer {token}\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            assert!(text.starts_with("HTTP/1.1 200"), "{text}");
            let link = format!("\"@odata.nextLink\":\"https://{address}/v1.0/groups?");
            assert!(text.contains(&link), "{text}");
        }
        drop(idle);
        let mut plain = ask(address, &token).await;
        let mut bytes = Vec::new();
        let read = plain.read_to_end(&mut bytes).await;
        assert!(read.is_err() || !bytes.starts_with(b"HTTP/1.1 200"));
    }

    /// What comes back on a connection until the server ends it.
    async fn until_closed(mut stream: TcpStream) -> String {
        let mut bytes = Vec::new();
        let end = stream.read_to_end(&mut bytes).await;
        assert!(end.is_ok() || !bytes.is_empty(), "{end:?}");
        String::from_utf8(bytes).unwrap()
    }

    // Time passes by itself while everybody waits.
    #[tokio::test(start_paused = true)]
    async fn who_never_finishes_a_request_is_not_waited_for() {
        let world = World::new();
        let token = world.token(0).await;
        let address = serve(&world).await;
        for head in [
            "",
            "GET /v1.0/organ",
            "GET /v1.0/organization HTTP/1.1\r\nHost: a\r\n",
        ] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            let said = until_closed(stream).await;
            assert!(
                said.is_empty() || said.starts_with("HTTP/1.1 408"),
                "{said}"
            );
        }
        let mut stream = TcpStream::connect(address).await.unwrap();
        let half = format!(
            "POST /v1.0/groups HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: 10\r\n\r\n{{"
        );
        stream.write_all(half.as_bytes()).await.unwrap();
        let said = until_closed(stream).await;
        assert!(said.starts_with("HTTP/1.1 408"), "{said}");
        let asked = world.sandbox.journal().since(1);
        assert!(asked.is_empty(), "nothing of it was taken: {asked:?}");
        // Whole ones are answered, one after the other on one connection.
        let mut stream = TcpStream::connect(address).await.unwrap();
        for then in ["keep-alive", "close"] {
            let whole = format!(
                "GET /v1.0/organization HTTP/1.1\r\nHost: {address}\r\n\
                 Authorization: Bearer {token}\r\nConnection: {then}\r\n\r\n"
            );
            stream.write_all(whole.as_bytes()).await.unwrap();
        }
        let said = until_closed(stream).await;
        assert_eq!(said.matches("HTTP/1.1 200 OK").count(), 2);
    }

    /// One answer, by its announced length.
    async fn answer(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        let mut buffer = [0_u8; 16_384];
        loop {
            let read = stream.read(&mut buffer).await.unwrap();
            assert!(read > 0, "closed after {text}");
            text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
            if text.contains("\r\n\r\n") && lengths(&text).0 == lengths(&text).1 {
                return text;
            }
        }
    }

    #[tokio::test]
    async fn quotes_in_an_address_are_taken_as_graph_takes_them() {
        let world = World::new();
        let token = world.token(0).await;
        let address = serve(&world).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "Host: {address}\r\nAuthorization: Bearer {token}\r\nConsistencyLevel: eventual\r\n"
        );
        let target = "/v1.0/groups?$search=\"displayName:SEC\"&$count=true&$top=2";
        // Twice on one connection, with a body that holds quotes between them.
        let batch = r#"{"requests": [{"id": "1", "method": "GET", "url": "/organization"}]}"#;
        for (method, target, kind, body) in [
            ("GET", target, "", ""),
            (
                "POST",
                "/v1.0/$batch",
                "Content-Type: application/json\r\n",
                batch,
            ),
            ("GET", target, "", ""),
        ] {
            let request = format!(
                "{method} {target} HTTP/1.1\r\n{head}{kind}Content-Length: {}\r\n\r\n{body}",
                body.len()
            );
            // Bit by bit, as a slow network would.
            for part in request.as_bytes().chunks(40) {
                stream.write_all(part).await.unwrap();
                stream.flush().await.unwrap();
                tokio::task::yield_now().await;
            }
            let said = answer(&mut stream).await;
            assert!(said.starts_with("HTTP/1.1 200 OK"), "{said}");
            if method == "GET" {
                assert!(said.contains("\"displayName\":\"SEC"), "{said}");
            }
        }
    }

    #[tokio::test]
    async fn who_sends_too_much_is_told_so() {
        let world = World::new();
        let token = world.token(0).await;
        let address = serve(&world).await;
        for chunked in [false, true] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let size = 12 * 1_024 * 1_024;
            let length = if chunked {
                "Transfer-Encoding: chunked".to_owned()
            } else {
                format!("Content-Length: {size}")
            };
            let head = format!(
                "POST /v1.0/groups HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
                 Content-Type: application/json\r\n{length}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            let part = vec![b' '; 1_024 * 1_024];
            for _ in 0..size / part.len() {
                if chunked {
                    stream.write_all(b"100000\r\n").await.unwrap();
                }
                stream.write_all(&part).await.unwrap();
                if chunked {
                    stream.write_all(b"\r\n").await.unwrap();
                }
            }
            if chunked {
                stream.write_all(b"0\r\n\r\n").await.unwrap();
            }
            let said = answer(&mut stream).await;
            assert!(said.starts_with("HTTP/1.1 413"), "{said}");
            assert!(said.contains("RequestEntityTooLarge"), "{said}");
        }
    }
}
