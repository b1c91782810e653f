//! The e-mail address somebody typed before a sign-in was refused, for browsers without JavaScript.
//!
//! Such a browser gets the form anew. The address waits a minute in a cookie of its own: in the URL
//! it would stand in histories and logs. The password is never kept.

use std::fmt::Write as _;

use super::{cookie, set_cookie};

const COOKIE: &str = "__Host-tenant-atlas-typed";
/// No address is longer.
const LONGEST: usize = 254;

/// Keeps an address for the form that comes next.
pub fn keep(address: &str) {
    if address.len() <= LONGEST {
        let value = to_hex(address);
        set_cookie(&format!(
            "{COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60"
        ));
    }
}

/// The address that was kept, if one was.
pub fn address() -> Option<String> {
    from_hex(&cookie(COOKIE)?)
}

/// Takes it from the browser.
pub fn forget() {
    if cookie(COOKIE).is_some() {
        set_cookie(&format!(
            "{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
        ));
    }
}

/// A cookie takes few characters; an address has many.
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

    #[test]
    fn an_address_comes_back_as_it_was_typed() {
        for typed in ["dana@example.test", "jos\u{e9};\"@ex\u{e4}mple", ""] {
            assert_eq!(from_hex(&to_hex(typed)).as_deref(), Some(typed));
        }
        for forged in ["zz", "f", "ff", "\u{e9}"] {
            let read = from_hex(forged);
            assert!(read.is_none_or(|text| text.is_ascii()), "{forged}");
        }
    }
}
