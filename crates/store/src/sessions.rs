//! Sessions: a random token in the cookie, its hash in the database.

use domain::{
    ids::{RequestId, SessionId, TenantId, UserId, WorkspaceId},
    time::{HOUR, MINUTE, Timestamp},
};
mod own;

pub use own::OwnSession;

use sha2::{Digest, Sha256};

use crate::{
    Store,
    error::StoreError,
    new_id::new_id,
    scope::{Scope, WorkspaceAccess},
    sql::{Statement, args, dialects, same},
    tenants::TenantAccess,
};

/// A session ends after this long without a request made by hand.
pub const IDLE_LIMIT: i64 = 60 * MINUTE;
/// A session ends after this long, whatever happens.
pub const ABSOLUTE_LIMIT: i64 = 12 * HOUR;

/// Whether a request shows that somebody is there; polls do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// A person did something: the idle limit starts anew.
    ByHand,
    /// A page asked by itself.
    Poll,
}

static SESSION_CREATE: Statement = same(
    "session_create",
    "insert into sessions (token_hash, id, user_id, workspace_id, tenant_id, created_at, last_seen_at, expires_at)
     values ($1, $2, $3, $4, null, $5, $5, $6)",
);
static SESSION_RESOLVE: Statement = same(
    "session_resolve",
    "select s.user_id, s.workspace_id, s.tenant_id, s.last_seen_at, u.display_name, u.email
     from sessions s join users u on u.id = s.user_id and u.disabled_at is null
     where s.token_hash = $1 and s.expires_at > $2 and s.last_seen_at > $3",
);
static SESSION_TOUCH: Statement = same(
    "session_touch",
    "update sessions set last_seen_at = $2 where token_hash = $1",
);
static SESSION_END: Statement = same("session_end", "delete from sessions where token_hash = $1");
static SESSION_SWEEP: Statement = same(
    "session_sweep",
    "delete from sessions where expires_at <= $1 or last_seen_at <= $2",
);
static SESSION_SELECT_TENANT: Statement = same(
    "session_select_tenant",
    "update sessions set workspace_id = $2, tenant_id = $3 where token_hash = $1",
);
static FIRST_WORKSPACE: Statement = same(
    "session_first_workspace",
    "select m.workspace_id as id from workspace_memberships m
     join workspaces w on w.id = m.workspace_id
     where m.user_id = $1 order by w.name, w.id limit 1",
);
static ATTEMPT_READ: Statement = same(
    "sign_in_attempts_read",
    "select failures, window_started_at from sign_in_attempts where subject_hash = $1",
);
static ATTEMPT_COUNT: Statement = dialects(
    "sign_in_attempts_count",
    "insert into sign_in_attempts (subject_hash, failures, window_started_at) values ($1, 1, $2)
     on conflict (subject_hash) do update set
       failures = case when window_started_at <= $3 then 1 else failures + 1 end,
       window_started_at = case when window_started_at <= $3 then $2 else window_started_at end",
    "insert into sign_in_attempts (subject_hash, failures, window_started_at) values ($1, 1, $2)
     on conflict (subject_hash) do update set
       failures = case when sign_in_attempts.window_started_at <= $3 then 1 else sign_in_attempts.failures + 1 end,
       window_started_at = case when sign_in_attempts.window_started_at <= $3 then $2 else sign_in_attempts.window_started_at end",
);
static ATTEMPT_CLEAR: Statement = same(
    "sign_in_attempts_clear",
    "delete from sign_in_attempts where subject_hash = $1",
);

/// The hash under which a secret token is kept.
pub(crate) fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

impl Store {
    /// Opens a session for a person who has just proved who they are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn session_create(&self, user: UserId, token: &str) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let first = tx.first(&FIRST_WORKSPACE, args![user]).await?;
        let workspace = match first {
            Some(row) => Some(WorkspaceId::from_uuid(row.uuid("id")?)),
            None => None,
        };
        tx.execute(&SESSION_SWEEP, args![now, now.plus(-IDLE_LIMIT)])
            .await?;
        let end = now.plus(ABSOLUTE_LIMIT);
        tx.execute(
            &SESSION_CREATE,
            args![
                token_hash(token),
                new_id(SessionId::from_uuid),
                user,
                workspace,
                now,
                end
            ],
        )
        .await?;
        tx.commit().await
    }

    /// Makes the scope of a request from the token in its cookie; `None` when nobody is signed in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn scope(
        &self,
        token: &str,
        request_id: RequestId,
        presence: Presence,
    ) -> Result<Option<Scope>, StoreError> {
        let hash = token_hash(token);
        let now = self.db.now().await?;
        let args = args![hash, now, now.plus(-IDLE_LIMIT)];
        let Some(row) = self.db.first(&SESSION_RESOLVE, args).await? else {
            return Ok(None);
        };
        // Once a minute is exact enough for an hour's limit, and spares a write per click.
        if presence == Presence::ByHand && now.since(row.time("last_seen_at")?) > MINUTE {
            match self.session_touch(hash, now).await {
                // Reading goes on where nothing can be written; the session just does not grow older later.
                Err(StoreError::NotWritable(error)) => {
                    tracing::warn!(%error, "a session's last use was not noted");
                }
                touched => touched?,
            }
        }
        Ok(Some(Scope {
            user_id: UserId::from_uuid(row.uuid("user_id")?),
            display_name: row.text("display_name")?,
            email: row.text("email")?,
            session_hash: hash,
            workspace_id: row.opt_uuid("workspace_id")?.map(WorkspaceId::from_uuid),
            tenant_id: row.opt_uuid("tenant_id")?.map(TenantId::from_uuid),
            request_id,
        }))
    }

    async fn session_touch(&self, hash: [u8; 32], now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        tx.execute(&SESSION_TOUCH, args![hash, now]).await?;
        tx.commit().await
    }

    /// Ends the scope's session at once.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn session_end(&self, scope: &Scope) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        tx.execute(&SESSION_END, args![scope.session_hash]).await?;
        tx.commit().await
    }

    /// Remembers a tenant, and with it its workspace, as selected.
    ///
    /// # Errors
    /// `Conflict` when the tenant's lifecycle does not allow it to be selected.
    pub async fn session_select_tenant(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
    ) -> Result<(), StoreError> {
        if !tenant.lifecycle().is_selectable() {
            return Err(StoreError::Conflict);
        }
        self.select(scope, tenant.workspace_id(), Some(tenant.id()))
            .await
    }

    /// Remembers a workspace as selected, without a tenant.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn session_select_workspace(
        &self,
        scope: &Scope,
        workspace: &WorkspaceAccess,
    ) -> Result<(), StoreError> {
        self.select(scope, workspace.id(), None).await
    }

    async fn select(
        &self,
        scope: &Scope,
        workspace: WorkspaceId,
        tenant: Option<TenantId>,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        tx.execute(
            &SESSION_SELECT_TENANT,
            args![scope.session_hash, workspace, tenant],
        )
        .await?;
        tx.commit().await
    }

    /// How many sign-ins failed for a subject in its present window, and when that window began.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_in_failures(&self, subject: &str) -> Result<(i64, Timestamp), StoreError> {
        let row = self
            .db
            .first(&ATTEMPT_READ, args![token_hash(subject)])
            .await?;
        row.map_or(Ok((0, Timestamp(0))), |row| {
            Ok((row.int("failures")?, row.time("window_started_at")?))
        })
    }

    /// Counts a failed sign-in; a window older than `window` microseconds begins anew.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_in_failed(&self, subject: &str, window: i64) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        tx.execute(
            &ATTEMPT_COUNT,
            args![token_hash(subject), now, now.plus(-window)],
        )
        .await?;
        tx.commit().await
    }

    /// Forgets the failures of a subject who has proved who they are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sign_in_succeeded(&self, subject: &str) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        tx.execute(&ATTEMPT_CLEAR, args![token_hash(subject)])
            .await?;
        tx.commit().await
    }
}
