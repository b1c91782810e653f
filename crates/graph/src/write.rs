//! Changing things at Microsoft Graph: only for a run that is at work, and never twice by itself.

use std::future::Future;
use std::pin::Pin;

use policy::Step;
use serde_json::{Map, Value};

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
/// fn change(writer: &dyn graph::GraphWriter, running: &policy::Running, connection: &graph::Connection, context: &graph::CallContext, update: graph::Update<'static>) {
///     let _ = writer.update(running, connection, context, update);
/// }
/// ```
///
/// Its twin that compiles differs in having gone through a checkpoint:
///
/// ```
/// fn change<'a>(writer: &'a dyn graph::GraphWriter, step: policy::Step<'a>, connection: &'a graph::Connection, context: &'a graph::CallContext, update: graph::Update<'a>) {
///     let _ = writer.update(step, connection, context, update);
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

    /// Changes fields of one object.
    ///
    /// Sent again only after an answer that says it was not taken: 401 with an old token, and 429.
    fn update<'a>(
        &'a self,
        step: Step<'a>,
        connection: &'a Connection,
        context: &'a CallContext,
        update: Update<'a>,
    ) -> WriteFuture<'a>;
}

/// A change of one object.
#[derive(Debug, Clone, Copy)]
pub struct Update<'a> {
    /// Of which type the object is; types without an update verb are never changed.
    pub contract: &'static Contract,
    /// The object's id.
    pub id: &'a str,
    /// The fields and what they are to become.
    pub fields: &'a Map<String, Value>,
}

/// A change that the provider confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Microsoft's id of the exchange.
    pub request_id: Option<String>,
}

/// Why a change was not confirmed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// It did not happen: nothing was sent, or the provider said that it did not take it.
    #[error("not written: {0}")]
    NotDone(#[source] GraphError),
    /// It may have happened: the request left, and no answer says what became of it.
    #[error("nobody knows whether it was written: {0}")]
    Unknown(#[source] GraphError),
}

impl WriteError {
    /// What went wrong.
    pub const fn cause(&self) -> &GraphError {
        match self {
            Self::NotDone(error) | Self::Unknown(error) => error,
        }
    }
}
