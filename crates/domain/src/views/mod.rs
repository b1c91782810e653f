//! What pages show: one view struct a page, filled on the server, drawn on both sides.

mod account;
mod bulk;
mod header;
mod invitations;
mod live;
mod members;
mod notifications;
mod operations;
mod run;
mod schedules;
mod setting_up;
mod start;
mod tenants;

pub use account::{AccountView, OwnSessionView};
pub use bulk::{BulkChoiceView, BulkChosen, BulkItemView, BulkOption, BulkPreviewView};
pub use header::{HeaderView, NamedTenant, NamedWorkspace};
pub use invitations::{InvitationView, InvitationsView, JoinView};
pub use live::{Live, Polled};
pub use members::{MemberView, MembersView};
pub use notifications::{NotificationView, NotificationsView};
pub use operations::{
    InitiatorKind, OperationsQuery, OperationsView, RunRowView, SortOrder, StateTab, TenantOption,
};
pub use run::{
    ActionView, CancelAsked, ChangeView, CheckView, DecisionView, FailureView, FollowUps, ItemView,
    NextTry, PastAttempt, QuestionView, RunSchedule, RunTenant, RunView, TimelineEntry,
    WaitingView,
};
pub use schedules::{
    ByHand, Execution, ExecutionView, ScheduleFault, ScheduleFormView, ScheduleRowView,
    ScheduleView, SchedulesView, SlotMoment,
};
pub use setting_up::{ConnectionPageView, PermissionView, TenantSettingsView, WorkspaceView};
pub use start::{StartAnswer, StartResult};
pub use tenants::{
    ActiveRun, ConnectionView, InventoryCount, InventoryObjectView, InventoryView, QueuePauseView,
    ReportBrief, StartButton, TenantRowView, TenantView, TenantsView,
};
