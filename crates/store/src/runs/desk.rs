//! Requests in groups: what has come in while the last group was written is the next one.
//!
//! Nothing waits for company. A request that comes alone is a group of one, written at once; the groups of many
//! presses grow with the time that a commit takes. Each press by itself would hold the head of its workspace's
//! audit chain from its last statements to the end of its commit.

use std::{
    mem::take,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, task::JoinSet, time::timeout};
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

/// How many requests of a group that failed together are asked for at once; claims and pages need connections, too.
const ALONE: usize = 4;

/// Where requests come in, to one opened database.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    waiting: Mutex<Vec<Request>>,
    /// Whoever has it takes the next group.
    turn: tokio::sync::Mutex<()>,
}

/// A request, and where its answer is waited for.
#[derive(Debug)]
struct Request {
    draft: Draft,
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
        self.desk.take_in(Request { draft, answer });
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
        let _ = timeout(TURN, writing).await;
    }

    async fn write_group(&self, mut group: Vec<Request>) {
        loop {
            // Whoever has gone before their group has begun is promised nothing, and gets nothing.
            group.retain(|request| !request.answer.is_closed());
            if group.is_empty() {
                return;
            }
            group.sort_by_cached_key(|request| request.draft.turn());
            let (drafts, answers): (Vec<_>, Vec<_>) = take(&mut group)
                .into_iter()
                .map(|request| (request.draft, request.answer))
                .unzip();
            let asked = self.request_all(&drafts).await;
            let requests = drafts.into_iter().zip(answers);
            let requests = requests.map(|(draft, answer)| Request { draft, answer });
            match asked {
                Ok(came) => group.extend(requests.zip(came).filter_map(|(it, came)| it.tell(came))),
                Err(error) => return self.tell_each(requests.collect(), error).await,
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
        let mut alone = JoinSet::new();
        for request in requests {
            if alone.len() >= ALONE {
                alone.join_next().await;
            }
            let store = self.clone();
            alone.spawn(as_here(async move { store.write_alone(request).await }).in_current_span());
        }
        while alone.join_next().await.is_some() {}
    }

    async fn write_alone(&self, request: Request) {
        if request.answer.is_closed() {
            return;
        }
        let asked = self.request_all(std::slice::from_ref(&request.draft)).await;
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
