#![doc = include_str!("../README.md")]

mod address;
mod approval;
mod assignments;
mod base64;
mod batch;
mod budget;
mod certificate;
mod client;
mod connection;
mod contracts;
mod delta;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod null;
mod paging;
mod redact;
mod retry;
mod settings;
mod sorted;
mod token;
mod write;

pub use approval::{ApprovalCode, ApprovalRequest, ApprovalStatus};
pub use assignments::AssignmentSet;
pub use batch::{Answered, Ask};
pub use certificate::{ClientCertificate, InvalidCertificate};
pub use client::{CallContext, GraphClient, GraphFuture, Organization, Page};
pub use connection::{Connection, Endpoints, InvalidConnection};
pub use contracts::{
    ApiVersion, Assigning, Contract, Fact, PageSize, Paging, Part, Permissions, Reshape, Restore,
    Service, UpdateVerb, Updating, Variant, Writing, contract, contracts,
};
pub use delta::{Delta, DeltaFrom, DeltaLink, DeltaNext, Removed};
pub use error::{CredentialFault, GraphError, LinkFault, SizeLimit, UnreachableKind};
pub use http::{ClientSettings, HttpGraphClient, Limits};
pub use null::NullGraphClient;
pub use paging::PageCursor;
pub use redact::SafeText;
pub use settings::SettingSet;
pub use write::{Effect, GraphWriter, Write, WriteError, WriteFuture, Written};
