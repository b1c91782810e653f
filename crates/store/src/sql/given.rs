//! Rows for one set statement on SQLite: a table `given` in front of it, cut out of one packed value a column.
//!
//! Reading rows out of JSON took a third of a run's processor time, and a value bound for each cell took
//! as much. Here a statement has one text for any number of rows, and its planner is told that they are few.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Mutex, PoisonError},
};

/// The most rows of one statement; more are given to it in parts.
pub(super) const MOST: usize = 1000;

/// How wide an id is.
const ID: usize = 16;
/// How wide a number is, with its sign.
const INT: usize = 20;
/// How wide a place or a length in a column of any width is.
const SPAN: usize = 10;

static TEXTS: Mutex<Option<HashMap<&'static str, &'static str>>> = Mutex::new(None);

/// How a column is packed; what is left blank is null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One after the other; the nil id stands for none.
    Id,
    /// In decimal, one after the other.
    Int,
    /// One after the other, and in a second value where each begins and how long it is.
    Text,
    /// As texts.
    Bytes,
}

/// Packed columns: what is bound in front of a statement's own parameters, in its order.
#[derive(Debug, Default)]
pub(super) struct Packed(pub(super) Vec<Vec<u8>>);

impl Packed {
    /// A column of ids.
    pub(super) fn ids<'a>(&mut self, values: impl Iterator<Item = Option<&'a [u8; ID]>>) {
        let cells = values.flat_map(|id| *id.unwrap_or(&[0; ID]));
        self.0.push(cells.collect());
    }

    /// A column of numbers.
    pub(super) fn ints(&mut self, values: impl Iterator<Item = Option<i64>>) {
        let mut cells = String::new();
        for value in values {
            let _ = match value {
                Some(value) => write!(cells, "{value:INT$}"),
                None => write!(cells, "{:INT$}", ""),
            };
        }
        self.0.push(cells.into_bytes());
    }

    /// A column of values of any width.
    pub(super) fn any<'a>(&mut self, values: impl Iterator<Item = Option<&'a [u8]>>) {
        // Never empty: SQLite has no part of an empty value, not even an empty one.
        let (mut cells, mut spans) = (vec![0], String::new());
        for value in values {
            let _ = match value {
                Some(value) => write!(spans, "{:SPAN$}{:SPAN$}", cells.len() + 1, value.len()),
                None => write!(spans, "{:SPAN$}{:SPAN$}", "", ""),
            };
            cells.extend_from_slice(value.unwrap_or_default());
        }
        self.0.extend([cells, spans.into_bytes()]);
    }
}

/// The statement behind its rows: first how many they are, then their columns, then the statement's own
/// parameters, which its text numbers from `$1`.
pub(super) fn text(statement: &'static str, columns: &[(&'static str, Kind)]) -> &'static str {
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    let texts = texts.get_or_insert_default();
    texts
        .entry(statement)
        .or_insert_with(|| write(statement, columns).leak())
}

fn write(statement: &str, columns: &[(&str, Kind)]) -> String {
    let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
    let (mut cells, mut bound) = (Vec::new(), 1);
    for (_, kind) in columns {
        cells.push(kind.cell(bound + 1));
        bound += kind.values();
    }
    let mut text = format!(
        "with recursive place(i) as (select 0 union all select i + 1 from place where i + 1 < ?1), \
         given({}) as (select {} from place limit {MOST}) ",
        names.join(", "),
        cells.join(", "),
    );
    let mut parts = statement.split('$');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        let number = number.parse::<usize>().unwrap_or_default();
        let _ = write!(text, "?{}{rest}", bound + number);
    }
    text
}

impl Kind {
    /// How many values a column of it is bound as.
    const fn values(self) -> usize {
        match self {
            Self::Id | Self::Int => 1,
            Self::Text | Self::Bytes => 2,
        }
    }

    /// The cell at place `i` of the column that begins with a parameter.
    fn cell(self, parameter: usize) -> String {
        let spans = parameter + 1;
        let span = |at: usize| {
            let blank = hex_of_blanks(SPAN);
            let width = 2 * SPAN;
            format!(
                "cast(nullif(substr(?{spans}, i * {width} + {at}, {SPAN}), {blank}) as integer)"
            )
        };
        let any = || format!("substr(?{parameter}, {}, {})", span(1), span(1 + SPAN));
        match self {
            Self::Id => format!("nullif(substr(?{parameter}, i * {ID} + 1, {ID}), zeroblob({ID}))"),
            Self::Int => {
                let blank = hex_of_blanks(INT);
                format!(
                    "cast(nullif(substr(?{parameter}, i * {INT} + 1, {INT}), {blank}) as integer)"
                )
            }
            Self::Text => format!("cast({} as text)", any()),
            Self::Bytes => any(),
        }
    }
}

fn hex_of_blanks(width: usize) -> String {
    format!("x'{}'", "20".repeat(width))
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection as _, Row as _, SqliteConnection};
    use uuid::Uuid;

    use super::*;
    use crate::sql::Rows;

    type Cells = (i64, Option<Uuid>, Option<i64>, Option<String>, Vec<u8>);

    #[tokio::test]
    async fn what_is_packed_comes_out_as_it_went_in() {
        let texts = [
            None,
            Some(""),
            Some("Zürich, 'it''s' $1 ?"),
            Some("\0"),
            Some("  "),
        ];
        let numbers = [Some(i64::MIN), None, Some(i64::MAX), Some(0), Some(-1)];
        let told: Vec<Cells> = (0..2 * MOST + 3)
            .map(|at| {
                let id = (at % 3 > 0).then(|| Uuid::from_u128(at as u128));
                let text = texts.get(at % 5).copied().flatten().map(str::to_owned);
                let number = numbers.get(at % 5).copied().flatten();
                (at as i64 + 7, id, number, text, vec![0, 255, at as u8])
            })
            .collect();
        let rows = Rows::default()
            .ids("run", told.iter().map(|it| it.1))
            .ints("attempt", told.iter().map(|it| it.2))
            .texts("reason", told.iter().map(|it| it.3.clone()))
            .bytes("hash", told.iter().map(|it| it.4.clone()));
        let statement = "select $2 as own, run, attempt, reason, hash, $1 as other from given";
        let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let mut found: Vec<Cells> = Vec::new();
        for query in rows.given(statement) {
            let part = query
                .bind(3_i64)
                .bind("own")
                .fetch_all(&mut db)
                .await
                .unwrap();
            for row in part {
                assert_eq!((row.get("own"), row.get("other")), ("own", 3_i64));
                let at = found.len() as i64 + 7;
                found.push((
                    at,
                    row.get("run"),
                    row.get("attempt"),
                    row.get("reason"),
                    row.get("hash"),
                ));
            }
        }
        assert_eq!(found, told);
    }

    #[test]
    fn a_statement_numbers_its_own_parameters_behind_those_of_the_rows() {
        let columns = [("run", Kind::Id), ("reason", Kind::Text)];
        let text = write("update t set a = $2, b = $1 from given", &columns);
        assert!(
            text.ends_with("limit 1000) update t set a = ?6, b = ?5 from given"),
            "{text}"
        );
    }
}
