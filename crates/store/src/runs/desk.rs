//! Requests in groups: what has come in while the last group was written is the next one.
//!
//! Nothing waits for company. A request that comes alone is a group of one, written at once; the groups of many
//! presses grow with the time that a commit takes. Each press by itself would hold the head of its workspace's
//! audit chain from its last statements to the end of its commit.

use std::{
    collections::BTreeMap,
    mem::take,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::ids::ScopeId;
use tokio::{
    sync::{Semaphore, oneshot},
    task::JoinSet,
    time::timeout,
};
use tracing::Instrument as _;

use super::{
    ask::Came,
    draft::Draft,
    request::{Requested, told_of},
};
use crate::{Store, conduct::as_here, error::StoreError};

/// The most requests in one transaction; it bounds how long one waits for the others of its group.
const GROUP: usize = 100;

/// For how long the next group waits for this one: somebody else may hold a lock that it needs.
const TURN: Duration = Duration::from_secs(1);

/// How many requests of groups that failed are asked for at once; claims and pages need connections, too.
const ALONE: usize = 4;

/// After so long nobody expects any more that something is begun for them.
const TOO_LATE: Duration = Duration::from_secs(15);

/// Where requests come in, to one opened database.
#[derive(Debug)]
pub(crate) struct Desk {
    waiting: Mutex<Vec<Request>>,
    /// Whoever has it takes the next group.
    turn: tokio::sync::Mutex<()>,
    alone: Semaphore,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            alone: Semaphore::new(ALONE),
        }
    }
}

/// A request, and where its answer is waited for.
#[derive(Debug)]
struct Request {
    draft: Draft,
    since: Instant,
    answer: oneshot::Sender<Result<Requested, StoreError>>,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Vec<Request>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_in(&self, request: Request) {
        self.lock().push(request);
    }

    fn next(&self) -> Vec<Request> {
        let mut waiting = self.lock();
        let most = waiting.len().min(GROUP);
        waiting.drain(..most).collect()
    }
}

impl Store {
    /// Asks for a run, together with what others ask for in the meantime; answers when it is durable.
    pub(super) async fn request(&self, draft: Draft) -> Result<Requested, StoreError> {
        let (answer, mut answered) = oneshot::channel();
        self.desk.take_in(Request {
            draft,
            since: Instant::now(),
            answer,
        });
        loop {
            let has_led = tokio::select! {
                biased;
                told = &mut answered => return told.unwrap_or(Err(StoreError::Stopped)),
                turn = self.desk.turn.lock() => {
                    let group = self.desk.next();
                    let leads = !group.is_empty();
                    if leads {
                        self.have_written(group).await;
                    }
                    drop(turn);
                    leads
                }
            };
            if !has_led {
                // It is being written, in a group whose turn is over.
                return answered.await.unwrap_or(Err(StoreError::Stopped));
            }
        }
    }

    /// Has a group written by a task that goes on when whoever asked has gone, and waits for it for a turn.
    async fn have_written(&self, group: Vec<Request>) {
        let store = self.clone();
        let writing = as_here(async move { store.write_group(group).await });
        let writing = tokio::spawn(writing.in_current_span());
        if let Ok(Err(error)) = timeout(TURN, writing).await {
            tracing::error!(%error, "a group of requests was not written to its end");
        }
    }

    async fn write_group(&self, mut group: Vec<Request>) {
        loop {
            // Whoever has gone before their group has begun is promised nothing, and gets nothing.
            group.retain(|request| !request.answer.is_closed());
            if group.is_empty() {
                return;
            }
            group.sort_by_cached_key(|request| request.draft.turn());
            let drafts: Vec<_> = group.iter().map(|request| &request.draft).collect();
            match self.request_all(&drafts).await {
                Ok(came) => {
                    let told = take(&mut group).into_iter().zip(came);
                    group = told.filter_map(|(it, came)| it.tell(came)).collect();
                }
                Err(error) => return self.tell_each(group, error).await,
            }
        }
    }

    /// What one of a group fails at must not take the others with it: each is asked for by itself.
    ///
    /// Where the database is away or takes nothing, all of them are told so; a commit may have counted then.
    async fn tell_each(&self, requests: Vec<Request>, error: StoreError) {
        let others = (1..requests.len()).map(|_| error.of_everybody());
        if let Some(mut errors) = others.collect::<Option<Vec<_>>>() {
            errors.push(error);
            for (request, error) in requests.into_iter().zip(errors) {
                request.answer(Err(error));
            }
            return;
        }
        tracing::warn!(error = %error.with_causes(), "{} requests failed together; one by one", requests.len());
        let mut of_scopes: BTreeMap<ScopeId, Vec<Request>> = BTreeMap::new();
        for request in requests {
            let scope = request.draft.scope_id();
            of_scopes.entry(scope).or_default().push(request);
        }
        let mut alone = JoinSet::new();
        for of_scope in of_scopes.into_values() {
            let store = self.clone();
            let writing = as_here(async move { store.write_alone(of_scope).await });
            alone.spawn(writing.in_current_span());
        }
        while alone.join_next().await.is_some() {}
    }

    /// One after the other: what somebody holds of the scope holds up one of them at a time.
    async fn write_alone(&self, of_scope: Vec<Request>) {
        for request in of_scope {
            let Ok(_place) = self.desk.alone.acquire().await else {
                return;
            };
            if request.answer.is_closed() {
                continue;
            }
            if request.since.elapsed() > TOO_LATE {
                let late = StoreError::Unavailable(sqlx::Error::PoolTimedOut);
                request.answer(Err(late));
                continue;
            }
            let asked = self.request_all(&[&request.draft]).await;
            let unanswered = match asked.map(|mut came| came.pop()) {
                Ok(Some(came)) => request.tell(came).map(|it| (it, StoreError::Conflict)),
                Ok(None) => Some((request, StoreError::Conflict)),
                Err(error) => Some((request, error)),
            };
            if let Some((request, error)) = unanswered {
                request.answer(Err(error));
            }
        }
    }
}

impl Request {
    /// Tells what it came to; gives it back when it is to be asked for again.
    fn tell(self, came: Came) -> Option<Self> {
        let Some(told) = told_of(&self.draft, came) else {
            return Some(self);
        };
        self.answer(told);
        None
    }

    fn answer(self, told: Result<Requested, StoreError>) {
        // Whoever has gone does not wait for the answer.
        let _ = self.answer.send(told);
    }
}
