//! Whether a query names what a type has, and compares what can be compared.
//!
//! Graph finds this out before any part of it is asked, and says it alike for all of them.

use super::{Kind, Property, Type};
use crate::catalogue::Version;
use crate::errors::Problem;
use crate::odata::{Filter, Literal, Query, counted};

/// Refuses a query that names a property which the type does not have.
pub(crate) fn check(query: &Query, kind: &'static Type, version: Version) -> Result<(), Problem> {
    let checked = Checked {
        kind,
        version,
        scope: Scope::Object,
    };
    for name in &query.select {
        if name != "*" {
            checked.known(name, "Parsing OData Select and Expand failed: ")?;
        }
    }
    for wanted in &query.expand {
        checked.expanded(&wanted.name)?;
    }
    for order in &query.order {
        checked.known(&order.field, "")?;
    }
    match &query.filter {
        Some(filter) => checked.filter(filter),
        None => Ok(()),
    }
}

struct Checked {
    kind: &'static Type,
    version: Version,
    scope: Scope,
}

/// What the names of a condition belong to.
#[derive(Clone, Copy)]
enum Scope {
    Object,
    /// One of the values of a property, which is what an empty path means; nothing is known about names below it.
    Item(Option<Property>),
}

impl Checked {
    /// The property that an address names; `None` where nothing is known about it.
    fn known(&self, path: &str, where_: &str) -> Result<Option<&'static Property>, Problem> {
        let (name, below) = match path.split_once('/') {
            Some((name, below)) => (name, Some(below)),
            None => (path, None),
        };
        // A type in the path, and annotations as `members@delta`.
        if name.contains(['.', '@']) || self.kind.takes_extension(name) {
            return Ok(None);
        }
        match self.kind.addressed(name, self.version) {
            Some(_) if below.is_some() => Ok(None),
            Some(found) => Ok(Some(found)),
            None => Err(self.unknown(name, where_)),
        }
    }

    fn unknown(&self, name: &str, where_: &str) -> Problem {
        let (name, kind) = (crate::routes::short(name), self.kind.name);
        Problem::InvalidQuery(format!(
            "{where_}Could not find a property named '{name}' on type 'microsoft.graph.{kind}'."
        ))
    }

    fn expanded(&self, name: &str) -> Result<(), Problem> {
        let found = self.known(name, "Parsing OData Select and Expand failed: ")?;
        match found.filter(|found| !matches!(found.kind, Kind::Link | Kind::Complex | Kind::Any)) {
            None => Ok(()),
            Some(found) => Err(Problem::InvalidQuery(format!(
                "Parsing OData Select and Expand failed: Property '{}' on type 'microsoft.graph.{}' is not a \
                 navigation property or complex property. Only navigation properties can be expanded.",
                found.name, self.kind.name
            ))),
        }
    }

    fn filter(&self, filter: &Filter) -> Result<(), Problem> {
        match filter {
            Filter::And(left, right) | Filter::Or(left, right) => {
                self.filter(left)?;
                self.filter(right)
            }
            Filter::Not(inner) => self.filter(inner),
            Filter::Equals { field, value } => self.compared(field, value, "Equal"),
            Filter::Differs { field, value } => self.compared(field, value, "NotEqual"),
            Filter::OneOf { field, values } => values
                .iter()
                .try_for_each(|value| self.compared(field, value, "Equal")),
            Filter::Compared {
                field,
                order,
                value,
            } => self.compared(field, value, order.name()),
            Filter::HasText { field, place, .. } => self.text(field, place.name()),
            Filter::IsOf { .. } => Ok(()),
            Filter::Has { field, .. } => self.flags(field),
            Filter::NotEmpty { field } => self.collection(field).map(|_| ()),
            Filter::Any { field, item } | Filter::All { field, item } => {
                let scope = Scope::Item(self.collection(field)?);
                Checked { scope, ..*self }.filter(item)
            }
        }
    }

    fn field(&self, field: &str) -> Result<Option<Property>, Problem> {
        match self.scope {
            Scope::Item(item) if field.is_empty() => Ok(item),
            Scope::Item(_) => Ok(None),
            Scope::Object => {
                if let Some(collection) = counted(field) {
                    return self.counted(collection).map(|()| None);
                }
                Ok(self.known(field, CLAUSE)?.copied())
            }
        }
    }

    /// What lies behind another object is not counted here; Graph counts it for a few types.
    fn counted(&self, collection: &str) -> Result<(), Problem> {
        match self.known(collection, CLAUSE)? {
            Some(found) if !found.is_many || found.kind == Kind::Link => {
                Err(Problem::UnsupportedQuery(format!(
                    "Unsupported or invalid query filter clause: '{}/$count'.",
                    found.name
                )))
            }
            _ => Ok(()),
        }
    }

    fn flags(&self, field: &str) -> Result<(), Problem> {
        match self.field(field)? {
            Some(found) if !matches!(found.kind, Kind::Enum | Kind::Flags | Kind::Any) => {
                Err(Problem::InvalidQuery(format!(
                    "{CLAUSE}A binary operator with incompatible types was detected. Found operand types '{}' and \
                     'Edm.String' for operator kind 'Has'.",
                    found.kind.edm()
                )))
            }
            _ => Ok(()),
        }
    }

    fn compared(&self, field: &str, value: &Literal, operator: &str) -> Result<(), Problem> {
        match self.field(field)? {
            Some(found) if !found.is_many => compatible(&found, value, operator),
            _ => Ok(()),
        }
    }

    fn text(&self, field: &str, function: &str) -> Result<(), Problem> {
        let is_text = |kind| !matches!(kind, Kind::Bool | Kind::Int | Kind::Double | Kind::Time);
        match self.field(field)? {
            Some(found) if !found.is_many && !is_text(found.kind) => {
                Err(Problem::InvalidQuery(format!(
                    "{CLAUSE}No function signature for the function with name '{function}' matches the specified \
                     arguments. The function signatures considered are: {function}(Edm.String Nullable=true, \
                     Edm.String Nullable=true)."
                )))
            }
            _ => Ok(()),
        }
    }

    /// The property of a lambda, as each of its values is.
    fn collection(&self, field: &str) -> Result<Option<Property>, Problem> {
        match self.field(field)? {
            Some(found) if found.is_many || found.kind == Kind::Flags => Ok(Some(Property {
                is_many: false,
                ..found
            })),
            Some(found) if found.kind == Kind::Any => Ok(None),
            Some(_) => Err(Problem::InvalidQuery(format!(
                "{CLAUSE}Any/All may only be used following a collection."
            ))),
            None => Ok(None),
        }
    }
}

const CLAUSE: &str = "Invalid filter clause: ";

/// Refuses a comparison of two kinds that have no common order.
fn compatible(found: &Property, literal: &Literal, operator: &str) -> Result<(), Problem> {
    let other = literal.edm();
    let fits = match (found.kind, other) {
        (_, None) => true,
        // A GUID is taken with and without its quotes, on either side.
        (Kind::Text | Kind::Guid, Some(other)) => other == "Edm.String" || other == "Edm.Guid",
        (Kind::Bool, Some(other)) => other == "Edm.Boolean",
        (Kind::Int | Kind::Double, Some(other)) => other == "Edm.Int32" || other == "Edm.Double",
        (Kind::Time | Kind::Date, Some(other)) => other == "Edm.DateTimeOffset",
        (Kind::Enum, Some(other)) => other == "Edm.String",
        _ => true,
    };
    match other {
        Some(other) if !fits => Err(Problem::InvalidQuery(format!(
            "{CLAUSE}A binary operator with incompatible types was detected. Found operand types '{}' and '{other}' \
             for operator kind '{operator}'.",
            found.kind.edm()
        ))),
        _ => Ok(()),
    }
}
