//! Changing things at Microsoft Graph: only for a run that is at work, and never twice by itself.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use policy::Step;
use serde_json::{Map, Value};

use crate::approval::{ApprovalCode, ApprovalRequest};
use crate::client::{CallContext, GraphFuture};
use crate::connection::Connection;
use crate::contracts::Contract;
use crate::error::GraphError;

/// What a write returns.
pub type WriteFuture<'a> = Pin<Box<dyn Future<Output = Result<Written, WriteError>> + Send + 'a>>;

/// Reads single objects of Microsoft Graph and changes them.
///
/// A change takes a [`Step`], which a checkpoint gives to the attempt that is running: no other code has one.
///
/// ```compile_fail
/// fn change(writer: &dyn graph::GraphWriter, running: &policy::Running, connection: &graph::Connection, context: &graph::CallContext, write: graph::Write<'static>) {
///     let _ = writer.write(running, connection, context, write);
/// }
/// ```
///
/// Its twin that compiles differs in having gone through a checkpoint:
///
/// ```
/// fn change<'a>(writer: &'a dyn graph::GraphWriter, step: policy::Step<'a>, connection: &'a graph::Connection, context: &'a graph::CallContext, write: graph::Write<'a>) {
///     let _ = writer.write(step, connection, context, write);
/// }
/// ```
pub trait GraphWriter: Send + Sync {
    /// Reads one object, to compare it before a change or after one whose answer is unknown.
    fn object<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
        contract: &'static Contract,
        id: &'a str,
    ) -> GraphFuture<'a, Map<String, Value>>;

    /// Changes something.
    ///
    /// Sent again only after an answer that says it was not taken: 401 with an old token, 429,
    /// and the demand for a justification.
    fn write<'a>(
        &'a self,
        step: Step<'a>,
        connection: &'a Connection,
        context: &'a CallContext,
        write: Write<'a>,
    ) -> WriteFuture<'a>;

    /// Reads the requests for approval that the tenant knows of; no page of them is begun once `leave` is over.
    fn approval_requests<'a>(
        &'a self,
        connection: &'a Connection,
        context: &'a CallContext,
        leave: Duration,
    ) -> GraphFuture<'a, Vec<ApprovalRequest>>;
}

/// Something that is to be changed.
#[derive(Debug, Clone, Copy)]
pub struct Write<'a> {
    /// Of which type the object is; types that are only read are never changed.
    pub contract: &'static Contract,
    /// What is to become of it.
    pub effect: Effect<'a>,
    /// Why, for whoever has to approve it, where the tenant wants changes approved.
    pub justification: &'a str,
    /// That it was approved.
    pub approved: Option<&'a ApprovalCode>,
}

/// What is to become of an object.
#[derive(Debug, Clone, Copy)]
pub enum Effect<'a> {
    /// Fields of it change.
    Update {
        /// The object's id.
        id: &'a str,
        /// The fields and what they are to become; the whole object where the type is replaced.
        fields: &'a Map<String, Value>,
    },
    /// It comes to be.
    Create {
        /// Its fields.
        body: &'a Map<String, Value>,
    },
    /// It is assigned to these and to nobody else.
    Assign {
        /// The object's id.
        id: &'a str,
        /// Its `@odata.type`, where the type decides the path.
        odata_type: Option<&'a str>,
        /// All assignments there are to be, each with its `target`.
        assignments: &'a [Value],
    },
    /// One assignment goes, where they are made one by one.
    Unassign {
        /// The object's id.
        id: &'a str,
        /// The assignment's own id.
        assignment: &'a str,
    },
}

/// A change that the provider confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Microsoft's id of the exchange.
    pub request_id: Option<String>,
    /// The id of an object that was created, where the reply named it.
    pub id: Option<String>,
}

/// Why a change was not confirmed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// It did not happen: nothing was sent, or the provider said that it did not take it.
    #[error("not written: {0}")]
    NotDone(#[source] GraphError),
    /// It did not happen yet: the tenant wants it approved by a person, and has been asked.
    #[error("the tenant wants this approved first")]
    AwaitsApproval {
        /// What to send with it once it is approved; none where an earlier request for the same is still open.
        code: Option<ApprovalCode>,
    },
    /// It may have happened: the request left, and no answer says what became of it.
    #[error("nobody knows whether it was written: {0}")]
    Unknown(#[source] GraphError),
}
