//! One request, one whole reply, within the bounds.

use std::error::Error as StdError;
use std::time::Duration;

use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use reqwest::{Client, ClientBuilder, Method, RequestBuilder, Response, Url, redirect};

use super::ClientSettings;
use crate::approval::CODE_HEADER;
use crate::client::CallContext;
use crate::error::{GraphError, SizeLimit, UnreachableKind};
use crate::redact::SafeText;
use crate::retry::stated_wait;

/// No secret is as short; what is would be found in innocent words, and break them.
const SHORTEST_SECRET: usize = 8;

/// The body of an error is read only to find out what it means.
const LARGEST_REFUSAL: usize = 64 * 1024;

/// The HTTP client and the bounds of one exchange.
pub(crate) struct Transport {
    client: Client,
    header_timeout: Duration,
    body_timeout: Duration,
    idle_timeout: Duration,
    max_page_bytes: usize,
}

/// A request to Graph.
pub(crate) struct Outgoing<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) bearer: &'a str,
    /// JSON.
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) headers: &'a [(&'static str, &'a str)],
    pub(crate) confidence: Confidence<'a>,
}

/// What is said of an exchange, and what must not be.
#[derive(Clone, Copy)]
pub(crate) struct Confidence<'a> {
    /// What was asked for, in a word of our own: a path may be the provider's.
    pub(crate) what: &'static str,
    /// What is taken out of the reply.
    pub(crate) secrets: &'a [&'a str],
}

/// A whole reply.
#[derive(Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    /// When the provider sent it, by its own clock; dates inside are read against it.
    pub(crate) date: Option<String>,
    /// What an approved change is to be sent again with.
    pub(crate) approval_code: Option<String>,
}

impl Reply {
    /// Takes out what was sent in confidence, should the provider repeat it.
    fn scrub(&mut self, secrets: &[&str]) {
        for secret in secrets
            .iter()
            .filter(|secret| secret.len() >= SHORTEST_SECRET)
        {
            if holds(&self.body, secret) {
                self.body = replaced(&self.body, secret);
            }
            for id in [&mut self.request_id, &mut self.approval_code] {
                if id.as_ref().is_some_and(|id| id.contains(secret)) {
                    *id = None;
                }
            }
        }
    }
}

fn holds(body: &[u8], secret: &str) -> bool {
    body.windows(secret.len())
        .any(|part| part == secret.as_bytes())
}

fn replaced(body: &[u8], secret: &str) -> Vec<u8> {
    let mut kept = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((first, after)) = rest.split_first() {
        match rest.strip_prefix(secret.as_bytes()) {
            Some(beyond) => {
                kept.extend_from_slice(b"[redacted]");
                rest = beyond;
            }
            None => {
                kept.push(*first);
                rest = after;
            }
        }
    }
    kept
}

impl Transport {
    pub(crate) fn new(settings: &ClientSettings) -> Result<Self, GraphError> {
        install_ring();
        let client = match builder(settings).build() {
            Ok(client) => client,
            Err(_) => {
                // Without the system's certificates no https host is trusted;
                // http to this machine works still.
                tracing::warn!("no system certificates: https to the provider will fail");
                builder(settings)
                    .tls_certs_only(std::iter::empty())
                    .build()
                    .map_err(|_| GraphError::Misconfigured {
                        what: "TLS cannot be set up",
                    })?
            }
        };
        Ok(Self {
            client,
            header_timeout: settings.header_timeout,
            body_timeout: settings.body_timeout,
            idle_timeout: settings.idle_timeout,
            max_page_bytes: settings.max_page_bytes,
        })
    }

    pub(crate) async fn exchange(
        &self,
        outgoing: Outgoing<'_>,
        context: &CallContext,
    ) -> Result<Reply, GraphError> {
        let mut request = self
            .client
            .request(outgoing.method, outgoing.url)
            .header(AUTHORIZATION, authorization(outgoing.bearer)?);
        for (name, value) in outgoing.headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = outgoing.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        self.send(request, context, outgoing.confidence).await
    }

    pub(crate) async fn post_form(
        &self,
        url: Url,
        form: &[(&str, &str)],
        context: &CallContext,
        confidence: Confidence<'_>,
    ) -> Result<Reply, GraphError> {
        let request = self.client.post(url).form(form);
        self.send(request, context, confidence).await
    }

    async fn send(
        &self,
        request: RequestBuilder,
        context: &CallContext,
        confidence: Confidence<'_>,
    ) -> Result<Reply, GraphError> {
        let client_request_id =
            HeaderValue::try_from(context.client_request_id.as_str()).map_err(|_| {
                GraphError::Misconfigured {
                    what: "the client request id",
                }
            })?;
        let request = request
            .header(ACCEPT, "application/json")
            .header("client-request-id", client_request_id)
            .header("return-client-request-id", "true");
        let response = tokio::time::timeout(self.header_timeout, request.send())
            .await
            .map_err(|_| GraphError::Unreachable {
                kind: UnreachableKind::HeaderTimeout,
            })?
            .map_err(|error| GraphError::Unreachable {
                kind: before_headers(&error),
            })?;
        let status = response.status().as_u16();
        let request_id = request_id(response.headers());
        let retry_after = retry_after(response.headers());
        let date = text(response.headers(), DATE).map(str::to_owned);
        let approval_code = identifier(response.headers(), CODE_HEADER);
        tracing::debug!(
            what = confidence.what,
            status,
            client_request_id = context.client_request_id,
            "provider answered"
        );
        let success = response.status().is_success();
        let limit = if success {
            self.max_page_bytes
        } else {
            LARGEST_REFUSAL
        };
        let read = read(response, limit, self.idle_timeout, &request_id);
        let body = tokio::time::timeout(self.body_timeout, read)
            .await
            .unwrap_or(Err(GraphError::Unreachable {
                kind: UnreachableKind::BodyTimeout,
            }));
        let body = match body {
            Ok(body) => body,
            Err(error) if success => return Err(error),
            // The status alone says what a refusal means.
            Err(_) => Vec::new(),
        };
        let mut reply = Reply {
            status,
            body,
            request_id,
            retry_after,
            date,
            approval_code,
        };
        reply.scrub(confidence.secrets);
        Ok(reply)
    }
}

fn authorization(bearer: &str) -> Result<HeaderValue, GraphError> {
    let mut header = HeaderValue::try_from(format!("Bearer {bearer}")).map_err(|_| {
        GraphError::InvalidResponse {
            what: "the token has odd characters",
            request_id: None,
        }
    })?;
    header.set_sensitive(true);
    Ok(header)
}

/// Chooses the cryptography for the process; one chosen before by another part is as good.
fn install_ring() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn builder(settings: &ClientSettings) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("TenantAtlas/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        // A token in plain http would otherwise go through the system's proxy.
        .no_proxy()
        .referer(false)
        .connect_timeout(settings.connect_timeout)
}

async fn read(
    mut response: Response,
    limit: usize,
    idle: Duration,
    request_id: &Option<String>,
) -> Result<Vec<u8>, GraphError> {
    let too_large = || GraphError::TooLarge {
        limit: SizeLimit::Bytes(limit),
        request_id: request_id.clone(),
    };
    let stated = response.content_length().unwrap_or(0);
    if usize::try_from(stated).map_or(true, |stated| stated > limit) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    let interrupted = |_| GraphError::Unreachable {
        kind: UnreachableKind::Interrupted,
    };
    let silent = |_| GraphError::Unreachable {
        kind: UnreachableKind::BodyTimeout,
    };
    loop {
        let chunk = tokio::time::timeout(idle, response.chunk()).await;
        let Some(chunk) = chunk.map_err(silent)?.map_err(interrupted)? else {
            return Ok(body);
        };
        if body.len() + chunk.len() > limit {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
}

/// Microsoft's own id: Graph and the sign-in service name the header differently.
fn request_id(headers: &HeaderMap) -> Option<String> {
    ["request-id", "x-ms-request-id"]
        .iter()
        .find_map(|name| identifier(headers, name))
}

fn identifier(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    SafeText::identifier(text).map(SafeText::into_string)
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    stated_wait(text(headers, RETRY_AFTER), text(headers, DATE))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Says how far a request came, from the types of the causes and not from the
/// message, which holds the URL.
fn before_headers(error: &reqwest::Error) -> UnreachableKind {
    if !error.is_connect() {
        return UnreachableKind::Interrupted;
    }
    if error.is_timeout() {
        return UnreachableKind::ConnectTimeout;
    }
    let mut cause: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(current) = cause {
        if current.is::<rustls::Error>() {
            return UnreachableKind::Tls;
        }
        // The type of this cause is private; its text is fixed.
        if current.to_string() == "dns error" {
            return UnreachableKind::Dns;
        }
        // An I/O error passes over the error inside it when it names its source.
        cause = match current
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => current.source(),
        };
    }
    UnreachableKind::Connect
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::dns::{Name, Resolve, Resolving};
    use std::sync::Arc;

    /// Knows no name, and asks nobody.
    struct NoNames;

    impl Resolve for NoNames {
        fn resolve(&self, _: Name) -> Resolving {
            Box::pin(std::future::ready(Err("no such name".into())))
        }
    }

    #[tokio::test]
    async fn p01_a_name_without_an_address_is_told_apart() {
        install_ring();
        let client = builder(&ClientSettings::default()).dns_resolver(Arc::new(NoNames));
        let request = client.build().unwrap().get("http://nowhere.invalid/");
        let error = request.send().await.unwrap_err();
        assert_eq!(before_headers(&error), UnreachableKind::Dns);
    }

    #[test]
    fn r09_what_was_sent_in_confidence_does_not_come_back() {
        let mut reply = Reply {
            status: 200,
            body: b"{\"a\":\"token-01token-01 x s3cret~x1\"}".to_vec(),
            request_id: Some("id-s3cret~x1".to_owned()),
            approval_code: Some("c-1".to_owned()),
            ..Reply::default()
        };
        reply.scrub(&["token-01", "", "s3cret~x1", "a"]);
        assert_eq!(reply.body, b"{\"a\":\"[redacted][redacted] x [redacted]\"}");
        assert_eq!(reply.request_id, None);
        assert_eq!(reply.approval_code.as_deref(), Some("c-1"));
    }

    #[test]
    fn p01_the_client_is_made_without_system_certificates_too() {
        install_ring();
        let bare = builder(&ClientSettings::default()).tls_certs_only(std::iter::empty());
        assert!(bare.build().is_ok());
    }
}
