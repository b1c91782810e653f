//! Statements put together from constant pieces: filters of lists, and nothing else.

use sqlx::{Database, Encode, Postgres, QueryBuilder, Sqlite, Type};
use uuid::Uuid;

use super::Value;

/// A statement made of constant text and bound values; no text in it ever comes from outside.
#[derive(Debug)]
pub(crate) struct Fragments {
    pub(crate) name: &'static str,
    pieces: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    Text(&'static str),
    Bind(Value),
    /// What the databases spell differently: SQLite's pieces, PostgreSQL's pieces.
    Either(Vec<Piece>, Vec<Piece>),
}

impl Fragments {
    /// Starts with a constant text.
    pub(crate) fn new(name: &'static str, text: &'static str) -> Self {
        Self {
            name,
            pieces: vec![Piece::Text(text)],
        }
    }

    /// Goes on with a constant text.
    pub(crate) fn push(&mut self, text: &'static str) -> &mut Self {
        self.pieces.push(Piece::Text(text));
        self
    }

    /// Goes on with a bound value.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.pieces.push(Piece::Bind(value.into()));
        self
    }

    /// Goes on with what SQLite, then with what PostgreSQL is told.
    pub(crate) fn either(
        &mut self,
        sqlite: impl FnOnce(&mut Self),
        postgres: impl FnOnce(&mut Self),
    ) -> &mut Self {
        let [mut lite, mut pg] = [(); 2].map(|()| Self::new(self.name, ""));
        sqlite(&mut lite);
        postgres(&mut pg);
        self.pieces.push(Piece::Either(lite.pieces, pg.pieces));
        self
    }

    /// Goes on with a bound list, `(a, b, c)`; an empty list matches nothing.
    pub(crate) fn list<V: Into<Value>>(
        &mut self,
        values: impl IntoIterator<Item = V>,
    ) -> &mut Self {
        self.push("(");
        let mut first = true;
        for value in values {
            if !first {
                self.push(", ");
            }
            first = false;
            self.bind(value);
        }
        if first {
            self.push("null");
        }
        self.push(")")
    }

    pub(crate) fn sqlite(self) -> QueryBuilder<Sqlite> {
        let mut query = QueryBuilder::new("");
        push(&mut query, self.pieces, |sqlite, _| sqlite);
        query
    }

    pub(crate) fn postgres(self) -> QueryBuilder<Postgres> {
        let mut query = QueryBuilder::new("");
        push(&mut query, self.pieces, |_, postgres| postgres);
        query
    }
}

/// Appends pieces to a query; of what is spelled differently, the side that `ours` takes.
fn push<DB: Database>(
    query: &mut QueryBuilder<DB>,
    pieces: Vec<Piece>,
    ours: fn(Vec<Piece>, Vec<Piece>) -> Vec<Piece>,
) where
    Option<i64>: Bound<DB>,
    Option<String>: Bound<DB>,
    Option<Uuid>: Bound<DB>,
    bool: Bound<DB>,
    Option<Vec<u8>>: Bound<DB>,
{
    for piece in pieces {
        match piece {
            Piece::Text(text) => query.push(text),
            Piece::Bind(Value::Int(v)) => query.push_bind(v),
            Piece::Bind(Value::Text(v)) => query.push_bind(v),
            Piece::Bind(Value::Id(v)) => query.push_bind(v),
            Piece::Bind(Value::Flag(v)) => query.push_bind(v),
            Piece::Bind(Value::Bytes(v)) => query.push_bind(v),
            Piece::Either(sqlite, postgres) => {
                push(query, ours(sqlite, postgres), ours);
                continue;
            }
        };
    }
}

/// A value that a database takes.
trait Bound<DB: Database>: for<'q> Encode<'q, DB> + Type<DB> + Send + 'static {}

impl<DB: Database, T: for<'q> Encode<'q, DB> + Type<DB> + Send + 'static> Bound<DB> for T {}
