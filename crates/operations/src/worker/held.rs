//! What a pool holds: the work on each attempt, and until when its lease certainly lasts.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use policy::RunKey;
use tokio::{sync::watch, task::AbortHandle, time::sleep_until};

use super::cancel::{CancelToken, Canceller, cancel_token};

/// The attempts this pool works on, with a handle to stop each; one run can be there twice,
/// when this pool took over from itself.
#[derive(Default)]
pub(super) struct Held(Mutex<HashMap<RunKey, Work>>);

/// The work on one attempt: how to stop it, how to say that somebody wants it ended, and its lease.
struct Work {
    abort: AbortHandle,
    canceller: Canceller,
    lease_until: watch::Sender<Instant>,
    /// Whether all that is left is to write down how it ended.
    is_ending: bool,
}

impl Held {
    /// Holds what `begin` begins, before it can end.
    pub(super) fn begin(
        &self,
        key: RunKey,
        until: Instant,
        begin: impl FnOnce(LeaseGuard, CancelToken) -> AbortHandle,
    ) {
        let (lease_until, guard) = watch::channel(until);
        let (canceller, cancel) = cancel_token();
        let mut held = self.lock();
        let abort = begin(LeaseGuard(guard), cancel);
        let work = Work {
            abort,
            canceller,
            lease_until,
            is_ending: false,
        };
        held.insert(key, work);
    }

    /// Leaves an attempt to what writes down how it ended, and is fenced by it.
    ///
    /// Between the commit of an end and its answer a heartbeat finds no lease any more, and it is not lost.
    pub(super) fn leave_to_its_end(&self, key: RunKey) {
        if let Some(work) = self.lock().get_mut(&key) {
            work.is_ending = true;
        }
    }

    /// Says that somebody wants these ended.
    pub(super) fn cancel(&self, asked: &[RunKey]) {
        let held = self.lock();
        for work in asked.iter().filter_map(|key| held.get(key)) {
            work.canceller.ask();
        }
    }

    pub(super) fn remove(&self, key: RunKey) {
        self.lock().remove(&key);
    }

    pub(super) fn keys(&self) -> Vec<RunKey> {
        self.lock().keys().copied().collect()
    }

    /// Says until when leases last that were just kept.
    pub(super) fn renew(&self, kept: &[RunKey], until: Instant) {
        let held = self.lock();
        for work in kept.iter().filter_map(|key| held.get(key)) {
            work.lease_until.send_replace(until);
        }
    }

    /// Stops the work on attempts that are no longer this pool's.
    pub(super) fn stop(&self, lost: &[RunKey]) {
        let mut held = self.lock();
        for key in lost {
            if held.get(key).is_some_and(|work| work.is_ending) {
                continue;
            }
            // One that ended meanwhile is not held any more.
            if let Some(work) = held.remove(key) {
                tracing::warn!(run.id = %key.run_id, attempt = key.attempt, "lease lost, run {}", key.run_id);
                work.abort.abort();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunKey, Work>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run's leave to talk to its provider: it lasts as long as the lease certainly does.
///
/// The moment is this machine's own, by a clock that nobody sets, counted from before the database was asked
/// and short of the lease by a third. A process that was stopped and goes on finds it over before it sends anything.
#[derive(Debug, Clone)]
pub(crate) struct LeaseGuard(watch::Receiver<Instant>);

impl LeaseGuard {
    /// Makes a call that only reads; one under way when the lease may be over is broken off.
    ///
    /// It is made again once a heartbeat has found that the lease is still ours, as long as what allows the
    /// call is fresh by then: nothing is answered when it is not. If the lease is lost, the heartbeat stops the
    /// whole run, and this never answers.
    pub(crate) async fn reading<F: Future>(
        &self,
        is_fresh: impl Fn() -> bool,
        call: impl Fn() -> F,
    ) -> Option<F::Output> {
        loop {
            self.held().await;
            if !is_fresh() {
                return None;
            }
            tokio::select! {
                // Asked first: what the call would do next comes after the look at the clock.
                biased;
                () = self.over() => {}
                done = call() => return Some(done),
            }
        }
    }

    /// Makes a call that changes something, once; nothing when the lease may be over before it has its answer.
    ///
    /// Whether the change was taken is not known then, and nothing more of it is sent: not after a wait that
    /// the provider asked for, and not by a process that was stopped on the way.
    pub(crate) async fn writing<F: Future>(&self, call: F) -> Option<F::Output> {
        self.held().await;
        tokio::select! {
            // Asked first: what the call would do next comes after the look at the clock.
            biased;
            () = self.over() => None,
            done = call => Some(done),
        }
    }

    /// Waits until the lease certainly holds; mostly it does.
    async fn held(&self) {
        let mut until = self.0.clone();
        if until.wait_for(|it| Instant::now() < *it).await.is_err() {
            // Nobody holds the run any more: its work is about to be stopped.
            std::future::pending::<()>().await;
        }
    }

    async fn over(&self) {
        let mut until = self.0.clone();
        loop {
            let moment = *until.borrow_and_update();
            if moment <= Instant::now() {
                return;
            }
            tokio::select! {
                () = sleep_until(moment.into()) => {}
                changed = until.changed() => if changed.is_err() {
                    return;
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use domain::ids::{RunId, ScopeId, WorkspaceId};
    use uuid::Uuid;

    use super::*;

    fn guard(until: Instant) -> (watch::Sender<Instant>, LeaseGuard) {
        let (sender, receiver) = watch::channel(until);
        (sender, LeaseGuard(receiver))
    }

    #[tokio::test]
    async fn no_call_is_made_once_the_lease_may_be_over() {
        let past = Instant::now();
        let (until, guard) = guard(past);
        let calls = AtomicUsize::new(0);
        let call = || async { calls.fetch_add(1, Ordering::SeqCst) };
        tokio::select! {
            biased;
            _ = guard.reading(|| true, call) => panic!("it was made"),
            () = tokio::task::yield_now() => {}
        }
        assert_eq!(calls.load(Ordering::SeqCst), 0);
        until.send_replace(past + Duration::from_secs(600));
        guard.reading(|| true, call).await;
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_call_under_way_is_broken_off_and_made_again_by_who_still_holds_the_lease() {
        let (until, guard) = guard(Instant::now() + Duration::from_secs(600));
        let (calls, broken_off) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let call = || async {
            if calls.fetch_add(1, Ordering::SeqCst) == 0 {
                // The first one hangs, and the heartbeat stays away meanwhile.
                let _count = CountOnDrop(&broken_off);
                until.send_replace(Instant::now());
                std::future::pending::<()>().await;
            }
        };
        let beats = async {
            while broken_off.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
            until.send_replace(Instant::now() + Duration::from_secs(600));
            std::future::pending::<()>().await;
        };
        tokio::select! {
            _ = guard.reading(|| true, call) => {}
            () = beats => {}
        }
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn l10_a_call_that_waited_for_its_lease_is_not_made_with_old_leave() {
        let (until, guard) = guard(Instant::now() + Duration::from_secs(600));
        let (calls, broken_off) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let call = || async {
            calls.fetch_add(1, Ordering::SeqCst);
            let _count = CountOnDrop(&broken_off);
            until.send_replace(Instant::now());
            std::future::pending::<()>().await;
        };
        let is_fresh = || calls.load(Ordering::SeqCst) == 0;
        let beats = async {
            while broken_off.load(Ordering::SeqCst) == 0 {
                tokio::task::yield_now().await;
            }
            until.send_replace(Instant::now() + Duration::from_secs(600));
            std::future::pending::<()>().await;
        };
        let answer = tokio::select! {
            answer = guard.reading(is_fresh, call) => answer,
            () = beats => Some(()),
        };
        assert_eq!(answer, None);
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn nothing_more_of_a_change_is_sent_once_the_lease_may_be_over() {
        let (until, guard) = guard(Instant::now() + Duration::from_secs(600));
        let (waits, sent) = (tokio::sync::Notify::new(), AtomicUsize::new(0));
        let call = async {
            // The provider asks to wait; when the wait is over, so is the lease.
            until.send_replace(Instant::now());
            waits.notify_one();
            waits.notified().await;
            tokio::task::yield_now().await;
            sent.fetch_add(1, Ordering::SeqCst);
        };
        assert!(guard.writing(call).await.is_none());
        assert_eq!(sent.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_lease_that_is_gone_stops_no_attempt_whose_end_is_being_written() {
        let held = Held::default();
        let key = |attempt| RunKey {
            run_id: RunId::from_uuid(Uuid::nil()),
            attempt,
            workspace_id: WorkspaceId::from_uuid(Uuid::nil()),
            scope_id: ScopeId::from_uuid(Uuid::nil()),
        };
        let (ending, working) = (key(1), key(2));
        let jobs = [ending, working].map(|key| {
            let job = tokio::spawn(std::future::pending::<()>());
            held.begin(key, Instant::now(), |_, _| job.abort_handle());
            job
        });
        held.leave_to_its_end(ending);
        held.stop(&[ending, working]);
        let [written, stopped] = jobs;
        assert!(stopped.await.unwrap_err().is_cancelled());
        assert!(!written.is_finished());
        assert_eq!(held.keys(), [ending], "and it still beats");
        written.abort();
    }

    struct CountOnDrop<'a>(&'a AtomicUsize);

    impl Drop for CountOnDrop<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}
