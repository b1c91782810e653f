//! Base64, percent and hex forms, for input that nobody has checked yet.

const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 in the URL-safe alphabet without padding.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for position in 0..=chunk.len() {
            let shift = 18_usize.saturating_sub(6 * position);
            let index = usize::try_from((group >> shift) & 63).unwrap_or(0);
            out.push(
                URL_SAFE
                    .get(index)
                    .map_or('A', |letter| char::from(*letter)),
            );
        }
    }
    out
}

/// Base64 in the plain alphabet, padded.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut out = base64url(bytes).replace('-', "+").replace('_', "/");
    while !out.len().is_multiple_of(4) {
        out.push('=');
    }
    out
}

/// Reads base64 in either alphabet, padded or not; `None` when it is neither.
pub(crate) fn base64_decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut group, mut bits) = (0_u32, 0_u32);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        group = ((group << 6) | u32::from(value)) & 0x00ff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from((group >> bits) & 0xff).ok()?);
        }
    }
    Some(out)
}

/// What a `+` stands for: a space in queries and forms, itself in paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plus {
    Space,
    Literal,
}

/// Undoes `%XX`; `None` for a broken escape or bytes that are not UTF-8.
pub(crate) fn percent_decode(text: &str, plus: Plus) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                out.push(u8::try_from(high * 16 + low).ok()?);
            }
            b'+' if plus == Plus::Space => out.push(b' '),
            other => out.push(other),
        }
    }
    String::from_utf8(out).ok()
}

/// Escapes what may not stand in a query value.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$,()'@:/*=".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Pairs of a query or a form, decoded; `None` when one of them is broken.
pub(crate) fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    text.split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Some((
                percent_decode(name, Plus::Space)?,
                percent_decode(value, Plus::Space)?,
            ))
        })
        .collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_goes_both_ways() {
        for text in [
            "",
            "f",
            "fo",
            "foo",
            "foob",
            "fooba",
            "foobar",
            "\u{e9}\u{1f600}?>",
        ] {
            let coded = base64url(text.as_bytes());
            assert_eq!(
                base64_decode(&coded).as_deref(),
                Some(text.as_bytes()),
                "{text}"
            );
        }
        assert_eq!(base64url(b"foob"), "Zm9vYg");
        assert_eq!(
            base64_decode("Zm9vYg==").as_deref(),
            Some(b"foob".as_slice())
        );
        assert_eq!(base64_decode("a b"), None);
    }

    #[test]
    fn percent_forms_are_read_and_broken_ones_refused() {
        assert_eq!(
            percent_decode("a%20b+c", Plus::Space).as_deref(),
            Some("a b c")
        );
        assert_eq!(percent_decode("a+b", Plus::Literal).as_deref(), Some("a+b"));
        for broken in ["%", "%4", "%zz", "%ff", "%+1"] {
            assert_eq!(percent_decode(broken, Plus::Space), None, "{broken}");
        }
        assert_eq!(percent_encode("a b&c+d"), "a%20b%26c%2Bd");
    }
}
