//! The migrations, and how far a database has come along them.

use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Number, name and text of every migration of a dialect.
pub(super) type Migrations = &'static [(i64, &'static str, &'static str)];

/// The migrations of both dialects, from one list of names.
macro_rules! migrations {
    ($($number:literal $name:literal,)+) => {
        pub(super) const SQLITE: Migrations =
            &[$(($number, $name, include_str!(concat!("../../../../migrations/sqlite/", $name, ".sql")))),+];
        pub(super) const POSTGRES: Migrations =
            &[$(($number, $name, include_str!(concat!("../../../../migrations/postgres/", $name, ".sql")))),+];
    };
}

migrations! {
    1 "0001_core",
    2 "0002_speed",
    3 "0003_own_pages",
    4 "0004_engine",
    5 "0005_queue",
    7 "0007_bulk",
    8 "0008_schedules",
    9 "0009_intents",
    10 "0010_installation",
    11 "0011_console",
    13 "0013_cheaper_starts",
    14 "0014_key_check",
    16 "0016_audit_owner",
    18 "0018_decision_once",
    19 "0019_ends_in_place",
    20 "0020_blocked_wall",
}

/// What brings a database to this version.
pub(super) fn migrator(list: Migrations) -> Migrator {
    use sqlx::SqlSafeStr as _;
    Migrator::with_migrations(
        list.iter()
            .map(|(number, name, text)| {
                let text = text.into_sql_str();
                Migration::new(*number, (*name).into(), MigrationType::Simple, text, false)
            })
            .collect(),
    )
}

/// The migrations of a version whose last one has this number.
#[cfg(debug_assertions)]
pub(super) fn until(list: Migrations, last: i64) -> Migrations {
    let known = list.partition_point(|(number, ..)| *number <= last);
    list.get(..known).unwrap_or(list)
}

/// A migration as a database remembers it.
#[derive(Debug)]
pub(super) struct Applied {
    version: i64,
    description: String,
    checksum: Vec<u8>,
    success: bool,
}

impl From<(i64, String, Vec<u8>, bool)> for Applied {
    fn from((version, description, checksum, success): (i64, String, Vec<u8>, bool)) -> Self {
        Self {
            version,
            description,
            checksum,
            success,
        }
    }
}

/// What a database remembers of its migrations.
pub(super) const APPLIED: &str =
    "select version, description, checksum, success from _sqlx_migrations order by version";

/// How far a database of this program has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// It is at this program's version.
    Current,
    /// It was made by an older version.
    Older {
        /// Its last migration.
        at: i64,
        /// This program's last migration.
        wanted: i64,
    },
    /// It was made by a newer version.
    Newer {
        /// The migration that this program does not know.
        found: i64,
    },
    /// A migration broke off, or is not the one that this program knows.
    Damaged {
        /// Which.
        migration: i64,
    },
}

/// Whether it was this program that began these migrations.
pub(super) fn is_ours(list: Migrations, applied: &[Applied]) -> bool {
    let first = list.first().map(|(number, name, _)| (*number, *name));
    let begun = applied.first().map(|it| (it.version, &*it.description));
    begun.is_some() && begun == first
}

/// How far these migrations go.
pub(super) fn schema_of(list: Migrations, applied: &[Applied]) -> Schema {
    let known = migrator(list);
    for done in applied {
        match known.iter().find(|it| it.version == done.version) {
            None => {
                return Schema::Newer {
                    found: done.version,
                };
            }
            Some(it) if !done.success || *it.checksum != *done.checksum => {
                return Schema::Damaged {
                    migration: done.version,
                };
            }
            Some(_) => {}
        }
    }
    let at = applied.last().map_or(0, |it| it.version);
    let wanted = list.last().map_or(0, |(number, ..)| *number);
    if applied.len() == list.len() {
        Schema::Current
    } else {
        Schema::Older { at, wanted }
    }
}
