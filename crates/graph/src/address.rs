//! Addresses below Graph: of collections and objects, and of links, which the token may follow or not.

use reqwest::Url;

use crate::connection::Connection;
use crate::contracts::{ApiVersion, Contract};
use crate::error::{GraphError, LinkFault};

/// No next link that was ever seen is near this long.
pub(crate) const LONGEST_LINK: usize = 16 * 1024;

/// The address that a link of the provider's leads to, if the connection's token may go there.
pub(crate) fn link_url(
    link: &str,
    connection: &Connection,
    contract: &Contract,
) -> Result<Url, LinkFault> {
    let version = contract.version.known().ok_or(LinkFault::OtherVersion)?;
    link_of_version(link, connection, version)
}

/// The same of what has no contract.
pub(crate) fn link_of_version(
    link: &str,
    connection: &Connection,
    version: ApiVersion,
) -> Result<Url, LinkFault> {
    if link.len() > LONGEST_LINK {
        return Err(LinkFault::Malformed);
    }
    let url = Url::parse(link).map_err(|_| LinkFault::Malformed)?;
    let base = connection.graph_url().map_err(|_| LinkFault::Malformed)?;
    guard(&url, &base, version)?;
    Ok(url)
}

/// Refuses an address that is not of this connection and version.
pub(crate) fn guarded(
    url: &Url,
    connection: &Connection,
    contract: &Contract,
) -> Result<(), LinkFault> {
    let base = connection.graph_url().map_err(|_| LinkFault::Malformed)?;
    let version = contract.version.known().ok_or(LinkFault::OtherVersion)?;
    guard(url, &base, version)
}

/// The address of one object; an id is one step of a path, whatever is in it.
pub(crate) fn object_url(
    connection: &Connection,
    contract: &'static Contract,
    odata_type: Option<&str>,
    id: &str,
) -> Result<Url, GraphError> {
    if id.is_empty() || id == "." || id == ".." {
        return Err(GraphError::Misconfigured {
            what: "the id of the object",
        });
    }
    // Read, every object is found in the collection; changed, some are only found under their own type.
    let path = match odata_type {
        Some(own_type) => contract.object_path(Some(own_type)),
        None => contract.path.known(),
    };
    let mut url = collection_url(connection, contract, path)?;
    if let Ok(mut steps) = url.path_segments_mut() {
        steps.push(id);
    }
    Ok(url)
}

/// The address of a collection.
pub(crate) fn collection_url(
    connection: &Connection,
    contract: &'static Contract,
    path: Option<&'static str>,
) -> Result<Url, GraphError> {
    let unknown = GraphError::Misconfigured {
        what: "no address is known for this type",
    };
    let (Some(version), Some(path)) = (contract.version.known(), path) else {
        return Err(unknown);
    };
    let mut url = connection.graph_url()?;
    url.path_segments_mut()
        .map_err(|()| unknown)?
        .pop_if_empty()
        .push(version.segment())
        .extend(
            path.replace("{client_id}", connection.client_id())
                .split('/'),
        );
    Ok(url)
}

/// Refuses every address to which the connection's token must not go.
fn guard(url: &Url, base: &Url, version: ApiVersion) -> Result<(), LinkFault> {
    let same_origin = url.scheme() == base.scheme()
        && url.host_str() == base.host_str()
        && url.port_or_known_default() == base.port_or_known_default();
    if !same_origin {
        return Err(LinkFault::ForeignOrigin);
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(LinkFault::Malformed);
    }
    let below_version = url
        .path()
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(version.segment()))
        .is_some_and(|rest| rest.starts_with('/'));
    if below_version {
        Ok(())
    } else {
        Err(LinkFault::OtherVersion)
    }
}
