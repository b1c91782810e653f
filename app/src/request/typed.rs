//! What somebody typed into a form that was refused, so that the form that comes next still has it.
//!
//! A form that posts without a script gets a whole new page. What was typed waits a minute in a cookie
//! of its own: in the URL it would stand in histories and logs. Passwords and secrets are never kept.

use std::fmt::Write as _;

use domain::link;
use http::{HeaderMap, HeaderValue};
use leptos::prelude::{provide_context, use_context};

use super::{cookie, cookie_for, cookie_in};

const COOKIE: &str = "__Host-tenant-atlas-typed";
/// The fields that may be kept; whatever is not here is forgotten, as every secret must be.
const KEPT: [&str; 16] = [
    "cadence",
    "client_id",
    "days[fri]",
    "days[mon]",
    "days[sat]",
    "days[sun]",
    "days[thu]",
    "days[tue]",
    "days[wed]",
    "directory",
    "email",
    "name",
    "operation",
    "time",
    "workspace",
    "zone",
];
/// Browsers refuse cookies of more than 4 KiB, and hex doubles what is kept.
const LONGEST: usize = 1_500;

/// What was typed into one form.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Typed(Vec<(String, String)>);

/// The cookie to send with the refusal of a form: what was typed into it.
pub fn keep(form: &str, body: &[u8]) -> Option<HeaderValue> {
    let body = str::from_utf8(body).ok()?;
    let fields = body.split('&').filter(|pair| {
        let name = pair.split_once('=').map(|(name, _)| link::decode(name));
        name.is_some_and(|name| KEPT.contains(&&*name))
    });
    let fields: Vec<&str> = fields.collect();
    let kept = format!("{form}?{}", fields.join("&"));
    if fields.is_empty() || kept.len() > LONGEST {
        return None;
    }
    cookie_for(COOKIE, &to_hex(&kept), 60)
}

/// The cookie that takes it from the browser again; none when there is nothing to take.
pub fn forget(request: &HeaderMap) -> Option<HeaderValue> {
    cookie_in(request, COOKIE)?;
    cookie_for(COOKIE, "", 0)
}

/// Gives the fields of the present page what was typed into this form, if it was refused just now.
pub fn provide(form: &str) {
    if let Some(typed) = cookie(COOKIE).and_then(|hex| of_form(&hex, form)) {
        provide_context(typed);
    }
}

/// Whether a form of this page was refused just now; then a box that is not kept was not ticked.
pub fn is_provided() -> bool {
    use_context::<Typed>().is_some()
}

/// What was typed into a field of the form that was refused just now.
pub fn value(name: &str) -> Option<String> {
    let Typed(fields) = use_context::<Typed>()?;
    let mut fields = fields.into_iter();
    fields.find(|(known, _)| known == name).map(|(_, it)| it)
}

fn of_form(hex: &str, form: &str) -> Option<Typed> {
    let kept = from_hex(hex)?;
    let (kept_form, fields) = kept.split_once('?')?;
    let fields = fields.split('&').filter_map(|pair| pair.split_once('='));
    let fields = fields.map(|(name, value)| (link::decode(name), link::decode(value)));
    let fields = fields.filter(|(name, _)| KEPT.contains(&&**name));
    (kept_form == form).then(|| Typed(fields.collect()))
}

/// A cookie takes few characters; what people type has many.
fn to_hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn from_hex(hex: &str) -> Option<String> {
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = hex.as_bytes().chunks(2).map(byte).collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "/api/connection/create";

    /// What the next request brings of a cookie that was sent.
    fn brought(cookie: &HeaderValue) -> String {
        let cookie = cookie.to_str().unwrap();
        let (_, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        value.to_owned()
    }

    #[test]
    fn what_was_typed_comes_back_to_its_own_form_and_no_secret_is_kept() {
        let body =
            b"tenant=1&name=Contoso+%26+S%C3%B6hne&secret=s3cret&password=hunter2&client_id=42";
        let cookie = brought(&keep(FORM, body).unwrap());
        let text = from_hex(&cookie).unwrap();
        assert!(
            !text.contains("s3cret") && !text.contains("hunter2"),
            "{text}"
        );
        let Typed(fields) = of_form(&cookie, FORM).unwrap();
        let expected = [("name", "Contoso & S\u{f6}hne"), ("client_id", "42")];
        assert_eq!(fields, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert_eq!(of_form(&cookie, "/api/tenant/create"), None);
    }

    #[test]
    fn nothing_is_kept_of_what_is_too_long_or_only_secret() {
        assert_eq!(keep(FORM, b"password=hunter2"), None);
        assert_eq!(
            keep(FORM, format!("name={}", "x".repeat(2_000)).as_bytes()),
            None
        );
        assert_eq!(keep(FORM, b"name=\xff"), None);
    }

    #[test]
    fn a_forged_cookie_is_no_value() {
        for forged in ["zz", "f", "ff", "\u{e9}", ""] {
            assert_eq!(of_form(forged, FORM), None, "{forged}");
        }
    }
}
