//! The body of a request: read to its end, so that whoever sends too much can still read the answer.

use std::pin::pin;

use axum::body::{Body, Bytes};
use http_body::Body as _;

/// Bytes of a request body at most.
const MAX: usize = 4 * 1_024 * 1_024;
/// Bytes that are read beside that before the connection is given up.
const MAX_PASSED_OVER: usize = 64 * 1_024 * 1_024;

/// The body; `None` when it was larger than allowed or broke off.
pub(super) async fn read(body: Body) -> Option<Bytes> {
    let announced = body
        .size_hint()
        .upper()
        .and_then(|most| usize::try_from(most).ok());
    if announced.is_some_and(|most| most <= MAX) {
        return axum::body::to_bytes(body, MAX).await.ok();
    }
    let mut body = pin!(body);
    let mut kept = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await
    {
        let Ok(data) = frame.ok()?.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        if seen <= MAX {
            kept.extend_from_slice(&data);
        } else if seen > MAX_PASSED_OVER {
            return None;
        }
    }
    (seen <= MAX).then(|| Bytes::from(kept))
}
