//! Pages that the server draws whole.
//!
//! They hold forms that post and nothing that moves, so the browser gets their HTML and no code for them.

mod place;

pub use place::Place;

#[cfg(feature = "ssr")]
mod account;
#[cfg(feature = "ssr")]
mod asked;
#[cfg(feature = "ssr")]
mod beside;
#[cfg(feature = "ssr")]
mod connection;
#[cfg(feature = "ssr")]
mod door;
#[cfg(feature = "ssr")]
mod form;
#[cfg(feature = "ssr")]
mod invitations;
#[cfg(feature = "ssr")]
mod join;
#[cfg(feature = "ssr")]
mod members;
#[cfg(feature = "ssr")]
mod schedule;
#[cfg(feature = "ssr")]
mod schedule_form;
#[cfg(feature = "ssr")]
mod schedules;
#[cfg(feature = "ssr")]
mod tenant;
#[cfg(feature = "ssr")]
mod verify;
#[cfg(feature = "ssr")]
mod workspace;

#[cfg(feature = "ssr")]
pub use beside::refused_beside;
#[cfg(feature = "ssr")]
pub use draw::draw;

#[cfg(feature = "ssr")]
mod draw {
    use domain::error::ApiError;
    use leptos::prelude::*;
    use operations::Presence;

    use super::{
        Place, account,
        asked::Asked,
        beside::{says_refusal, with_refusal},
        connection, door, invitations, join, members, schedule, schedules, tenant, verify,
        workspace,
    };
    use crate::{api::drawn::Drawn, compat::settle, error::AppError, request};

    /// Draws the page at a path with its query, for the person of the present request.
    pub async fn draw(path: &str) -> Result<Drawn, AppError> {
        let asked = Asked::of(path);
        let drawn = page(&asked).await?;
        let Some(form) = asked.refused_form() else {
            return Ok(drawn);
        };
        // Fields of the same names may stand in other forms: what was typed goes into its own alone.
        if !says_refusal(&drawn) {
            return Ok(with_refusal(drawn, &form, &asked));
        }
        request::typed::provide(&form);
        if let Some(ApiError::Invalid { field, .. }) = asked.refusal() {
            request::refused::provide(&field);
        }
        page(&asked).await
    }

    async fn page(asked: &Asked) -> Result<Drawn, AppError> {
        let place = Place::parse(asked.path()).ok_or(ApiError::NotFound);
        let place = settle(place)?;
        let place = match anonymous(place, asked).await? {
            Stage::Drawn(drawn) => return Ok(drawn),
            Stage::Inside(place) => place,
        };
        let (services, scope) = request::scope(Presence::ByHand).await?;
        match place {
            Place::SignIn | Place::SetUp(_) | Place::Join(_) => settle(Err(ApiError::NotFound)),
            Place::Members => {
                let view = services.members_page(&scope, None).await;
                Ok(members::page(settle(view)?, asked))
            }
            Place::TenantMembers(id) => {
                let view = services.members_page(&scope, Some(&id)).await;
                Ok(members::page(settle(view)?, asked))
            }
            Place::Account => {
                let view = settle(services.account_page(&scope).await)?;
                Ok(account::page(view, asked))
            }
            Place::NewWorkspace => Ok(workspace::new_page(asked)),
            Place::Workspace => {
                let view = settle(services.workspace_page(&scope).await)?;
                Ok(workspace::page(view, asked))
            }
            Place::Invitations => {
                let token = asked.value("token");
                let view = services.invitations_page(&scope, token.as_deref()).await;
                Ok(invitations::page(settle(view)?, token.as_deref(), asked))
            }
            Place::NewTenant => {
                let workspace = settle(services.tenant_new_page(&scope).await)?;
                Ok(tenant::new_page(&workspace, asked))
            }
            Place::Verify => {
                let view = settle(services.verify_page(&scope).await)?;
                Ok(verify::choose_page(view, asked))
            }
            Place::VerifySelection(id) => {
                let view = settle(services.verify_preview(&scope, &id).await)?;
                Ok(verify::preview_page(view, asked))
            }
            Place::TenantSettings(id) => {
                let view = settle(services.tenant_settings_page(&scope, &id).await)?;
                Ok(tenant::settings_page(view, asked))
            }
            Place::Schedules(id) => {
                let zone = request::zone();
                let view = services.schedules_page(&scope, &id, zone.as_deref()).await;
                Ok(schedules::page(settle(view)?, asked))
            }
            Place::NewSchedule(id) => {
                let zone = request::zone();
                let view = services.schedule_new_page(&scope, &id, zone.as_deref());
                Ok(schedules::new_page(settle(view.await)?, asked))
            }
            Place::Schedule(id, schedule) => {
                let zone = request::zone();
                let view = services.schedule_page(&scope, &id, &schedule, zone.as_deref());
                Ok(schedule::page(settle(view.await)?, asked))
            }
            Place::Connection(id) => {
                let view = settle(services.connection_page(&scope, &id).await)?;
                Ok(connection::page(view, asked))
            }
        }
    }

    /// How far a page came without anybody being signed in.
    enum Stage {
        /// It asks for nobody.
        Drawn(Drawn),
        /// Somebody has to be there.
        Inside(Place),
    }

    /// Draws what everybody may see.
    async fn anonymous(place: Place, asked: &Asked) -> Result<Stage, AppError> {
        Ok(Stage::Drawn(match place {
            Place::SignIn => door::sign_in(asked),
            Place::SetUp(token) => door::set_up(&token, asked),
            Place::Join(token) => {
                let services = request::services()?;
                let view = services.join_page(&token, request::request_id()).await;
                join::page(&settle(view)?, &token, asked)
            }
            inside => return Ok(Stage::Inside(inside)),
        }))
    }

    /// A page of these parts.
    pub(super) fn drawn(
        title: impl Into<String>,
        subtitle: impl Into<String>,
        content: impl IntoView,
    ) -> Drawn {
        Drawn {
            title: title.into(),
            subtitle: subtitle.into(),
            html: content.into_view().to_html(),
        }
    }
}
