//! An answer before it becomes HTTP, so that `$batch` and faults can hold it.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::Value;

/// Status, headers and body of one answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: ReplyBody,
}

#[derive(Debug, Clone)]
pub(crate) enum ReplyBody {
    Empty,
    Text(String),
    Json(Value),
}

impl Reply {
    pub(crate) fn json(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: ReplyBody::Json(body),
        }
    }

    pub(crate) fn text(body: String) -> Self {
        Self {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: ReplyBody::Text(body),
        }
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: ReplyBody::Empty,
        }
    }

    /// Adds a header; a value that HTTP cannot carry is left out.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// The body as bytes, with its content type.
    pub(crate) fn bytes(&self) -> (Vec<u8>, Option<&'static str>) {
        match &self.body {
            ReplyBody::Empty => (Vec::new(), None),
            ReplyBody::Text(text) => (text.clone().into_bytes(), Some("text/plain")),
            ReplyBody::Json(value) => (
                value.to_string().into_bytes(),
                Some("application/json; charset=utf-8"),
            ),
        }
    }

    pub(crate) fn into_response(self) -> Response {
        let (bytes, content_type) = self.bytes();
        self.into_response_with(Body::from(bytes), content_type)
    }

    pub(crate) fn into_response_with(
        self,
        body: Body,
        content_type: Option<&'static str>,
    ) -> Response {
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if let Some(content_type) = content_type {
            let headers = response.headers_mut();
            if !headers.contains_key(axum::http::header::CONTENT_TYPE) {
                headers.insert(
                    axum::http::header::CONTENT_TYPE,
                    HeaderValue::from_static(content_type),
                );
            }
        }
        response
    }
}
