//! What pages show: one view struct a page, filled on the server, drawn on both sides.

mod header;
mod live;
mod members;
mod notifications;
mod operations;
mod run;
mod start;
mod tenants;

pub use header::{HeaderView, NamedTenant, NamedWorkspace};
pub use live::{Live, Polled};
pub use members::{MemberView, MembersView};
pub use notifications::{NotificationView, NotificationsView};
pub use operations::{
    InitiatorKind, OperationsQuery, OperationsView, RunRowView, SortOrder, StateTab, TenantOption,
};
pub use run::{
    ActionView, ChangeView, CheckView, DecisionView, FailureView, FollowUps, ItemView, RunTenant,
    RunView, TimelineEntry,
};
pub use start::{StartAnswer, StartResult};
pub use tenants::{
    ConnectionView, InventoryCount, InventoryObjectView, InventoryView, ReportBrief, StartButton,
    TenantRowView, TenantView, TenantsView,
};
