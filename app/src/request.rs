//! What is known of the present request, on the server.

mod browser;
mod look;
pub mod refused;
pub mod typed;

pub use look::{keep_hidden, keep_theme, on_root, zone, zone_script};

use domain::{error::ApiError, ids::RequestId};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::ResponseOptions;
use operations::{Presence, Scope, Services};
use uuid::Uuid;

use crate::{compat::settle, error::AppError};

/// The session cookie's name; `__Host-` binds it to this host, to `/`, and to a secure channel.
pub const COOKIE: &str = "__Host-tenant-atlas";

/// The nonce of the content security policy.
#[derive(Debug, Clone)]
pub struct Nonce(pub String);

/// The address of the peer, as the server trusts it.
#[derive(Debug, Clone)]
pub struct PeerIp(pub String);

/// The paths of the site's files, as URLs.
#[derive(Debug, Clone)]
pub struct Site {
    /// The stylesheet.
    pub css: String,
    /// The module that loads the wasm.
    pub js: String,
    /// The wasm.
    pub wasm: String,
}

impl Default for Site {
    fn default() -> Self {
        let file = |name: &str| format!("/pkg/tenant-atlas{name}");
        Self {
            css: file(".css"),
            js: file(".js"),
            wasm: file("_bg.wasm"),
        }
    }
}

/// Something the server put beside the request: a context, or an extension of the request.
pub fn find<T: Clone + Send + Sync + 'static>() -> Option<T> {
    use_context::<T>()
        .or_else(|| use_context::<Parts>().and_then(|parts| parts.extensions.get::<T>().cloned()))
}

/// Hands the request's nonce to Leptos, whose own inline scripts need it; call it where contexts are added.
pub fn provide_nonce() {
    if let Some(Nonce(nonce)) = find::<Nonce>() {
        provide_context(leptos::nonce::Nonce::from_value(nonce));
    }
}

/// The id of the present request.
pub fn request_id() -> RequestId {
    find().unwrap_or_else(|| RequestId::from_uuid(Uuid::nil()))
}

/// The path and the query of the page that the present request asks for; none when a script asks for data.
pub fn page() -> Option<String> {
    let parts = use_context::<Parts>()?;
    let path = parts.uri.path();
    let whole = parts.uri.path_and_query().map_or(path, |it| it.as_str());
    (!path.starts_with("/api/")).then(|| whole.to_owned())
}

/// The peer's address.
pub fn peer() -> String {
    find::<PeerIp>().map_or_else(String::new, |PeerIp(peer)| peer)
}

/// The use cases.
pub fn services() -> Result<Services, AppError> {
    settle(find::<Services>().ok_or_else(|| ApiError::Internal {
        request_id: request_id(),
    }))
}

/// Who asks, from the session cookie; the first call of every server function.
pub async fn scope(presence: Presence) -> Result<(Services, Scope), AppError> {
    let services = services()?;
    let Some(token) = cookie(COOKIE) else {
        return settle(Err(ApiError::SignedOut));
    };
    let found = services.scope(&token, request_id(), presence).await;
    let scope = settle(found.and_then(|scope| scope.ok_or(ApiError::SignedOut)))?;
    Ok((services, scope))
}

/// How present the person is when a page asks: by hand for a first look, a poll when it names a version.
pub fn presence(version: Option<&String>) -> Presence {
    match version {
        None => Presence::ByHand,
        Some(_) => Presence::Poll,
    }
}

/// The value of a cookie that came with the request.
fn cookie(wanted: &str) -> Option<String> {
    let parts = use_context::<Parts>()?;
    cookie_in(&parts.headers, wanted)
}

/// The value of a cookie in the headers of a request.
pub fn cookie_in(headers: &HeaderMap, wanted: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == wanted)
        .map(|(_, value)| value.to_owned())
}

/// A cookie of this host alone that no script reads, for so many seconds; none where the value is not one.
pub fn cookie_for(name: &str, value: &str, seconds: u32) -> Option<HeaderValue> {
    let cookie =
        format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={seconds}");
    HeaderValue::from_str(&cookie).ok()
}

/// Where this server is, as the browser sees it; without TLS only on this machine itself.
pub fn origin() -> String {
    let host = use_context::<Parts>().and_then(|parts| {
        let host = parts.headers.get(header::HOST)?;
        host.to_str().ok().map(str::to_owned)
    });
    let host = host.unwrap_or_default();
    let name = host.rsplit_once(':').map_or(&*host, |(name, _)| name);
    let scheme = match name {
        "127.0.0.1" | "localhost" | "[::1]" => "http",
        _ => "https",
    };
    format!("{scheme}://{host}")
}

/// Gives the browser a session that was just opened, and notes with the session what browser that is.
pub async fn open_session(services: &Services, token: &str) -> Result<(), AppError> {
    let said = use_context::<Parts>().and_then(|parts| {
        let said = parts.headers.get(header::USER_AGENT)?;
        said.to_str().ok().map(str::to_owned)
    });
    let browser = browser::name_of(&said.unwrap_or_default());
    let noted = services.session_opened_in(token, &browser, request_id());
    settle(noted.await)?;
    set_token(token);
    Ok(())
}

/// Gives the browser a session's token.
fn set_token(token: &str) {
    set_cookie(&format!(
        "{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax"
    ));
}

/// Takes the session's token from the browser.
pub fn forget_token() {
    set_cookie(&format!(
        "{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
    ));
}

fn set_cookie(cookie: &str) {
    if let (Some(response), Ok(value)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(cookie),
    ) {
        response.append_header(header::SET_COOKIE, value);
    }
}
