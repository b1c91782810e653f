//! Connections: each is served beside the others, and has so long to say what it wants.

use std::io;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::serve::Listener;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;

use crate::listener::Connection;
use crate::request_line::Lenient;

/// How long the head of a request may take, from the first byte or from the end of the answer before it.
const HEAD: Duration = Duration::from_secs(60);

/// A stream that knows how its client is connected.
pub(crate) trait Connected {
    /// How the client is connected, and what can reset it.
    fn connection(&self) -> Connection;
}

/// Answers on a listener for ever.
pub(crate) async fn serve<L>(mut listener: L, router: Router) -> io::Result<()>
where
    L: Listener,
    L::Io: Connected,
{
    loop {
        let (stream, _) = listener.accept().await;
        let own = ConnectInfo(stream.connection());
        let service = TowerToHyperService::new(router.clone().layer(Extension(own)));
        tokio::spawn(async move {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .serve_connection(TokioIo::new(Lenient::new(stream)), service);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended badly");
            }
        });
    }
}
