//! An answer before it becomes HTTP, so that `$batch` and faults can hold it.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value};

use crate::state::Entity;

/// How Graph calls its JSON where that is data.
const ODATA: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;\
                     charset=utf-8";

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
    /// JSON that is text already.
    Written(String),
    List(List),
}

/// A collection on its way out.
#[derive(Debug, Clone, Default)]
pub(crate) struct List {
    pub(crate) context: Option<String>,
    pub(crate) count: Option<usize>,
    pub(crate) next: Option<String>,
    pub(crate) delta: Option<String>,
    pub(crate) items: Vec<Item>,
}

/// One entity of a list.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    /// As it is stored.
    Stored(Arc<Entity>),
    Made(Map<String, Value>),
}

impl List {
    fn write(&self, out: &mut String) {
        let text = |out: &mut String, name: &str, value: &str| {
            out.push_str(&format!("\"{name}\":{},", Value::from(value)));
        };
        out.push('{');
        if let Some(context) = &self.context {
            text(out, "@odata.context", context);
        }
        if let Some(count) = self.count {
            out.push_str(&format!("\"@odata.count\":{count},"));
        }
        if let Some(next) = &self.next {
            text(out, "@odata.nextLink", next);
        }
        if let Some(delta) = &self.delta {
            text(out, "@odata.deltaLink", delta);
        }
        out.push_str("\"value\":[");
        for (at, item) in self.items.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            match item {
                Item::Stored(entity) => out.push_str(entity.body()),
                Item::Made(fields) => {
                    out.push_str(&serde_json::to_string(fields).unwrap_or_default());
                }
            }
        }
        out.push_str("]}");
    }
}

impl ReplyBody {
    /// The body as a JSON value within a larger text.
    pub(crate) fn write_json(&self, out: &mut String) {
        match self {
            Self::Empty => out.push_str("null"),
            Self::Text(text) => out.push_str(&Value::from(text.as_str()).to_string()),
            Self::Json(value) => out.push_str(&value.to_string()),
            Self::Written(text) => out.push_str(text),
            Self::List(list) => list.write(out),
        }
    }
}

impl Reply {
    pub(crate) fn new(status: StatusCode, body: ReplyBody) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body,
        }
    }

    pub(crate) fn json(status: StatusCode, body: Value) -> Self {
        Self::new(status, ReplyBody::Json(body))
    }

    pub(crate) fn list(list: List) -> Self {
        Self::new(StatusCode::OK, ReplyBody::List(list))
    }

    pub(crate) fn text(body: String) -> Self {
        Self::new(StatusCode::OK, ReplyBody::Text(body))
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self::new(status, ReplyBody::Empty)
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
            json => {
                let mut text = String::new();
                json.write_json(&mut text);
                let kind = match json {
                    ReplyBody::List(_) | ReplyBody::Written(_) => ODATA,
                    _ => "application/json; charset=utf-8",
                };
                (text.into_bytes(), Some(kind))
            }
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
