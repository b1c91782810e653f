//! Whom a call speaks for, and to which machines.

use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use crate::certificate::{ClientCertificate, InvalidCertificate};
use crate::error::GraphError;

/// One application's way into one tenant.
///
/// The ids stand in URLs, so they are checked once, here.
#[derive(Debug, Clone)]
pub struct Connection {
    tenant_id: String,
    client_id: String,
    credential: Credential,
    cloud: Endpoints,
}

/// What a connection signs in with.
#[derive(Debug, Clone)]
pub(crate) enum Credential {
    Secret(SecretString),
    Certificate(ClientCertificate),
}

/// The sign-in and Graph addresses of one cloud.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoints {
    authority: String,
    graph: String,
}

/// Why a connection or its addresses were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConnection {
    /// The tenant id is no GUID.
    #[error("the tenant id is not a GUID")]
    TenantId,
    /// The application id is no GUID.
    #[error("the application id is not a GUID")]
    ClientId,
    /// There is nothing to sign in with.
    #[error("the client secret is empty")]
    EmptySecret,
    /// The address cannot be read as one.
    #[error("the address is not an absolute URL")]
    NotAnAddress,
    /// Plain http to another machine would show the secret to the network.
    #[error("the address is neither https nor http to this machine")]
    NotProtected,
    /// Only `scheme://host:port` is an address here.
    #[error("the address has a user, a path, a query or a fragment")]
    NotAnOrigin,
    /// The certificate cannot be used.
    #[error("{0}")]
    Certificate(#[from] InvalidCertificate),
}

impl Connection {
    /// Checks the ids and puts them into the form that Microsoft uses.
    pub fn new(
        tenant_id: &str,
        client_id: &str,
        secret: SecretString,
        cloud: Endpoints,
    ) -> Result<Self, InvalidConnection> {
        if secret.expose_secret().is_empty() {
            return Err(InvalidConnection::EmptySecret);
        }
        Self::with(tenant_id, client_id, Credential::Secret(secret), cloud)
    }

    /// The same with a certificate, whose private key signs for the application.
    pub fn with_certificate(
        tenant_id: &str,
        client_id: &str,
        certificate: ClientCertificate,
        cloud: Endpoints,
    ) -> Result<Self, InvalidConnection> {
        Self::with(
            tenant_id,
            client_id,
            Credential::Certificate(certificate),
            cloud,
        )
    }

    fn with(
        tenant_id: &str,
        client_id: &str,
        credential: Credential,
        cloud: Endpoints,
    ) -> Result<Self, InvalidConnection> {
        let guid = |text: &str| Uuid::try_parse(text.trim()).map(|id| id.to_string());
        Ok(Self {
            tenant_id: guid(tenant_id).map_err(|_| InvalidConnection::TenantId)?,
            client_id: guid(client_id).map_err(|_| InvalidConnection::ClientId)?,
            credential,
            cloud,
        })
    }

    /// The tenant's GUID, lower case with hyphens.
    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }

    /// The application's GUID, lower case with hyphens.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Where an administrator of the directory consents to the application's permissions.
    pub fn admin_consent_url(&self) -> String {
        let (authority, tenant, client) = (&self.cloud.authority, &self.tenant_id, &self.client_id);
        format!("{authority}/{tenant}/adminconsent?client_id={client}")
    }

    /// Where this connection signs in and reads.
    pub fn cloud(&self) -> &Endpoints {
        &self.cloud
    }

    pub(crate) fn credential(&self) -> &Credential {
        &self.credential
    }

    /// What must never be shown; a certificate's key is never in a text to begin with.
    pub(crate) fn secret(&self) -> &str {
        match &self.credential {
            Credential::Secret(secret) => secret.expose_secret(),
            Credential::Certificate(_) => "",
        }
    }

    pub(crate) fn token_url(&self) -> Result<Url, GraphError> {
        let url = format!(
            "{}/{}/oauth2/v2.0/token",
            self.cloud.authority, self.tenant_id
        );
        Url::parse(&url).map_err(|_| GraphError::Misconfigured {
            what: "the sign-in address",
        })
    }

    pub(crate) fn graph_url(&self) -> Result<Url, GraphError> {
        Url::parse(&self.cloud.graph).map_err(|_| GraphError::Misconfigured {
            what: "the Graph address",
        })
    }
}

impl Endpoints {
    /// Microsoft's worldwide cloud.
    pub fn global() -> Self {
        Self {
            authority: "https://login.microsoftonline.com".to_owned(),
            graph: "https://graph.microsoft.com".to_owned(),
        }
    }

    /// Other addresses, from the server's configuration only.
    ///
    /// They are `https`, or `http` to this machine itself.
    pub fn custom(authority: &str, graph: &str) -> Result<Self, InvalidConnection> {
        Ok(Self {
            authority: origin(authority)?,
            graph: origin(graph)?,
        })
    }

    /// Whether it is a stand-in on this machine, and not one of Microsoft's clouds.
    pub(crate) fn is_this_machine(&self) -> bool {
        let host = Url::parse(&self.graph).ok();
        host.is_some_and(|url| url.host_str().is_some_and(is_loopback))
    }

    /// The address of the sign-in service, without a trailing slash.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The address of Graph, without a trailing slash and without a version.
    pub fn graph(&self) -> &str {
        &self.graph
    }
}

fn origin(address: &str) -> Result<String, InvalidConnection> {
    let url = Url::parse(address.trim()).map_err(|_| InvalidConnection::NotAnAddress)?;
    let host = url.host_str().ok_or(InvalidConnection::NotAnAddress)?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(host) => {}
        _ => return Err(InvalidConnection::NotProtected),
    }
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    if !bare {
        return Err(InvalidConnection::NotAnOrigin);
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "6B1B3F54-0F5C-4D8A-9C7E-0A1B2C3D4E5F";

    #[test]
    fn p01_custom_addresses_are_https_or_this_machine() {
        for ok in [
            "https://graph.example",
            "http://127.0.0.1:80",
            "http://[::1]:9/",
            "http://localhost:1",
        ] {
            assert!(Endpoints::custom(ok, ok).is_ok(), "{ok}");
        }
        for (bad, why) in [
            ("http://graph.example", InvalidConnection::NotProtected),
            ("http://127.0.0.1.example", InvalidConnection::NotProtected),
            ("http://169.254.169.254", InvalidConnection::NotProtected),
            ("file:///etc", InvalidConnection::NotAnAddress),
            ("graph", InvalidConnection::NotAnAddress),
            ("https://user@graph.example", InvalidConnection::NotAnOrigin),
            ("https://graph.example/v1.0", InvalidConnection::NotAnOrigin),
            ("https://graph.example/?a=b", InvalidConnection::NotAnOrigin),
        ] {
            assert_eq!(Endpoints::custom(bad, bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn p02_ids_are_guids_and_the_secret_is_not_shown() {
        let new = |tenant: &str, client: &str, secret: &str| {
            Connection::new(
                tenant,
                client,
                SecretString::from(secret),
                Endpoints::global(),
            )
        };
        let connection = new(GUID, GUID, "canary-secret").unwrap();
        assert_eq!(connection.tenant_id(), GUID.to_lowercase());
        assert!(!format!("{connection:?}").contains("canary"));
        assert_eq!(
            new("../x", GUID, "s").unwrap_err(),
            InvalidConnection::TenantId
        );
        assert_eq!(
            new(GUID, "a b", "s").unwrap_err(),
            InvalidConnection::ClientId
        );
        assert_eq!(
            new(GUID, GUID, "").unwrap_err(),
            InvalidConnection::EmptySecret
        );
    }
}
