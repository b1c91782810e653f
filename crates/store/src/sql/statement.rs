//! A statement: its name and its text in each dialect.

/// One SQL statement.
///
/// The name stands in logs and lets the conformance suite prove that every statement ran on both databases.
#[derive(Debug)]
pub(crate) struct Statement {
    /// Its name, a noun and a verb.
    pub(crate) name: &'static str,
    /// Its SQLite text.
    pub(crate) sqlite: &'static str,
    /// Its PostgreSQL text.
    pub(crate) postgres: &'static str,
}

/// A statement whose text both databases take.
pub(crate) const fn same(name: &'static str, text: &'static str) -> Statement {
    Statement {
        name,
        sqlite: text,
        postgres: text,
    }
}

/// A statement that the databases spell differently.
pub(crate) const fn dialects(
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
) -> Statement {
    Statement {
        name,
        sqlite,
        postgres,
    }
}

/// A statement of SQLite's: PostgreSQL does the same within another one.
pub(crate) const fn on_sqlite(name: &'static str, text: &'static str) -> Statement {
    dialects(name, text, "")
}

/// A statement of PostgreSQL's that does what SQLite does with several.
pub(crate) const fn on_postgres(name: &'static str, text: &'static str) -> Statement {
    dialects(name, "", text)
}

/// Remembers which statements ran, for the conformance suite.
#[cfg(debug_assertions)]
pub(crate) mod log {
    use std::{collections::BTreeSet, sync::Mutex};

    static RAN: Mutex<BTreeSet<(&'static str, &'static str)>> = Mutex::new(BTreeSet::new());

    pub(crate) fn ran(dialect: &'static str, name: &'static str) {
        if let Ok(mut ran) = RAN.lock() {
            ran.insert((dialect, name));
        }
    }

    pub(crate) fn names(dialect: &str) -> BTreeSet<&'static str> {
        RAN.lock().map_or_else(
            |_| BTreeSet::new(),
            |ran| {
                ran.iter()
                    .filter(|(d, _)| *d == dialect)
                    .map(|(_, name)| *name)
                    .collect()
            },
        )
    }
}

/// Lets a test be in between: something to wait for before each statement of one piece of work.
#[cfg(debug_assertions)]
pub(crate) mod border {
    use std::{pin::Pin, sync::Arc};

    /// What is waited for at one border.
    pub type Pause = Pin<Box<dyn Future<Output = ()> + Send>>;

    /// Asked before each statement, each `begin` and each `commit`, with its name.
    pub type Border = Arc<dyn Fn(&'static str) -> Pause + Send + Sync>;

    tokio::task_local! {
        static BORDER: Border;
    }

    pub(crate) async fn reach(name: &'static str) {
        if let Ok(border) = BORDER.try_with(Arc::clone) {
            border(name).await;
        }
    }

    /// The work, with the border that is set here, if one is.
    pub(crate) fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
        let border = BORDER.try_with(Arc::clone).ok();
        async move {
            match border {
                Some(border) => within(border, work).await,
                None => work.await,
            }
        }
    }

    pub(crate) async fn within<T>(border: Border, work: impl Future<Output = T>) -> T {
        BORDER.scope(border, work).await
    }
}
