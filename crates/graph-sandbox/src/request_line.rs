//! What stands in the first line of a request and does not belong there, which clients send and Graph takes.
//!
//! A `"` in a query has to be escaped, and hardly anybody who writes `$search="displayName:x"` by hand does it.
//! It is escaped here, before the line is read as HTTP.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream whose request lines are made readable.
#[derive(Debug)]
pub(crate) struct Lenient<S> {
    stream: S,
    place: Place,
    /// What a longer line pushed out of the buffer it was read into.
    left: Vec<u8>,
}

/// Where in a request the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before a request.
    Start,
    /// In its first line.
    Line,
    /// Behind it, until something is answered.
    Behind,
}

impl<S> Lenient<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            place: Place::Start,
            left: Vec::new(),
        }
    }

    /// After an answer a request begins; an answer in between (`100 Continue`) is none.
    fn wrote(&mut self, bytes: &[u8]) {
        if self.place == Place::Behind && !bytes.starts_with(b"HTTP/1.1 1") {
            self.place = Place::Start;
        }
    }

    /// The bytes as they should have been sent; `None` where nothing has to change.
    fn mended(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.place == Place::Start {
            let first = bytes.first()?;
            self.place = if first.is_ascii_uppercase() {
                Place::Line
            } else {
                Place::Behind
            };
        }
        if self.place == Place::Behind {
            return None;
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        if end.is_some() {
            self.place = Place::Behind;
        }
        let (line, rest) = bytes.split_at_checked(end.unwrap_or(bytes.len()))?;
        if !line.iter().any(|byte| is_foreign(*byte)) {
            return None;
        }
        let mut out = Vec::with_capacity(bytes.len() + 32);
        for byte in line {
            if is_foreign(*byte) {
                out.extend_from_slice(format!("%{byte:02X}").as_bytes());
            } else {
                out.push(*byte);
            }
        }
        out.extend_from_slice(rest);
        Some(out)
    }
}

/// What no address may hold, and is meant as it stands.
fn is_foreign(byte: u8) -> bool {
    matches!(byte, b'"' | b'<' | b'>') || !byte.is_ascii()
}

impl<S: AsyncRead + Unpin> AsyncRead for Lenient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left.is_empty() {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
            if self.place == Place::Behind {
                return Poll::Ready(Ok(()));
            }
            let new = buffer.filled().get(before..).unwrap_or_default();
            let Some(mended) = self.mended(new) else {
                return Poll::Ready(Ok(()));
            };
            buffer.set_filled(before);
            self.left = mended;
        }
        let fits = buffer.remaining().min(self.left.len());
        let rest = self.left.split_off(fits);
        buffer.put_slice(&self.left);
        self.left = rest;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Lenient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.wrote(bytes);
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.wrote(buffers.first().map_or(&[][..], |first| first));
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_line_of_a_request_is_mended() {
        let mut stream = Lenient::new(());
        assert_eq!(
            stream.mended(b"GET /a?b=\"c"),
            Some(b"GET /a?b=%22c".to_vec())
        );
        let rest = b"\" HTTP/1.1\r\nx: \"y\"\r\n\r\n";
        assert_eq!(
            stream.mended(rest),
            Some(b"%22 HTTP/1.1\r\nx: \"y\"\r\n\r\n".to_vec())
        );
        assert_eq!(stream.mended(b"{\"a\": 1}\r\n"), None);
        stream.wrote(b"HTTP/1.1 100 Continue\r\n\r\n");
        assert_eq!(stream.mended(b"POST \"\n"), None);
        stream.wrote(b"HTTP/1.1 200 OK\r\n\r\n");
        assert_eq!(
            stream.mended(b"GET /\xc3\xbc HTTP/1.1\r\n"),
            Some(b"GET /%C3%BC HTTP/1.1\r\n".to_vec())
        );
        stream.wrote(b"HTTP/1.1 200 OK\r\n\r\n");
        assert_eq!(stream.mended(b"GET /plain HTTP/1.1\r\n"), None);
    }
}
