//! Looking at a database before anything is done to it.

use domain::operation::Habitat;

use super::{
    OpenError,
    schema::{Applied, Migrations, Schema, is_ours, schema_of},
};
use crate::error::StoreError;

/// Where the migrator remembers what it did.
pub(super) const MIGRATIONS: &str = "_sqlx_migrations";
/// Where a database says what it was made as.
pub(super) const INSTALLATION: &str = "installation";

/// What stands where a database URL leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is no such file; nothing was made.
    Absent,
    /// A database without tables.
    Empty,
    /// A database of something else.
    Foreign {
        /// One of its tables.
        table: String,
    },
    /// A database of this program.
    Ours {
        /// What it was made as.
        habitat: Habitat,
        /// Which version it is at.
        schema: Schema,
    },
}

impl Standing {
    /// Whether it is a database of this program at this version.
    pub(super) const fn is_current(&self) -> bool {
        let schema = match self {
            Self::Ours { schema, .. } => schema,
            Self::Absent | Self::Empty | Self::Foreign { .. } => return false,
        };
        matches!(schema, Schema::Current)
    }
}

/// What a look found.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) tables: Vec<String>,
    pub(super) applied: Vec<Applied>,
    pub(super) habitat: Option<String>,
}

impl Seen {
    pub(super) fn has(&self, table: &str) -> bool {
        self.tables.iter().any(|it| it == table)
    }
}

/// Says whose database it is.
pub(super) fn judge(list: Migrations, seen: Seen) -> Result<Standing, OpenError> {
    if is_ours(list, &seen.applied) {
        let habitat = match seen.habitat {
            None => Habitat::Product,
            Some(word) => {
                Habitat::parse(&word).ok_or(OpenError::Unreadable(StoreError::UnknownWord {
                    column: "habitat",
                    word,
                }))?
            }
        };
        let schema = schema_of(list, &seen.applied);
        return Ok(Standing::Ours { habitat, schema });
    }
    // A first start that broke off leaves the migrator's own table, with nothing in it.
    let begun = seen.applied.is_empty();
    let other = |table: &String| !(begun && table == MIGRATIONS);
    let foreign = seen.tables.into_iter().find(other);
    Ok(foreign.map_or(Standing::Empty, |table| Standing::Foreign { table }))
}
