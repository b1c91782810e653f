//! People who look at pages while all this goes on, over HTTP with a session of their own.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use domain::{ids::RunId, views::OperationsQuery};
use serde::Serialize;
use serde_json::json;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::{
    check::{Broken, of_trial},
    grants::Seen,
    http,
    installation::Installation,
    plan::{At, Look},
    stage::Stage,
};

/// The runs there are so far, each with the number of its tenant.
pub(crate) type Known = Arc<Mutex<Vec<(usize, RunId)>>>;

/// A page that was looked at.
pub(crate) struct Looked {
    viewer: usize,
    what: Look,
    from: Instant,
    until: Instant,
    status: u16,
    /// Every id on it.
    ids: HashSet<Uuid>,
}

/// How looking went.
#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Looks {
    /// Answers by their status.
    pub(crate) answers: BTreeMap<u16, u64>,
    /// Looks while nothing of the tenant was to be seen.
    pub(crate) while_hidden: u64,
    /// Looks that had no answer while the process was away.
    pub(crate) while_away: u64,
}

/// Looks at pages at their moments.
pub(crate) async fn look(
    installation: Arc<Installation>,
    pages: String,
    viewer: usize,
    looks: Vec<At<Look>>,
    known: Known,
    begin: Instant,
) -> Vec<Looked> {
    let mut looked = Vec::new();
    let Some(site) = installation.sites.get(viewer) else {
        return looked;
    };
    for look in looks {
        sleep_until(begin + look.at).await;
        let Some((method, path, body)) = question(look.what, viewer, &known) else {
            continue;
        };
        let from = Instant::now();
        // No answer counts against the pages, unless their process was away meanwhile.
        let (status, body) = http::answer_to(&site.session, &pages, method, &path, &body).await;
        looked.push(Looked {
            viewer,
            what: look.what,
            from,
            until: Instant::now(),
            status,
            ids: ids_in(&body),
        });
    }
    looked
}

/// Method, path and body; nothing while there is no such run.
fn question(what: Look, viewer: usize, known: &Known) -> Option<(&'static str, String, String)> {
    let last_of = |is_own: bool| {
        let known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let run = known.iter().rfind(|(site, _)| (*site == viewer) == is_own);
        run.map(|(_, run)| *run)
    };
    let of_run = |run: RunId| {
        let body = json!({ "id": run, "version": null }).to_string();
        ("POST", "/api/run/page".to_owned(), body)
    };
    Some(match what {
        Look::List => {
            let body = json!({ "query": OperationsQuery::default(), "version": null }).to_string();
            ("POST", "/api/operations/page".to_owned(), body)
        }
        Look::ListPage => ("GET", "/admin/operations".to_owned(), String::new()),
        Look::Own => of_run(last_of(true)?),
        Look::Foreign => of_run(last_of(false)?),
    })
}

/// Every id in a text.
fn ids_in(text: &str) -> HashSet<Uuid> {
    let is_part = |it: char| it.is_ascii_hexdigit() || it == '-';
    text.split(|it| !is_part(it))
        .filter(|word| word.len() == 36)
        .filter_map(|word| word.parse().ok())
        .collect()
}

/// Every look that showed what it must not, or broke off.
pub(crate) fn check(
    stage: &Stage,
    runs: &[(usize, RunId)],
    seen: &[Seen],
    looked: &[Looked],
) -> (Looks, Vec<Broken>) {
    let installation = &stage.installation;
    let (mut looks, mut found) = (Looks::default(), Vec::new());
    for look in looked {
        *looks.answers.entry(look.status).or_default() += 1;
        let told = |what: &str| format!("{:?} of viewer {}: {what}", look.what, look.viewer);
        if look.status == 0 && stage.pages.absences.overlap(look.from, look.until) {
            looks.while_away += 1;
            continue;
        }
        if http::broke_off(look.status) {
            found.push(of_trial(http::ANSWER, told(&look.status.to_string())));
        }
        if look.what == Look::Foreign && look.status == 200 {
            found.push(of_trial(
                "I8 another tenant's run is not found",
                told("it was shown"),
            ));
            continue;
        }
        let shows = |is_own: bool| {
            let sites = installation.sites.iter().enumerate();
            let tenants = sites.map(|(site, it)| (site, it.tenant.id().as_uuid()));
            let runs = runs.iter().map(|(site, run)| (*site, run.as_uuid()));
            let mut things = tenants.chain(runs);
            things.find(|(site, id)| (*site == look.viewer) == is_own && look.ids.contains(id))
        };
        // Whoever asks for a run names it, and the answer may say its name.
        if look.what != Look::Foreign
            && let Some((site, id)) = shows(false)
        {
            let what = told(&format!("{id} of tenant {site}"));
            found.push(of_trial("I8 nobody sees another tenant's runs", what));
        }
        let hidden = seen.get(look.viewer).map_or(&[][..], |seen| &seen.hidden);
        if !hidden
            .iter()
            .any(|(from, until)| *from <= look.from && look.until <= *until)
        {
            continue;
        }
        looks.while_hidden += 1;
        if look.status == 200
            && look.what != Look::ListPage
            && let Some((_, id)) = shows(true)
        {
            found.push(of_trial(
                "I8 nobody sees what was taken away",
                told(&id.to_string()),
            ));
        }
    }
    (looks, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_of_a_page_is_found() {
        let id = Uuid::from_u128(7);
        let text = format!("<a href=\"/admin/operations/{id}\">{{\"id\":\"{id}\"}} 0000-0000</a>");
        assert_eq!(ids_in(&text), HashSet::from([id]));
    }
}
