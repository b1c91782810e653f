//! Response bodies that stop, stall or drip.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Sleep;

/// How many bytes of a slow body go out at a time.
const DRIP: usize = 16;

/// A body that promises its whole length and does not keep the promise.
#[derive(Debug)]
pub(crate) struct Broken {
    left: Bytes,
    promised: u64,
    after: After,
}

#[derive(Debug)]
enum After {
    Hang,
    /// Waits once, so that what was sent so far leaves the server.
    Flush,
    Close,
    Drip {
        pause: Duration,
        sleep: Option<Pin<Box<Sleep>>>,
    },
}

impl Broken {
    /// Sends the first half, then nothing for ever.
    pub(crate) fn hanging(bytes: Vec<u8>) -> Body {
        Self::half(bytes, After::Hang)
    }

    /// Sends the first half, then breaks the connection.
    pub(crate) fn cut(bytes: Vec<u8>) -> Body {
        Self::half(bytes, After::Flush)
    }

    /// Sends everything, slowly.
    pub(crate) fn dripping(bytes: Vec<u8>, pause: Duration) -> Body {
        let promised = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let after = After::Drip { pause, sleep: None };
        Body::new(Self {
            left: bytes.into(),
            promised,
            after,
        })
    }

    fn half(mut bytes: Vec<u8>, after: After) -> Body {
        let promised = u64::try_from(bytes.len()).unwrap_or(u64::MAX).max(1);
        bytes.truncate(bytes.len() / 2);
        Body::new(Self {
            left: bytes.into(),
            promised,
            after,
        })
    }
}

impl HttpBody for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let this = self.get_mut();
        match &mut this.after {
            After::Drip { pause, sleep } => {
                if this.left.is_empty() {
                    return Poll::Ready(None);
                }
                let timer = sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(*pause)));
                if timer.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                *sleep = None;
                let drop = this.left.split_to(this.left.len().min(DRIP));
                Poll::Ready(Some(Ok(Frame::data(drop))))
            }
            _ if !this.left.is_empty() => {
                Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.left)))))
            }
            // Nobody wakes this task again: the client has to give up.
            After::Hang => Poll::Pending,
            After::Flush => {
                this.after = After::Close;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            After::Close => Poll::Ready(Some(Err(std::io::Error::new(
                std::io::ErrorKind::ConnectionAborted,
                "cut by a fault",
            )))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}
