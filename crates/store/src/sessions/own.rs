//! A person's own sessions, and the password that opens them.

use domain::{ids::SessionId, time::Timestamp};

use super::{IDLE_LIMIT, token_hash};
use crate::{
    Store,
    audit::{AuditActor, action},
    error::StoreError,
    members::{PersonEntry, tell_workspaces},
    scope::Scope,
    sql::{Row, Statement, args, same},
};

/// A session as its owner sees it; never its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    /// Which session.
    pub id: SessionId,
    /// What it was opened in, if that is known.
    pub browser: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When the person was last seen in it; exact to a minute.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

static SESSION_BROWSER: Statement = same(
    "session_browser",
    "update sessions set browser = $2 where token_hash = $1",
);
static SESSIONS_OWN: Statement = same(
    "sessions_own",
    "select id, browser, created_at, last_seen_at, expires_at, token_hash = $2 as is_this
     from sessions where user_id = $1 and expires_at > $3 and last_seen_at > $4
     order by last_seen_at desc, id",
);
static SESSION_REVOKE: Statement = same(
    "session_revoke",
    "delete from sessions where user_id = $1 and id = $2",
);
static SESSIONS_REVOKE_OTHERS: Statement = same(
    "sessions_revoke_others",
    "delete from sessions where user_id = $1 and token_hash <> $2",
);
static PASSWORD_OF: Statement = same(
    "user_password",
    "select password_hash from users where id = $1 and disabled_at is null",
);
// What was checked is compared: of two changes at once the second one has checked an old password.
static PASSWORD_SET: Statement = same(
    "user_password_set",
    "update users set password_hash = $2 where id = $1 and password_hash = $3 and disabled_at is null",
);

fn session_of(row: &Row) -> Result<OwnSession, StoreError> {
    Ok(OwnSession {
        id: SessionId::from_uuid(row.uuid("id")?),
        browser: row.text("browser")?,
        created_at: row.time("created_at")?,
        last_seen_at: row.time("last_seen_at")?,
        expires_at: row.time("expires_at")?,
        is_this: row.flag("is_this")?,
    })
}

impl Store {
    /// Notes what a session was opened in, for its owner to know it by.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn session_note_browser(&self, token: &str, browser: &str) -> Result<(), StoreError> {
        let browser: String = browser.chars().take(100).collect();
        let mut tx = self.db.write().await?;
        tx.execute(&SESSION_BROWSER, args![token_hash(token), browser])
            .await?;
        tx.commit().await
    }

    /// The sessions of the person who asks, the one seen last first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sessions_own(&self, scope: &Scope) -> Result<Vec<OwnSession>, StoreError> {
        let now = self.db.now().await?;
        let args = args![
            scope.user_id,
            scope.session_hash,
            now,
            now.plus(-IDLE_LIMIT)
        ];
        let rows = self.db.fetch(&SESSIONS_OWN, args).await?;
        rows.iter().map(session_of).collect()
    }

    /// Ends one session of the person who asks, at once.
    ///
    /// # Errors
    /// `NotFound` when it is none of theirs.
    pub async fn session_revoke(&self, scope: &Scope, id: SessionId) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        if tx
            .execute(&SESSION_REVOKE, args![scope.user_id, id])
            .await?
            == 0
        {
            return Err(StoreError::NotFound);
        }
        tx.commit().await
    }

    /// Ends every session of the person but the one that asks.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sessions_revoke_others(&self, scope: &Scope) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let args = args![scope.user_id, scope.session_hash];
        tx.execute(&SESSIONS_REVOKE_OTHERS, args).await?;
        tx.commit().await
    }

    /// The stored hash of the person's own password.
    ///
    /// # Errors
    /// `NotFound` when they were disabled meanwhile.
    pub async fn password_hash_own(&self, scope: &Scope) -> Result<String, StoreError> {
        let row = self.db.first(&PASSWORD_OF, args![scope.user_id]).await?;
        row.ok_or(StoreError::NotFound)?.text("password_hash")
    }

    /// Gives the person a new password and ends their other sessions; every workspace of theirs is told.
    ///
    /// # Errors
    /// `Conflict` when the password was changed since `from` was read.
    pub async fn password_change(
        &self,
        scope: &Scope,
        from: &str,
        to: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        if tx
            .execute(&PASSWORD_SET, args![scope.user_id, to, from])
            .await?
            == 0
        {
            return Err(StoreError::Conflict);
        }
        let args = args![scope.user_id, scope.session_hash];
        tx.execute(&SESSIONS_REVOKE_OTHERS, args).await?;
        let entry = PersonEntry {
            action: action::PASSWORD_CHANGED,
            actor: AuditActor::of(scope),
            user: scope.user_id,
        };
        tell_workspaces(&mut tx, now, entry).await?;
        tx.commit().await
    }
}
