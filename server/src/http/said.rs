//! What a form led to is said to whoever sent it, once: a link alone puts no words on a page.
//!
//! A form that posts without a script is led back to a page with its refusal, or what it did, in the query. Anybody
//! can write such a link. So the answer to the form leaves the digest of those words in a cookie of this host, which
//! no link brings along, and a page without it is asked for again without them.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::link;
use sha2::{Digest as _, Sha256};

const COOKIE: &str = "__Host-tenant-atlas-said";
/// The parts of a query that say what a form led to.
const SAID: [&str; 5] = ["__err", "__path", "busy", "done", "started"];

/// Remembers what the page that a form leads to is to say.
pub(super) fn remember(headers: &mut HeaderMap) {
    let location = headers.get(header::LOCATION);
    let location = location.and_then(|it| it.to_str().ok().map(latest));
    if let Some(Ok(location)) = location.as_deref().map(HeaderValue::from_str) {
        headers.insert(header::LOCATION, location);
    }
    let said = location.as_deref().and_then(Said::of);
    let cookie = said.and_then(|said| app::cookie_for(COOKIE, &said.digest(), 60));
    if let Some(cookie) = cookie {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// Where a refused form leads back to, with this refusal alone: the framework puts it behind those before it.
fn latest(location: &str) -> String {
    let Some((path, query)) = location.split_once('?') else {
        return location.to_owned();
    };
    let parts = Part::all(query);
    let last = |name: &str| parts.iter().rfind(|part| part.name == name);
    let Some(refusal) = last("__err") else {
        return location.to_owned();
    };
    let rest = parts.iter().filter(|part| !part.is_said());
    let kept = rest.chain(last("__path")).chain([refusal]);
    let kept: Vec<&str> = kept.map(|part| part.written).collect();
    format!("{path}?{}", kept.join("&"))
}

/// One part of a query.
struct Part<'a> {
    written: &'a str,
    name: String,
    value: &'a str,
}

impl<'a> Part<'a> {
    fn all(query: &'a str) -> Vec<Self> {
        let part = |written: &'a str| {
            let (name, value) = written.split_once('=').unwrap_or((written, ""));
            Self {
                written,
                name: link::decode(name),
                value,
            }
        };
        query.split('&').map(part).collect()
    }

    fn is_said(&self) -> bool {
        SAID.contains(&&*self.name)
    }
}

/// Lets a page say what a form led to only to whoever sent that form, and only once.
pub(super) async fn once(request: Request, next: Next) -> Response {
    let asked = request.uri().path_and_query().map(|it| it.as_str());
    let said = asked.filter(|_| *request.method() == Method::GET);
    let Some(said) = said.and_then(Said::of) else {
        return next.run(request).await;
    };
    if app::cookie_in(request.headers(), COOKIE) != Some(said.digest()) {
        return lead_to(&said.without);
    }
    let mut response = next.run(request).await;
    if let Some(cookie) = app::cookie_for(COOKIE, "", 0) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn lead_to(page: &str) -> Response {
    // Two slashes would name another host.
    let page = format!("/{}", page.trim_start_matches('/'));
    (StatusCode::SEE_OTHER, [(header::LOCATION, page)]).into_response()
}

/// A page that says what a form led to.
struct Said {
    path: String,
    words: Vec<(String, String)>,
    /// The page without that.
    without: String,
}

impl Said {
    /// Takes a path apart; `None` where it says nothing.
    fn of(asked: &str) -> Option<Self> {
        let (path, query) = asked.split_once('?')?;
        let (said, rest): (Vec<_>, Vec<_>) = Part::all(query).into_iter().partition(Part::is_said);
        let words = said
            .into_iter()
            .map(|part| (part.name, link::decode(part.value)));
        let words: Vec<_> = words.collect();
        let rest: Vec<&str> = rest.iter().map(|part| part.written).collect();
        let without = match rest.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{}", rest.join("&")),
        };
        (!words.is_empty()).then(|| Self {
            path: path.to_owned(),
            words,
            without,
        })
    }

    fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for part in std::iter::once(&self.path)
            .chain(self.words.iter().flat_map(|(name, value)| [name, value]))
        {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_takes_the_place_of_those_before_it() {
        for (location, then) in [
            ("/a", "/a"),
            ("/a?x=y&done=saved", "/a?x=y&done=saved"),
            (
                "/a?done=saved&x=y&__path=p&__err=e",
                "/a?x=y&__path=p&__err=e",
            ),
            (
                "/a?__path=p&__err=e&__path=q&__err=f",
                "/a?__path=q&__err=f",
            ),
        ] {
            assert_eq!(latest(location), then);
        }
    }

    #[test]
    fn a_page_that_says_nothing_is_left_alone() {
        for asked in ["/admin/operations", "/admin/operations?q=done&state=failed"] {
            assert!(Said::of(asked).is_none(), "{asked}");
        }
    }

    #[test]
    fn what_is_said_goes_and_the_rest_of_the_query_stays() {
        let said = Said::of("/admin/x?a=b%20c&done=saved&__err=e&z").unwrap();
        assert_eq!(said.without, "/admin/x?a=b%20c&z");
        let said = Said::of("/sign-in?%5F%5Ferr=e").unwrap();
        assert_eq!(said.without, "/sign-in", "however the name is written");
    }

    #[test]
    fn other_words_and_other_pages_have_other_digests() {
        let digest = |asked: &str| Said::of(asked).unwrap().digest();
        let one = digest("/a?__path=p&__err=e");
        assert_eq!(one, digest("/a?x=y&__path=p&__err=%65"));
        for other in [
            "/b?__path=p&__err=e",
            "/a?__path=p&__err=f",
            "/a?__path=pe&__err=",
            "/a?done=e",
        ] {
            assert_ne!(one, digest(other), "{other}");
        }
    }

    #[test]
    fn nobody_is_led_to_another_host() {
        let led = lead_to("//evil.example/");
        let location = led.headers().get(header::LOCATION);
        assert_eq!(location, Some(&HeaderValue::from_static("/evil.example/")));
    }
}
