//! How the work on a run learns that somebody wants its end.

use tokio::sync::watch;

/// Told, at most once, that somebody wants a run ended.
///
/// What only reads is stopped wherever it waits; what writes is not, and asks `is_asked` where it may stop:
/// between two writes, never within one.
#[derive(Debug, Clone)]
pub(crate) struct CancelToken(watch::Receiver<bool>);

/// The other end of a [`CancelToken`].
#[derive(Debug)]
pub(super) struct Canceller(watch::Sender<bool>);

/// A token, and what tells it.
pub(super) fn cancel_token() -> (Canceller, CancelToken) {
    let (sender, receiver) = watch::channel(false);
    (Canceller(sender), CancelToken(receiver))
}

impl Canceller {
    /// Says that somebody wants the run ended.
    pub(super) fn ask(&self) {
        self.0
            .send_if_modified(|asked| !std::mem::replace(asked, true));
    }
}

impl CancelToken {
    /// Whether somebody wants the run ended.
    pub(crate) fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until somebody wants the run ended; for ever, if nobody does.
    pub(crate) async fn asked(&mut self) {
        while !self.is_asked() {
            if self.0.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wish_that_was_there_before_anybody_waited_is_heard() {
        let (canceller, token) = cancel_token();
        assert!(!token.is_asked());
        canceller.ask();
        canceller.ask();
        assert!(token.is_asked());
        token.clone().asked().await;
    }
}
