//! Values bound to statements; each keeps its type when it is null, because PostgreSQL asks.

use uuid::Uuid;

/// One bound value.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// A number or a time in microseconds.
    Int(Option<i64>),
    /// Text, JSON too.
    Text(Option<String>),
    /// An id.
    Id(Option<Uuid>),
    /// A flag.
    Flag(bool),
    /// A hash or a sealed secret.
    Bytes(Option<Vec<u8>>),
}

/// Binds a list of values by their Rust types.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::sql::Value::from($value)),*] };
}
pub(crate) use args;

macro_rules! from {
    ($($kind:ident: $ty:ty => |$v:ident| $some:expr;)+) => {$(
        impl From<$ty> for Value {
            fn from($v: $ty) -> Self { Self::$kind(Some($some)) }
        }
        impl From<Option<$ty>> for Value {
            fn from(value: Option<$ty>) -> Self { Self::$kind(value.map(|$v| $some)) }
        }
    )+};
}

from! {
    Int: i64 => |v| v;
    Int: domain::time::Timestamp => |v| v.0;
    Text: String => |v| v;
    Text: &str => |v| v.to_owned();
    Id: Uuid => |v| v;
    Id: domain::ids::WorkspaceId => |v| v.as_uuid();
    Id: domain::ids::TenantId => |v| v.as_uuid();
    Id: domain::ids::ScopeId => |v| v.as_uuid();
    Id: domain::ids::UserId => |v| v.as_uuid();
    Id: domain::ids::RunId => |v| v.as_uuid();
    Id: domain::ids::ConnectionId => |v| v.as_uuid();
    Id: domain::ids::NotificationId => |v| v.as_uuid();
    Id: domain::ids::SessionId => |v| v.as_uuid();
    Id: domain::ids::InvitationId => |v| v.as_uuid();
    Id: domain::ids::IntentId => |v| v.as_uuid();
    Id: domain::ids::WorkerId => |v| v.as_uuid();
    Id: domain::ids::ScheduleId => |v| v.as_uuid();
    Id: domain::ids::SelectionId => |v| v.as_uuid();
    Bytes: Vec<u8> => |v| v;
    Bytes: &[u8] => |v| v.to_vec();
    Bytes: [u8; 32] => |v| v.to_vec();
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}
