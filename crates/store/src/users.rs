//! People who can sign in.

use domain::{
    ids::UserId,
    time::{MINUTE, Timestamp},
};

use crate::{
    Store,
    audit::{AuditActor, action, append},
    error::StoreError,
    members::{PersonEntry, tell_workspaces},
    new_id::new_id,
    sessions::token_hash,
    sql::{Statement, Tx, args, dialects, same},
};

/// What is needed to check a password.
#[derive(Debug, Clone)]
pub struct Login {
    /// Who it would be.
    pub user_id: UserId,
    /// The stored hash.
    pub password_hash: String,
}

static USER_CREATE: Statement = same(
    "user_create",
    "insert into users (id, email, display_name, password_hash, version, created_at)
     values ($1, $2, $3, $4, $5, $5) on conflict (email) do nothing",
);
static USER_LOGIN: Statement = same(
    "user_login",
    "select id, password_hash from users where email = $1 and disabled_at is null",
);
// Taken whole, so that no membership of theirs is made meanwhile in a workspace that would not be told.
static USER_HOLD: Statement = dialects(
    "user_hold",
    "select id, disabled_at from users where email = $1",
    "select id, disabled_at from users where email = $1 for update",
);
static USER_DISABLE: Statement = same(
    "user_disable",
    "update users set disabled_at = $2, version = version + 1 where id = $1",
);
static USER_ENABLE: Statement = same(
    "user_enable",
    "update users set disabled_at = null, version = version + 1 where id = $1",
);
static USERS_ANY: Statement = same("users_any", "select id from users limit 1");
static SETUP_CREATE: Statement = same(
    "setup_link_create",
    "insert into setup_links (token_hash, created_at, expires_at) values ($1, $2, $3)",
);
// A new link ends the older ones: what was printed last is the one that opens.
static SETUP_END_OLDER: Statement = same(
    "setup_links_end_older",
    "update setup_links set expires_at = $1 where used_at is null and expires_at > $1",
);
// All links together: two people with two links cannot both be the first.
static SETUP_LOCK: Statement = dialects(
    "setup_links_lock",
    "select token_hash from setup_links order by token_hash",
    "select token_hash from setup_links order by token_hash for update",
);
static SETUP_USE: Statement = same(
    "setup_link_use",
    "update setup_links set used_at = $2 where token_hash = $1 and used_at is null and expires_at > $2",
);

/// How long a set-up link can be used.
pub const SETUP_LINK_LIFE: i64 = 30 * MINUTE;

/// A person to create.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// What they sign in with; compared in lower case.
    pub email: String,
    /// What they are called.
    pub display_name: String,
    /// The hash of their password.
    pub password_hash: String,
}

/// The form of an e-mail address that is stored and compared.
pub(crate) fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Enabled,
    Disabled,
}

/// Takes the row of a person who stands as expected.
async fn hold(tx: &mut Tx, email: &str, standing: Standing) -> Result<UserId, StoreError> {
    let row = tx.first(&USER_HOLD, args![normal_email(email)]).await?;
    let row = row.ok_or(StoreError::NotFound)?;
    let found = match row.opt_time("disabled_at")? {
        None => Standing::Enabled,
        Some(_) => Standing::Disabled,
    };
    match found == standing {
        true => Ok(UserId::from_uuid(row.uuid("id")?)),
        false => Err(StoreError::NotFound),
    }
}

/// What was done to a person from the machine that the program runs on.
fn by_command(user: UserId, action: &'static str) -> PersonEntry {
    PersonEntry {
        action,
        actor: AuditActor::command_line(),
        user,
    }
}

impl Store {
    /// Creates a person who can sign in.
    ///
    /// # Errors
    /// `Conflict` when the address is taken.
    pub async fn user_create(&self, user: NewUser) -> Result<UserId, StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let id = new_id(UserId::from_uuid);
        let args = args![
            id,
            normal_email(&user.email),
            user.display_name,
            user.password_hash,
            now
        ];
        if tx.execute(&USER_CREATE, args).await? == 0 {
            return Err(StoreError::Conflict);
        }
        tx.commit().await?;
        Ok(id)
    }

    /// What is needed to check a password; `None` for unknown and disabled people alike.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn login(&self, email: &str) -> Result<Option<Login>, StoreError> {
        let row = self
            .db
            .first(&USER_LOGIN, args![normal_email(email)])
            .await?;
        row.map(|row| {
            Ok(Login {
                user_id: UserId::from_uuid(row.uuid("id")?),
                password_hash: row.text("password_hash")?,
            })
        })
        .transpose()
    }

    /// Disables a person: sessions end at the next request, queued runs are refused at their start, and
    /// every workspace of theirs is told in its audit log.
    ///
    /// # Errors
    /// `NotFound` when there is no such enabled person.
    pub async fn user_disable(&self, email: &str) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let user = hold(&mut tx, email, Standing::Enabled).await?;
        let now = tx.now().await?;
        tx.execute(&USER_DISABLE, args![user, now]).await?;
        tell_workspaces(&mut tx, now, by_command(user, action::USER_DISABLED)).await?;
        tx.commit().await
    }

    /// Enables a disabled person again, and tells every workspace of theirs.
    ///
    /// # Errors
    /// `NotFound` when there is no such disabled person.
    pub async fn user_enable(&self, email: &str) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        let user = hold(&mut tx, email, Standing::Disabled).await?;
        let now = tx.now().await?;
        tx.execute(&USER_ENABLE, args![user]).await?;
        tell_workspaces(&mut tx, now, by_command(user, action::USER_ENABLED)).await?;
        tx.commit().await
    }

    /// Whether nobody can sign in yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_unclaimed(&self) -> Result<bool, StoreError> {
        Ok(self.db.first(&USERS_ANY, vec![]).await?.is_none())
    }

    /// Remembers a one-time set-up link, and ends the unused ones before it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn setup_link_create(&self, token: &str) -> Result<Timestamp, StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let end = now.plus(SETUP_LINK_LIFE);
        tx.execute(&SETUP_END_OLDER, args![now]).await?;
        tx.execute(&SETUP_CREATE, args![token_hash(token), now, end])
            .await?;
        tx.commit().await?;
        Ok(end)
    }

    /// Uses a set-up link to make the first person, their workspace, and its ownership, all at once.
    ///
    /// # Errors
    /// `NotFound` for an unknown, used or expired link; `Conflict` when somebody was faster.
    pub async fn claim_installation(
        &self,
        token: &str,
        user: NewUser,
        workspace_name: &str,
    ) -> Result<UserId, StoreError> {
        let mut tx = self.db.write().await?;
        tx.fetch(&SETUP_LOCK, vec![]).await?;
        let now = tx.now().await?;
        if tx
            .execute(&SETUP_USE, args![token_hash(token), now])
            .await?
            == 0
        {
            return Err(StoreError::NotFound);
        }
        if tx.first(&USERS_ANY, vec![]).await?.is_some() {
            return Err(StoreError::Conflict);
        }
        let id = new_id(UserId::from_uuid);
        let name = user.display_name.clone();
        let args = args![
            id,
            normal_email(&user.email),
            user.display_name,
            user.password_hash,
            now
        ];
        tx.execute(&USER_CREATE, args).await?;
        let entries =
            crate::members::found_workspace(&mut tx, now, workspace_name, id, &name).await?;
        append(&mut tx, now, entries.1).await?;
        tx.commit().await?;
        Ok(id)
    }
}
