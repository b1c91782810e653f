//! The one place where the two databases differ in code: values in, rows out, transactions.

mod db;
mod fragments;
mod given;
mod id_list;
mod refused;
mod row;
mod rows;
mod statement;
mod tx;
mod value;

pub(crate) use db::{Db, Sessions, Walk};
pub(crate) use fragments::Fragments;
pub(crate) use id_list::id_list;
pub(crate) use refused::Refused;
pub(crate) use row::Row;
pub(crate) use rows::Rows;
pub(crate) use statement::{Statement, dialects, on_postgres, on_sqlite, same};
#[cfg(debug_assertions)]
pub(crate) use statement::{border, log::names as statements_run};
pub(crate) use tx::{Line, Tx, note};
pub(crate) use value::{Value, args};
