//! Many rows for one set statement: JSON for SQLite's `jsonb_each`, an array a column for PostgreSQL's `unnest`.
//!
//! Each database reads its own form several times faster than the other's would be read.

use serde::{Serialize, Serializer, ser::SerializeMap as _, ser::SerializeSeq as _};
use sqlx::{Postgres, Sqlite, postgres::PgArguments, query::Query, sqlite::SqliteArguments};
use uuid::Uuid;

use crate::{
    audit::{hex, to_json},
    error::StoreError,
};

/// Rows, column by column; the first parameters of a statement, before all others.
///
/// SQLite sees one parameter, an array of objects with the columns' names; PostgreSQL one array a column.
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
    /// A column of ids; SQLite reads them with `unhex`.
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

    /// A column of hashes; SQLite reads them with `unhex`.
    pub(crate) fn bytes(self, name: &'static str, values: impl Iterator<Item = Vec<u8>>) -> Self {
        self.with(name, Column::Bytes(values.collect()))
    }

    fn with(mut self, name: &'static str, column: Column) -> Self {
        self.0.push((name, column));
        self
    }

    fn count(&self) -> usize {
        self.0.first().map_or(0, |(_, column)| column.count())
    }

    /// The query with these rows as its first parameter.
    pub(super) fn bind_sqlite<'q>(
        &self,
        query: Query<'q, Sqlite, SqliteArguments>,
    ) -> Result<Query<'q, Sqlite, SqliteArguments>, StoreError> {
        Ok(query.bind(to_json(self)?))
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
}

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.count()))?;
        for index in 0..self.count() {
            rows.serialize_element(&One { rows: self, index })?;
        }
        rows.end()
    }
}

/// One row of many, as an object.
struct One<'a> {
    rows: &'a Rows,
    index: usize,
}

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(self.rows.0.len()))?;
        for (name, column) in &self.rows.0 {
            match column {
                Column::Ids(values) => {
                    let id = values.get(self.index).copied().flatten();
                    object.serialize_entry(name, &id.map(Uuid::simple))?;
                }
                Column::Ints(values) => {
                    object.serialize_entry(name, &values.get(self.index).copied().flatten())?;
                }
                Column::Texts(values) => {
                    object
                        .serialize_entry(name, &values.get(self.index).and_then(Option::as_ref))?;
                }
                Column::Bytes(values) => {
                    object.serialize_entry(name, &values.get(self.index).map(|v| hex(v)))?;
                }
            }
        }
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_reads_rows_as_objects_with_nulls_where_nothing_is() {
        let id = Uuid::from_u128(7);
        let rows = Rows::default()
            .ids("run", [Some(id), None].into_iter())
            .ints("attempt", [1, 2].into_iter())
            .texts("reason", [None, Some("why".to_owned())].into_iter())
            .bytes("hash", [vec![1, 255], vec![]].into_iter());
        assert_eq!(
            to_json(&rows).ok().as_deref(),
            Some(
                r#"[{"run":"00000000000000000000000000000007","attempt":1,"reason":null,"hash":"01ff"},{"run":null,"attempt":2,"reason":"why","hash":""}]"#
            )
        );
    }
}
