//! The requests for approval that a tenant knows of, page by page.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use super::write::misconfigured;
use super::{HttpGraphClient, Reading};
use crate::address::link_of_version;
use crate::approval::{self, ApprovalRequest};
use crate::budget::Cost;
use crate::client::CallContext;
use crate::connection::Connection;
use crate::contracts::{ApiVersion, Service};
use crate::error::{GraphError, LinkFault};
use crate::paging::{Envelope, refused};

/// No tenant has as many requests for approval; whoever answers without an end is not followed.
const MOST_REQUEST_PAGES: usize = 100;

impl HttpGraphClient {
    /// Reads the requests for approval to the last page; none is begun once `leave` is over.
    pub(super) async fn read_approvals(
        &self,
        connection: &Connection,
        context: &CallContext,
        leave: Duration,
    ) -> Result<Vec<ApprovalRequest>, GraphError> {
        let begun = Instant::now();
        let mut url = connection
            .graph_url()?
            .join(approval::REQUESTS_PATH)
            .map_err(|_| misconfigured("the address of the requests for approval"))?;
        let mut requests = Vec::new();
        let mut seen = HashSet::new();
        loop {
            // Each page is a call of its own, and each may have had to wait.
            if begun.elapsed() >= leave {
                return Err(GraphError::LeaveTooOld);
            }
            seen.insert(url.clone());
            let reading = Reading {
                what: "approval_requests",
                url,
                body: None,
                service: Service::Intune,
                charges: vec![(Service::Intune, Cost::object())],
                needed: None,
                until: None,
            };
            let reply = self.read(connection, context, &reading).await?;
            let envelope = Envelope::read(&reply)?;
            let found = envelope.value.iter();
            requests.extend(found.filter_map(ApprovalRequest::from_object));
            let Some(link) = envelope.next_link.as_deref() else {
                return Ok(requests);
            };
            let refused = |why| refused(why, reply.request_id.as_deref());
            url = link_of_version(link, connection, ApiVersion::Beta).map_err(refused)?;
            if seen.contains(&url) || seen.len() >= MOST_REQUEST_PAGES {
                return Err(refused(LinkFault::Loop));
            }
        }
    }
}
