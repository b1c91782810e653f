//! The two alphabets of base64 that tokens and headers use.

/// With `+`, `/` and padding.
pub(crate) fn standard(bytes: &[u8]) -> String {
    let mut text = encode(
        bytes,
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    );
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// With `-`, `_` and no padding.
pub(crate) fn url(bytes: &[u8]) -> String {
    encode(
        bytes,
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
    )
}

fn encode(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let joined = chunk
            .iter()
            .fold(0_u32, |joined, byte| joined << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let at = joined >> (18 - 6 * place) & 63;
            let symbol = alphabet.get(at as usize).copied().unwrap_or(b'=');
            text.push(char::from(symbol));
        }
    }
    text
}

/// Reads the second one, padded or not.
pub(crate) fn from_url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for symbol in text.trim_end_matches('=').bytes() {
        let value = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    // Six bits left over: a symbol is missing.
    (count < 6).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p03_base64_of_every_length() {
        for (bytes, padded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(standard(bytes.as_bytes()), padded);
            let bare = padded.trim_end_matches('=');
            assert_eq!(url(bytes.as_bytes()), bare);
            assert_eq!(from_url(bare).as_deref(), Some(bytes.as_bytes()), "{bare}");
            assert_eq!(
                from_url(padded).as_deref(),
                Some(bytes.as_bytes()),
                "{padded}"
            );
        }
        assert_eq!(url(&[0xfb, 0xff, 0xbf]), "-_-_");
        assert_eq!(standard(&[0xfb, 0xff, 0xbf]), "+/+/");
        assert_eq!(from_url("-_-_"), Some(vec![0xfb, 0xff, 0xbf]));
        assert_eq!(from_url("Z"), None);
    }
}
