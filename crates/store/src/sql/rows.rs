//! Many rows for one set statement: packed columns for SQLite, an array a column for PostgreSQL's `unnest`.

use sqlx::{Postgres, Sqlite, postgres::PgArguments, query::Query, sqlite::SqliteArguments};
use uuid::Uuid;

use super::given::{self, Kind, MOST, Packed};

/// Rows, column by column; the first parameters of a statement, before all others.
///
/// PostgreSQL sees one array a column, `$1` and so on, and numbers the others after them. SQLite sees a table
/// `given` with the columns' names, and numbers the others from `$1`.
#[derive(Debug, Default)]
pub(crate) struct Rows(Vec<(&'static str, Column)>);

/// The values of one column.
#[derive(Debug)]
enum Column {
    Ids(Vec<Option<Uuid>>),
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Vec<u8>>),
}

impl Rows {
    /// A column of ids.
    pub(crate) fn ids<I: Into<Option<Uuid>>>(
        self,
        name: &'static str,
        values: impl Iterator<Item = I>,
    ) -> Self {
        self.with(name, Column::Ids(values.map(Into::into).collect()))
    }

    /// A column of numbers.
    pub(crate) fn ints<I: Into<Option<i64>>>(
        self,
        name: &'static str,
        values: impl Iterator<Item = I>,
    ) -> Self {
        self.with(name, Column::Ints(values.map(Into::into).collect()))
    }

    /// A column of texts.
    pub(crate) fn texts<T: Into<Option<String>>>(
        self,
        name: &'static str,
        values: impl Iterator<Item = T>,
    ) -> Self {
        self.with(name, Column::Texts(values.map(Into::into).collect()))
    }

    /// A column of hashes.
    pub(crate) fn bytes(self, name: &'static str, values: impl Iterator<Item = Vec<u8>>) -> Self {
        self.with(name, Column::Bytes(values.collect()))
    }

    /// These and then others, for PostgreSQL alone: its arrays need not be of one length.
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    fn with(mut self, name: &'static str, column: Column) -> Self {
        self.0.push((name, column));
        self
    }

    fn count(&self) -> usize {
        self.0.first().map_or(0, |(_, column)| column.count())
    }

    /// The statement for SQLite with each part of these rows in front of it.
    pub(super) fn given(
        &self,
        statement: &'static str,
    ) -> impl Iterator<Item = Query<'static, Sqlite, SqliteArguments>> {
        let columns: Vec<_> = self.0.iter().map(|(name, it)| (*name, it.kind())).collect();
        let text = given::text(statement, &columns);
        (0..self.count()).step_by(MOST).map(move |from| {
            let mut packed = Packed::default();
            for (_, column) in &self.0 {
                column.pack(from, &mut packed);
            }
            let rows = MOST.min(self.count() - from);
            let query = sqlx::query(text).bind(i64::try_from(rows).unwrap_or(i64::MAX));
            packed.0.into_iter().fold(query, Query::bind)
        })
    }

    /// The query with these rows as its first parameters.
    pub(super) fn bind_postgres(
        self,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Query<'_, Postgres, PgArguments> {
        self.0
            .into_iter()
            .fold(query, |query, (_, column)| match column {
                Column::Ids(values) => query.bind(values),
                Column::Ints(values) => query.bind(values),
                Column::Texts(values) => query.bind(values),
                Column::Bytes(values) => query.bind(values),
            })
    }
}

impl Column {
    fn count(&self) -> usize {
        match self {
            Self::Ids(values) => values.len(),
            Self::Ints(values) => values.len(),
            Self::Texts(values) => values.len(),
            Self::Bytes(values) => values.len(),
        }
    }

    const fn kind(&self) -> Kind {
        match self {
            Self::Ids(_) => Kind::Id,
            Self::Ints(_) => Kind::Int,
            Self::Texts(_) => Kind::Text,
            Self::Bytes(_) => Kind::Bytes,
        }
    }

    /// Packs the part of the column that begins with a row.
    fn pack(&self, from: usize, into: &mut Packed) {
        match self {
            Self::Ids(values) => {
                let part = values.iter().skip(from).take(MOST);
                into.ids(part.map(|id| id.as_ref().map(Uuid::as_bytes)));
            }
            Self::Ints(values) => into.ints(values.iter().skip(from).take(MOST).copied()),
            Self::Texts(values) => {
                let part = values.iter().skip(from).take(MOST);
                into.any(part.map(|text| text.as_deref().map(str::as_bytes)));
            }
            Self::Bytes(values) => {
                let part = values.iter().skip(from).take(MOST);
                into.any(part.map(|bytes| Some(&**bytes)));
            }
        }
    }
}
