//! Plays a case on either database, each time in a world of its own.

use std::{
    cell::RefCell,
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    pin::Pin,
    sync::{Arc, Once},
};

use store::conformance::{postgres_database_create, postgres_database_drop};

use tracing::dispatcher::DefaultGuard;

use crate::{heard::Heard, world::World};

pub type Case = fn(Arc<World>) -> Pin<Box<dyn Future<Output = ()> + Send>>;

fn builder() -> tokio::runtime::Builder {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all();
    builder
}

fn runtime() -> tokio::runtime::Runtime {
    builder().build().unwrap()
}

pub fn on_sqlite(case: Case) {
    let folder = tempfile::tempdir().unwrap();
    on_sqlite_in(folder.path(), case);
}

/// Plays a case on a SQLite file in this folder, which stays for a look afterwards.
pub fn on_sqlite_in<F: Future<Output = ()>>(folder: &Path, case: impl FnOnce(Arc<World>) -> F) {
    runtime().block_on(in_folder(folder, case));
}

/// The same, and what any of its threads says is heard; the log of another case is not.
pub fn on_sqlite_heard<F: Future<Output = ()>>(
    folder: &Path,
    heard: &Heard,
    case: impl FnOnce(Arc<World>) -> F,
) {
    thread_local! {
        static LISTENING: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
    }
    let dispatch = heard.dispatch();
    let on_each = dispatch.clone();
    let runtime = builder()
        .on_thread_start(move || {
            LISTENING.set(Some(tracing::dispatcher::set_default(&on_each)));
        })
        .on_thread_stop(|| LISTENING.set(None))
        .build()
        .unwrap();
    tracing::dispatcher::with_default(&dispatch, || runtime.block_on(in_folder(folder, case)));
}

async fn in_folder<F: Future<Output = ()>>(folder: &Path, case: impl FnOnce(Arc<World>) -> F) {
    let url = format!("sqlite:{}", folder.join("case.db").display());
    let world = Arc::new(World::new(&url).await);
    case(Arc::clone(&world)).await;
    world.services.store().close().await;
}

pub fn on_postgres(case: Case) {
    let Ok(server) = std::env::var("TENANT_ATLAS_TEST_PG") else {
        say_that_postgres_is_left_out();
        return;
    };
    let runtime = runtime();
    let url = runtime.block_on(postgres_database_create(&server)).unwrap();
    let played = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let world = Arc::new(World::new(&url).await);
            case(Arc::clone(&world)).await;
            world.services.store().close().await;
        });
    }));
    runtime
        .block_on(postgres_database_drop(&server, &url))
        .unwrap();
    if let Err(panic) = played {
        resume_unwind(panic);
    }
}

/// Past the capturing of test output: nobody may take half a suite for a whole one.
fn say_that_postgres_is_left_out() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        let _ = writeln!(
            std::io::stderr(),
            "PostgreSQL half NOT RUN: set TENANT_ATLAS_TEST_PG to the URL of a server to run it"
        );
    });
}

/// Makes each named case a test on either database.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { crate::play::on_sqlite(|world| Box::pin(super::$name(world))); })+
        }
        mod postgres {
            $(#[test] fn $name() { crate::play::on_postgres(|world| Box::pin(super::$name(world))); })+
        }
    };
}
pub(crate) use on_both;
