//! Applications that may sign in to a tenant.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::certificates;

/// One application: how it proves itself, and what it is granted.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) client_id: Arc<str>,
    /// The id of its service principal.
    pub(crate) principal_id: String,
    pub(crate) display_name: String,
    pub(crate) secrets: Vec<String>,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) roles: Arc<BTreeSet<String>>,
}

/// A certificate whose key may sign assertions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    pub(crate) der: Arc<[u8]>,
}

/// What an application is registered with.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewApp {
    pub(crate) display_name: String,
    pub(crate) roles: BTreeSet<String>,
    pub(crate) certificates: Vec<Certificate>,
}

impl App {
    pub(crate) fn register(new: NewApp, secret: String) -> Self {
        Self {
            client_id: Uuid::new_v4().to_string().into(),
            principal_id: Uuid::new_v4().to_string(),
            display_name: new.display_name,
            secrets: vec![secret],
            certificates: new.certificates,
            roles: Arc::new(new.roles),
        }
    }

    /// As it is kept with the state.
    pub(crate) fn to_json(&self) -> Value {
        let certificates = self.certificates.iter();
        json!({
            "client_id": &*self.client_id,
            "principal_id": self.principal_id,
            "display_name": self.display_name,
            "secrets": self.secrets,
            "certificates": certificates
                .map(|own| crate::encoding::base64url(&own.der))
                .collect::<Vec<_>>(),
            "roles": *self.roles,
        })
    }

    /// Reads what [`App::to_json`] wrote.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        let texts = |name: &str| -> Option<Vec<String>> {
            let items = value.get(name)?.as_array()?.iter();
            items.map(|item| item.as_str().map(str::to_owned)).collect()
        };
        let certificates = texts("certificates")?
            .iter()
            .map(|coded| certificates::read(&crate::encoding::base64_decode(coded)?))
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            client_id: text("client_id")?.into(),
            principal_id: text("principal_id")?,
            display_name: text("display_name")?,
            secrets: texts("secrets")?,
            certificates,
            roles: Arc::new(texts("roles")?.into_iter().collect()),
        })
    }
}
