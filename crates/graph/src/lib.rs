#![doc = include_str!("../README.md")]

mod client;
mod connection;
mod contracts;
mod error;
mod http;
mod null;
mod paging;
mod redact;
mod retry;
mod token;
mod write;

pub use client::{CallContext, GraphClient, GraphFuture, Organization, Page};
pub use connection::{Connection, Endpoints, InvalidConnection};
pub use contracts::{ApiVersion, Contract, PageSize, Paging, UpdateVerb, contract, contracts};
pub use error::{CredentialFault, GraphError, LinkFault, SizeLimit, UnreachableKind};
pub use http::{ClientSettings, HttpGraphClient};
pub use null::NullGraphClient;
pub use paging::PageCursor;
pub use redact::SafeText;
pub use write::{GraphWriter, Update, WriteError, WriteFuture, Written};
