//! Invitations: how somebody without an account comes into a workspace.
//!
//! An invitation is a row until it is used, withdrawn or too old. It says what its inviter may say
//! at the moment it is used: who may no longer hand out roles has invited nobody.

use domain::{
    capability::{Capability, Role},
    ids::{InvitationId, ScopeId, UserId, WorkspaceId},
    time::{DAY, Timestamp},
};
use serde_json::json;

use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append},
    authority,
    error::StoreError,
    new_id::new_id,
    scope::{Scope, WorkspaceAccess},
    sessions::token_hash,
    sql::{Row, Statement, args, dialects, same},
    users::normal_email,
};

/// How long an invitation can be used.
pub const INVITATION_LIFE: i64 = 7 * DAY;

/// An invitation to make.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// Whom it is for; nobody may sign in with it yet.
    pub email: String,
    /// What it makes of them in the workspace.
    pub role: Role,
}

/// An invitation that can still be used.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Which invitation.
    pub id: InvitationId,
    /// The workspace it leads into.
    pub workspace_id: WorkspaceId,
    /// What that is called.
    pub workspace: String,
    /// Whom it is for.
    pub email: String,
    /// What it makes of them there.
    pub role: Role,
    /// Who made it.
    pub inviter: String,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

/// The account that an invited person makes.
#[derive(Debug, Clone)]
pub struct InvitedPerson {
    /// What they are called.
    pub display_name: String,
    /// The hash of their password.
    pub password_hash: String,
}

/// The invitations that [`invitation_of`] reads, in workspaces whose inviter is still there.
macro_rules! invitation {
    ($which:literal) => {
        concat!(
            "select i.id, i.workspace_id, w.name as workspace, i.email, i.role, u.display_name as inviter,
                    m.role as inviter_role, i.expires_at
                  from invitations i
                  join workspaces w on w.id = i.workspace_id
                  join workspace_memberships m on m.workspace_id = i.workspace_id and m.user_id = i.invited_by
                  join users u on u.id = i.invited_by and u.disabled_at is null
                  where ",
            $which
        )
    };
}

static INVITATION_CREATE: Statement = same(
    "invitation_create",
    "insert into invitations (workspace_id, id, token_hash, email, role, invited_by, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (workspace_id, email) do update set id = excluded.id, token_hash = excluded.token_hash,
       role = excluded.role, invited_by = excluded.invited_by, created_at = excluded.created_at,
       expires_at = excluded.expires_at",
);
static INVITATION_SWEEP: Statement = same(
    "invitation_sweep",
    "delete from invitations where expires_at <= $1",
);
static INVITED_IS_THERE: Statement =
    same("invited_is_there", "select id from users where email = $1");
static INVITATIONS_OF_WORKSPACE: Statement = same(
    "invitations_of_workspace",
    invitation!("i.workspace_id = $1 and i.expires_at > $2 order by i.email"),
);
static INVITATION_BY_TOKEN: Statement = dialects(
    "invitation_by_token",
    invitation!("i.token_hash = $1 and i.expires_at > $2"),
    invitation!("i.token_hash = $1 and i.expires_at > $2 for share of u, m"),
);
static INVITATION_END: Statement = same(
    "invitation_end",
    "delete from invitations where workspace_id = $1 and id = $2",
);
static INVITED_CREATE: Statement = same(
    "invited_create",
    "insert into users (id, email, display_name, password_hash, version, created_at)
     values ($1, $2, $3, $4, $5, $5) on conflict (email) do nothing",
);
static INVITED_JOIN: Statement = same(
    "invited_join",
    "insert into workspace_memberships (workspace_id, user_id, role, version, created_at)
     values ($1, $2, $3, $4, $4)",
);

/// The invitation of a row, while its inviter may still hand out roles.
fn invitation_of(row: &Row) -> Result<Option<Invitation>, StoreError> {
    let inviter = row.word("inviter_role", Role::parse)?;
    if !inviter.holds(Capability::MembersManage) {
        return Ok(None);
    }
    Ok(Some(Invitation {
        id: InvitationId::from_uuid(row.uuid("id")?),
        workspace_id: WorkspaceId::from_uuid(row.uuid("workspace_id")?),
        workspace: row.text("workspace")?,
        email: row.text("email")?,
        role: row.word("role", Role::parse)?,
        inviter: row.text("inviter")?,
        expires_at: row.time("expires_at")?,
    }))
}

fn entry(
    workspace_id: WorkspaceId,
    action: &'static str,
    actor: AuditActor,
    subject_id: uuid::Uuid,
    detail: &serde_json::Value,
) -> AuditEntry {
    AuditEntry {
        workspace_id,
        scope_id: ScopeId::of(workspace_id, None),
        action,
        actor,
        subject_id,
        run_id: None,
        detail: detail.to_string(),
    }
}

impl Store {
    /// Makes an invitation, instead of an earlier one of the same address.
    ///
    /// # Errors
    /// `Conflict` when somebody signs in with the address already; `NotFound` when the inviter left meanwhile.
    pub async fn invitation_create(
        &self,
        scope: &Scope,
        workspace: &WorkspaceAccess,
        token: &str,
        new: NewInvitation,
    ) -> Result<InvitationId, StoreError> {
        let mut tx = self.db.write().await?;
        // Before any invitation: who takes the membership away locks it first, and the invitations with it.
        authority::hold_in_workspace(&mut tx, scope, workspace).await?;
        let now = tx.now().await?;
        let email = normal_email(&new.email);
        tx.execute(&INVITATION_SWEEP, args![now]).await?;
        if tx.first(&INVITED_IS_THERE, args![&*email]).await?.is_some() {
            return Err(StoreError::Conflict);
        }
        let id = new_id(InvitationId::from_uuid);
        let args = args![
            workspace.id,
            id,
            token_hash(token),
            &*email,
            new.role.as_str(),
            scope.user_id,
            now,
            now.plus(INVITATION_LIFE),
        ];
        tx.execute(&INVITATION_CREATE, args).await?;
        let entry = entry(
            workspace.id,
            action::INVITATION_CREATED,
            AuditActor::of(scope),
            id.as_uuid(),
            &json!({ "email": email, "role": new.role }),
        );
        append(&mut tx, now, vec![entry]).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The invitations into a workspace that can still be used, by address.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn invitations(
        &self,
        workspace: &WorkspaceAccess,
    ) -> Result<Vec<Invitation>, StoreError> {
        let now = self.db.now().await?;
        let rows = self
            .db
            .fetch(&INVITATIONS_OF_WORKSPACE, args![workspace.id, now])
            .await?;
        let all: Result<Vec<_>, _> = rows.iter().map(invitation_of).collect();
        Ok(all?.into_iter().flatten().collect())
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// `NotFound` when the workspace has no such invitation.
    pub async fn invitation_withdraw(
        &self,
        scope: &Scope,
        workspace: &WorkspaceAccess,
        id: InvitationId,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.write().await?;
        authority::hold_in_workspace(&mut tx, scope, workspace).await?;
        let now = tx.now().await?;
        if tx.execute(&INVITATION_END, args![workspace.id, id]).await? == 0 {
            return Err(StoreError::NotFound);
        }
        let actor = AuditActor::of(scope);
        let action = action::INVITATION_WITHDRAWN;
        let entry = entry(workspace.id, action, actor, id.as_uuid(), &json!({}));
        append(&mut tx, now, vec![entry]).await?;
        tx.commit().await
    }

    /// The invitation of a link, for whoever holds it.
    ///
    /// # Errors
    /// `NotFound` for an unknown, used, withdrawn or expired link.
    pub async fn invitation(&self, token: &str) -> Result<Invitation, StoreError> {
        let now = self.db.now().await?;
        let args = args![token_hash(token), now];
        usable(self.db.first(&INVITATION_BY_TOKEN, args).await?)
    }

    /// Uses an invitation: makes the person and their membership, both at once.
    ///
    /// # Errors
    /// `NotFound` for a link that cannot be used; `Conflict` when somebody signs in with its address by now.
    pub async fn invitation_accept(
        &self,
        token: &str,
        person: InvitedPerson,
    ) -> Result<UserId, StoreError> {
        let mut tx = self.db.write().await?;
        let now = tx.now().await?;
        let args = args![token_hash(token), now];
        let invitation = usable(tx.first(&INVITATION_BY_TOKEN, args).await?)?;
        let workspace = invitation.workspace_id;
        // Of two people with one link the second one finds it used.
        if tx
            .execute(&INVITATION_END, args![workspace, invitation.id])
            .await?
            == 0
        {
            return Err(StoreError::NotFound);
        }
        let user = new_id(UserId::from_uuid);
        let args = args![
            user,
            &*invitation.email,
            &*person.display_name,
            person.password_hash,
            now
        ];
        if tx.execute(&INVITED_CREATE, args).await? == 0 {
            return Err(StoreError::Conflict);
        }
        let role = invitation.role;
        tx.execute(&INVITED_JOIN, args![workspace, user, role.as_str(), now])
            .await?;
        let actor = AuditActor {
            id: Some(user),
            name: person.display_name,
        };
        let accepted = entry(
            workspace,
            action::INVITATION_ACCEPTED,
            actor.clone(),
            invitation.id.as_uuid(),
            &json!({ "invited_by": invitation.inviter }),
        );
        let joined = entry(
            workspace,
            action::WORKSPACE_ROLE_SET,
            actor,
            user.as_uuid(),
            &json!({ "role": role }),
        );
        append(&mut tx, now, vec![accepted, joined]).await?;
        tx.commit().await?;
        Ok(user)
    }
}

fn usable(row: Option<Row>) -> Result<Invitation, StoreError> {
    invitation_of(&row.ok_or(StoreError::NotFound)?)?.ok_or(StoreError::NotFound)
}
