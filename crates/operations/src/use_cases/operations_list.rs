//! The operations list: the URL's words checked, and turned into a filter.

use domain::{
    capability::Capability,
    error::ApiError,
    ids::{RunId, TenantId},
    operation::OperationType,
    run::{RunOutcome, RunStatus},
    time::{DAY, HOUR, Timestamp},
    views::{
        InitiatorKind, Live, OperationsQuery, OperationsView, SortOrder, StateTab, TenantOption,
    },
};
use store::{RunFilter, RunOrder, Scope, TenantAccess, WorkspaceAccess};

use super::{header::selected, run_rows::Targets};
use crate::{
    Services,
    problem::Answer as _,
    version::{live, version_of},
};

const PAGE: usize = 50;
/// Counted no further: an operator needs to know "many", not how many.
const COUNT_CAP: i64 = 10_001;
const ACTIVE: [&str; 2] = ["queued", "running"];

/// What the request may look at.
struct Place {
    workspace: WorkspaceAccess,
    tenants: Vec<TenantAccess>,
    now: Timestamp,
}

impl Services {
    /// One page of the operations list; `shown` is the version the page shows already.
    ///
    /// # Errors
    /// `Forbidden` when the person may view operations nowhere; `NotFound` for a tenant they may not know of;
    /// `Invalid` for a word of the query that means nothing.
    pub async fn operations_page(
        &self,
        scope: &Scope,
        query: &OperationsQuery,
        shown: Option<&str>,
    ) -> Result<Live<OperationsView>, ApiError> {
        let request = scope.request_id();
        let place = self.place_of(scope).await?;
        let Place {
            workspace, tenants, ..
        } = &place;
        let about = tenant_of_query(scope, tenants, query)?;
        let base = RunFilter {
            tenants: about.iter().map(|tenant| tenant.id()).collect(),
            ..RunFilter::default()
        };
        let page = match self.filter_of(scope, &place, query, base.clone()).await? {
            Some(filter) => Some(
                self.store
                    .runs(scope, workspace, tenants, &filter, PAGE)
                    .await
                    .answer(request)?,
            ),
            None => None,
        };
        let mut view = OperationsView {
            tabs: self.tabs(scope, &place, &base).await?,
            ..view_of(&place, query, about, page)
        };
        view.version = version_of(&view);
        view.as_of = place.now;
        let version = view.version.clone();
        Ok(live(view, &version, shown))
    }

    async fn place_of(&self, scope: &Scope) -> Result<Place, ApiError> {
        let request = scope.request_id();
        let workspace = self.store.current_workspace(scope).await.answer(request)?;
        let tenants = self
            .store
            .tenants(scope, &workspace)
            .await
            .answer(request)?;
        let view = Capability::OperationsView;
        let anywhere = workspace.grants().allow(view)
            || tenants.iter().any(|tenant| tenant.grants().allow(view));
        if !anywhere {
            return Err(ApiError::Forbidden {
                capability: view.label().to_owned(),
            });
        }
        let now = self.store.now().await.answer(request)?;
        Ok(Place {
            workspace,
            tenants,
            now,
        })
    }

    /// The filter a query means; `None` when its search cannot match anything.
    async fn filter_of(
        &self,
        scope: &Scope,
        place: &Place,
        query: &OperationsQuery,
        base: RunFilter,
    ) -> Result<Option<RunFilter>, ApiError> {
        let mut filter = base;
        filter.states = states_of(&query.state)?;
        filter.operations = operations_of(&query.operation)?;
        filter.since = since_of(&query.since, place.now)?;
        filter.order = order_of(&query.sort)?;
        filter.after = after_of(&query.after)?;
        match initiator_of(&query.initiator)? {
            InitiatorKind::Any => {}
            InitiatorKind::Mine => filter.initiators = vec![scope.user_id()],
            InitiatorKind::System => filter.by_system = true,
        }
        self.search(scope, place, query.q.trim(), filter).await
    }

    /// A run's id, or a name that is turned into ids first: no text search over runs.
    async fn search(
        &self,
        scope: &Scope,
        place: &Place,
        text: &str,
        mut filter: RunFilter,
    ) -> Result<Option<RunFilter>, ApiError> {
        if text.is_empty() {
            return Ok(Some(filter));
        }
        if let Ok(run) = text.parse::<RunId>() {
            filter.run = Some(run);
            return Ok(Some(filter));
        }
        let lower = text.to_lowercase();
        let named = |tenant: &&TenantAccess| tenant.name().to_lowercase().contains(&lower);
        let hits: Vec<TenantId> = place
            .tenants
            .iter()
            .filter(named)
            .map(TenantAccess::id)
            .collect();
        if !hits.is_empty() {
            if filter.tenants.is_empty() {
                filter.tenants = hits;
            } else {
                filter.tenants.retain(|id| hits.contains(id));
            }
            return Ok(if filter.tenants.is_empty() {
                None
            } else {
                Some(filter)
            });
        }
        let request = scope.request_id();
        let people = self
            .store
            .initiators_named(&place.workspace, text)
            .await
            .answer(request)?;
        if people.is_empty() {
            return Ok(None);
        }
        // "Mine" and a name together mean both.
        if filter.initiators.is_empty() {
            filter.initiators = people;
        } else {
            filter.initiators.retain(|id| people.contains(id));
        }
        Ok(Some(filter).filter(|filter| !filter.initiators.is_empty()))
    }

    async fn tabs(
        &self,
        scope: &Scope,
        place: &Place,
        base: &RunFilter,
    ) -> Result<Vec<StateTab>, ApiError> {
        let tabs: [(&str, &str, Vec<&'static str>); 4] = [
            ("active", "Active", ACTIVE.to_vec()),
            ("blocked", "Blocked", vec!["blocked"]),
            ("failed", "Failed", vec!["failed"]),
            ("indeterminate", "Needs a decision", vec!["indeterminate"]),
        ];
        let mut counted = Vec::with_capacity(tabs.len());
        for (state, label, states) in tabs {
            let filter = RunFilter {
                states,
                ..base.clone()
            };
            let count = self
                .store
                .runs_count(scope, &place.workspace, &place.tenants, &filter, COUNT_CAP)
                .await
                .answer(scope.request_id())?;
            counted.push(StateTab {
                state: state.to_owned(),
                label: label.to_owned(),
                count,
            });
        }
        Ok(counted)
    }
}

/// The page without its tabs, its time and its version.
fn view_of(
    place: &Place,
    query: &OperationsQuery,
    about: Option<&TenantAccess>,
    page: Option<store::RunPage>,
) -> OperationsView {
    let targets = Targets::of(place.workspace.name(), &place.tenants);
    let option = |t: &TenantAccess| TenantOption {
        id: t.id(),
        name: t.name().to_owned(),
    };
    OperationsView {
        query: query.clone(),
        rows: page
            .iter()
            .flat_map(|page| &page.rows)
            .map(|run| targets.row(run))
            .collect(),
        next: page
            .and_then(|page| page.next)
            .map(|(at, id)| format!("{}_{id}", at.0)),
        tabs: Vec::new(),
        tenants: place.tenants.iter().map(option).collect(),
        operations: OperationType::ALL
            .iter()
            .map(|o| (o.as_str().to_owned(), o.spec().label.to_owned()))
            .collect(),
        scope: about.map(option),
        workspace: place.workspace.name().to_owned(),
        as_of: Timestamp(0),
        version: String::new(),
    }
}

/// The tenant a list is about: the one of the URL, else the selected one, else none.
fn tenant_of_query<'a>(
    scope: &Scope,
    tenants: &'a [TenantAccess],
    query: &OperationsQuery,
) -> Result<Option<&'a TenantAccess>, ApiError> {
    match query.tenant.as_str() {
        "" => Ok(selected(scope, tenants)),
        "all" => Ok(None),
        id => {
            let id: TenantId = id.parse().map_err(|_| ApiError::NotFound)?;
            tenants
                .iter()
                .find(|t| t.id() == id)
                .map(Some)
                .ok_or(ApiError::NotFound)
        }
    }
}

fn states_of(word: &str) -> Result<Vec<&'static str>, ApiError> {
    if word.is_empty() || word == "all" {
        return Ok(Vec::new());
    }
    if word == "active" {
        return Ok(ACTIVE.to_vec());
    }
    let status = RunStatus::parse(word).map(RunStatus::as_str);
    let outcome = RunOutcome::parse(word).map(RunOutcome::as_str);
    outcome
        .or(status)
        .map(|state| vec![state])
        .ok_or_else(|| unknown("state"))
}

fn operations_of(code: &str) -> Result<Vec<OperationType>, ApiError> {
    if code.is_empty() {
        return Ok(Vec::new());
    }
    OperationType::parse(code)
        .map(|operation| vec![operation])
        .ok_or_else(|| unknown("operation"))
}

fn initiator_of(word: &str) -> Result<InitiatorKind, ApiError> {
    match word {
        "" => Ok(InitiatorKind::Any),
        word => InitiatorKind::parse(word).ok_or_else(|| unknown("initiator")),
    }
}

fn order_of(word: &str) -> Result<RunOrder, ApiError> {
    match SortOrder::parse(word) {
        Some(SortOrder::Newest) => Ok(RunOrder::Newest),
        Some(SortOrder::Oldest) => Ok(RunOrder::Oldest),
        None if word.is_empty() => Ok(RunOrder::Newest),
        None => Err(unknown("sort")),
    }
}

fn since_of(word: &str, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
    let span = match word {
        "" => return Ok(None),
        "1h" => HOUR,
        "24h" => DAY,
        "7d" => 7 * DAY,
        "30d" => 30 * DAY,
        _ => return Err(unknown("since")),
    };
    Ok(Some(now.plus(-span)))
}

fn after_of(word: &str) -> Result<Option<(Timestamp, RunId)>, ApiError> {
    if word.is_empty() {
        return Ok(None);
    }
    let parsed = word
        .split_once('_')
        .and_then(|(at, id)| Some((Timestamp(at.parse().ok()?), id.parse::<RunId>().ok()?)));
    parsed.map(Some).ok_or_else(|| unknown("after"))
}

fn unknown(field: &str) -> ApiError {
    ApiError::invalid(
        field,
        "This filter value means nothing here. Reset the filters to go on.",
    )
}
