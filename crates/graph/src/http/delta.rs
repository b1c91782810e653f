//! Reading what changed, one page at a time.

use super::{HttpGraphClient, Reading, refusal};
use crate::address::link_url;
use crate::budget::Cost;
use crate::client::CallContext;
use crate::connection::Connection;
use crate::contracts::Contract;
use crate::delta::{Delta, DeltaFrom, DeltaLink, DeltaNext, sort};
use crate::error::GraphError;
use crate::paging::{Envelope, PageCursor};

impl HttpGraphClient {
    pub(super) async fn read_delta(
        &self,
        connection: &Connection,
        context: &CallContext,
        contract: &'static Contract,
        from: DeltaFrom,
    ) -> Result<Delta, GraphError> {
        let cursor = match from {
            DeltaFrom::Beginning => PageCursor::first_delta(connection, contract)?,
            DeltaFrom::Since(link) => PageCursor::since(connection, contract, link.as_str())?,
            DeltaFrom::Next(cursor) => cursor,
        };
        self.within_pages(&cursor)?;
        let url = cursor.url_for(connection, contract)?;
        let reading = Reading::of(contract, url, Cost::page(contract));
        let reply = self.ask(connection, context, &reading).await?;
        if refusal::is_resync(&reply) {
            return Ok(Delta::Resync);
        }
        if reply.status != 200 {
            return Err(refusal::classify(
                &reply,
                reading.needed,
                &[connection.secret()],
            ));
        }
        let envelope = Envelope::read(&reply)?;
        let request_id = reply.request_id;
        let next = cursor.advance(&envelope, connection, contract, request_id.as_deref())?;
        let next = match (next, envelope.delta_link) {
            (Some(cursor), _) => DeltaNext::Page(cursor),
            (None, Some(link)) => {
                // A link that may not be followed is not kept either.
                link_url(&link, connection, contract)
                    .map_err(|why| GraphError::RefusedNextLink { why, request_id })?;
                DeltaNext::Done(DeltaLink::kept(link))
            }
            (None, None) => {
                return Err(GraphError::InvalidResponse {
                    what: "the changes end without a link to the next ones",
                    request_id,
                });
            }
        };
        let (changed, removed) = sort(envelope.value);
        Ok(Delta::Page {
            changed,
            removed,
            next,
        })
    }
}
