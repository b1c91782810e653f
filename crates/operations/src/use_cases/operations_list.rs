//! The operations list: the URL's words checked, and turned into a filter.

use std::collections::BTreeMap;

use domain::{
    bulk::BulkTally,
    capability::Capability,
    error::ApiError,
    ids::{RunId, TenantId},
    operation::{Habitat, OperationType},
    time::{SECOND, Timestamp},
    views::{
        InitiatorKind, Live, OperationsQuery, OperationsView, RunRowView, StateTab, TenantOption,
    },
    waiting::WaitingFor,
};
use store::{
    BulkEnds, Moment, Named, RunFilter, RunPage, RunRow, Scope, TenantAccess, WorkspaceAccess,
};

use super::{
    operations_query::{
        ACTIVE, after_of, initiator_of, operations_of, order_of, parent_of, span_of, states_of,
        tenant_of_query,
    },
    run_page::Reach,
    run_rows::Targets,
};
use crate::{Services, problem::Answer as _, version::Poll};

const PAGE: usize = 50;
/// Counted no further: an operator needs to know "many", not how many.
const COUNT_CAP: i64 = 1_001;
/// How long a page may say what its queued runs wait for before it looks again.
pub(super) const WAITS_HOLD: i64 = 10 * SECOND;

/// What the request may look at.
struct Place {
    workspace: WorkspaceAccess,
    tenants: Vec<TenantAccess>,
    /// Read before the rows that it stands for.
    moment: Moment,
}

impl Place {
    /// Where the person may look into bulks.
    fn reach(&self) -> Reach {
        let view = |tenant: &&TenantAccess| tenant.grants().allow(Capability::OperationsView);
        let seen = self.tenants.iter().filter(view).cloned();
        (self.workspace.clone(), seen.collect())
    }

    /// A poll about a list; a search rests on the people and tenants it found, too.
    fn poll<'a>(
        &self,
        scope: &Scope,
        query: &OperationsQuery,
        filter: Option<&RunFilter>,
        shown: Option<&'a str>,
    ) -> Poll<'a> {
        let workspace = &self.workspace;
        let tenants: Vec<_> = self
            .tenants
            .iter()
            .map(|t| (t.id(), t.name(), t.lifecycle(), t.role()))
            .collect();
        let found = filter.map(|filter| (&filter.tenants, &filter.initiators, &filter.named));
        let premises = (
            (scope.user_id(), scope.selected_tenant(), query),
            (workspace.id(), workspace.name(), workspace.role()),
            tenants,
            found,
        );
        Poll::new(&premises, self.moment, shown)
    }
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
            // The numbers of the tabs are of the same bulk, too.
            parent: parent_of(&query.parent)?,
            ..RunFilter::default()
        };
        let filter = self.filter_of(scope, &place, query, base.clone()).await?;
        let poll = place.poll(scope, query, filter.as_ref(), shown);
        if let Some(unchanged) = poll.unchanged() {
            return Ok(unchanged);
        }
        let reach = place.reach();
        let everywhere = self.store.reaches_everywhere(&reach.0, &reach.1).await;
        let bulk_ends = match everywhere.answer(request)? {
            true => BulkEnds::OfTheWhole,
            false => BulkEnds::WithinReach,
        };
        let page = match filter {
            Some(filter) => {
                let filter = RunFilter {
                    bulk_ends,
                    ..filter
                };
                let page = self.store.runs(scope, workspace, tenants, &filter, PAGE);
                let page = page.await.answer(request)?;
                Some(self.page_told(scope, &reach, page).await?)
            }
            None => None,
        };
        let base = RunFilter { bulk_ends, ..base };
        // A run that grows older than the window leaves the page without anything else happening.
        let oldest = page.as_ref().and_then(|page| page.oldest);
        let until = oldest
            .zip(span_of(&query.since)?)
            .map(|(oldest, span)| oldest.plus(span));
        let beside = Beside {
            bulks: self.bulks_of(scope, tenants, page.as_ref()).await?,
            waiting: self.waits_of(scope, &place, page.as_ref()).await?,
        };
        // A worker that comes or goes moves no version, nor does a moment that has come.
        let until = match beside.waiting.is_empty() {
            true => until,
            false => {
                let soon = place.moment.now.plus(WAITS_HOLD);
                Some(until.map_or(soon, |until| until.min(soon)))
            }
        };
        let view = OperationsView {
            tabs: self.tabs(scope, &place, &base).await?,
            ..view_of(&place, query, about, page, &beside)
        };
        Ok(poll.answer(view, until))
    }

    /// A page with the ends of bulks as the person is told of them.
    async fn page_told(
        &self,
        scope: &Scope,
        reach: &Reach,
        page: RunPage,
    ) -> Result<RunPage, ApiError> {
        let bulks: Vec<_> = page.rows.iter().filter(|run| is_bulk(run)).collect();
        let mut told = self.ends_told(scope, &bulks, reach).await?;
        let rows = page.rows.into_iter();
        Ok(RunPage {
            rows: rows
                .map(|run| told.remove(&run.id).unwrap_or(run))
                .collect(),
            ..page
        })
    }

    /// The numbers of the bulks on a page, of the person's own tenants alone.
    async fn bulks_of(
        &self,
        scope: &Scope,
        tenants: &[TenantAccess],
        page: Option<&RunPage>,
    ) -> Result<BTreeMap<RunId, BulkTally>, ApiError> {
        let rows = page.iter().flat_map(|page| &page.rows);
        let bulks: Vec<_> = rows.filter(|run| is_bulk(run)).collect();
        let tallies = self.store.bulk_tallies(scope, &bulks, tenants).await;
        tallies.answer(scope.request_id())
    }

    /// What the queued runs of a page wait for.
    async fn waits_of(
        &self,
        scope: &Scope,
        place: &Place,
        page: Option<&RunPage>,
    ) -> Result<BTreeMap<RunId, WaitingFor>, ApiError> {
        let Some(page) = page else {
            return Ok(BTreeMap::new());
        };
        let waits = self.store.waits_of_runs(&page.rows, place.moment.now).await;
        waits.answer(scope.request_id())
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
        let moment = self.store.version_of_tenants(&workspace, &tenants).await;
        Ok(Place {
            moment: moment.answer(request)?,
            workspace,
            tenants,
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
        filter.since = span_of(&query.since)?.map(|span| place.moment.now.plus(-span));
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
        let tenants: Vec<TenantId> = place
            .tenants
            .iter()
            .filter(named)
            .map(TenantAccess::id)
            .collect();
        let people = self
            .store
            .initiators_named(&place.workspace, text)
            .await
            .answer(scope.request_id())?;
        if tenants.is_empty() && people.is_empty() {
            return Ok(None);
        }
        filter.named = Some(Named { tenants, people });
        Ok(Some(filter))
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

/// What a page tells beside its rows.
struct Beside {
    /// How far its bulks are.
    bulks: BTreeMap<RunId, BulkTally>,
    /// What its queued runs wait for.
    waiting: BTreeMap<RunId, WaitingFor>,
}

fn is_bulk(run: &RunRow) -> bool {
    let operation = OperationType::parse(&run.operation_code);
    operation.is_some_and(|operation| operation.spec().children.is_some())
}

/// The page without its tabs, its time and its version.
fn view_of(
    place: &Place,
    query: &OperationsQuery,
    about: Option<&TenantAccess>,
    page: Option<RunPage>,
    beside: &Beside,
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
            .map(|run| RunRowView {
                waiting: beside.waiting.get(&run.id).copied(),
                ..match is_bulk(run) {
                    true => targets.bulk_row(run, beside.bulks.get(&run.id)),
                    false => targets.row(run),
                }
            })
            .collect(),
        next: page
            .and_then(|page| page.next)
            .map(|(at, id)| format!("{}_{id}", at.0)),
        tabs: Vec::new(),
        tenants: place.tenants.iter().map(option).collect(),
        operations: OperationType::known_in(Habitat::Product)
            .map(|o| (o.as_str().to_owned(), o.spec().label.to_owned()))
            .collect(),
        scope: about.map(option),
        workspace: place.workspace.name().to_owned(),
        as_of: Timestamp(0),
        version: String::new(),
    }
}
