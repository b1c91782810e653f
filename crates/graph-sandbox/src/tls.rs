//! TLS: a certificate from files, or one made on the spot.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::server::TlsStream;

use crate::listener::{Breakable, Connection};
use crate::serving::Connected;

/// A client has so long for its handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Connections that wait for being served.
const WAITING: usize = 64;

/// A certificate and its key, ready to serve with.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// Why there is no TLS.
#[derive(Debug)]
pub enum TlsError {
    /// A file cannot be read or written.
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file holds no certificate, or no private key.
    Pem {
        /// Which.
        path: PathBuf,
        /// What was looked for.
        wanted: &'static str,
    },
    /// Certificate and key cannot be used, or do not belong together.
    Unusable(String),
}

impl std::fmt::Display for TlsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io { path, .. } => write!(f, "cannot use {}", path.display()),
            Self::Pem { path, wanted } => write!(f, "{} holds no {wanted} in PEM", path.display()),
            Self::Unusable(why) => write!(f, "certificate and key cannot be used: {why}"),
        }
    }
}

impl std::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl Tls {
    /// Reads a chain of certificates and the private key of the first.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or the two do not belong together.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|source| TlsError::Io {
                path: path.to_owned(),
                source,
            })
        };
        let pem = |path: &Path, wanted| TlsError::Pem {
            path: path.to_owned(),
            wanted,
        };
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&read(certificate)?)
            .collect::<Result<_, _>>()
            .map_err(|_| pem(certificate, "certificate"))?;
        if chain.is_empty() {
            return Err(pem(certificate, "certificate"));
        }
        let own =
            PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| pem(key, "private key"))?;
        Self::of(chain, own)
    }

    /// Makes an authority and a certificate for loopback and `names`, and writes the authority to `ca.pem` in
    /// `folder`; the keys stay in memory.
    ///
    /// # Errors
    ///
    /// When the file cannot be written, or a name can be in no certificate.
    pub fn self_signed(folder: &Path, names: &[String]) -> Result<Self, TlsError> {
        let unusable = |error: rcgen::Error| TlsError::Unusable(error.to_string());
        let authority_key = rcgen::KeyPair::generate().map_err(unusable)?;
        let mut authority = rcgen::CertificateParams::default();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
        authority.key_usages = vec![
            rcgen::KeyUsagePurpose::KeyCertSign,
            rcgen::KeyUsagePurpose::CrlSign,
        ];
        let name = &mut authority.distinguished_name;
        name.push(rcgen::DnType::CommonName, "graph-sandbox authority");
        let authority_certificate = authority.self_signed(&authority_key).map_err(unusable)?;
        let issuer = rcgen::Issuer::new(authority, authority_key);

        let loopback = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let all: Vec<String> = loopback.iter().chain(names).cloned().collect();
        let key = rcgen::KeyPair::generate().map_err(unusable)?;
        let mut own = rcgen::CertificateParams::new(all).map_err(unusable)?;
        own.distinguished_name
            .push(rcgen::DnType::CommonName, "graph-sandbox");
        own.use_authority_key_identifier_extension = true;
        own.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
        own.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        let own = own.signed_by(&key, &issuer).map_err(unusable)?;

        let path = folder.join("ca.pem");
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, authority_certificate.pem()))
            .map_err(|source| TlsError::Io { path, source })?;
        let chain = vec![own.der().clone(), authority_certificate.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Self::of(chain, key)
    }

    fn of(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, TlsError> {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
        let mut config = config.map_err(|error| TlsError::Unusable(error.to_string()))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

type Accepted = (TlsStream<Breakable>, SocketAddr);

/// A listener that shakes hands beside accepting, so that a slow client keeps nobody waiting.
#[derive(Debug)]
pub(crate) struct TlsListener {
    local: SocketAddr,
    accepted: mpsc::Receiver<Accepted>,
}

impl TlsListener {
    pub(crate) fn start(listener: TcpListener, tls: Tls) -> io::Result<Self> {
        let local = listener.local_addr()?;
        let (sender, accepted) = mpsc::channel(WAITING);
        tokio::spawn(accept(listener, tls.0, sender));
        Ok(Self { local, accepted })
    }
}

async fn accept(mut listener: TcpListener, acceptor: TlsAcceptor, sender: mpsc::Sender<Accepted>) {
    loop {
        let (stream, peer) = tokio::select! {
            next = Listener::accept(&mut listener) => next,
            () = sender.closed() => return,
        };
        let (acceptor, sender) = (acceptor.clone(), sender.clone());
        tokio::spawn(async move {
            let handshake = acceptor.accept(Breakable::new(stream));
            match tokio::time::timeout(HANDSHAKE, handshake).await {
                // Nobody is there to take it when the server has stopped.
                Ok(Ok(stream)) => drop(sender.send((stream, peer)).await),
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            }
        });
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<Breakable>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> Accepted {
        match self.accepted.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }
}

impl Connected for TlsStream<Breakable> {
    fn connection(&self) -> Connection {
        Connection {
            scheme: "https",
            ..self.get_ref().0.connection()
        }
    }
}
