//! Which properties each type has, as Graph declares them: names, kinds, and since which version.

mod body;
mod edm;
mod query;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::catalogue::Version;

pub(crate) use body::check as check_body;
pub(crate) use edm::{SINGLETONS, describe, entity_sets};
pub(crate) use query::check as check_query;

/// What a property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Bool,
    Int,
    Double,
    Time,
    Date,
    TimeOfDay,
    Duration,
    Guid,
    Bytes,
    Enum,
    /// Members of an enumeration, in one text or in a list.
    Flags,
    Complex,
    /// A navigation property: other objects.
    Link,
    /// Anything at all.
    Any,
}

impl Kind {
    fn of(word: &str) -> Self {
        match word {
            "string" => Self::Text,
            "bool" => Self::Bool,
            "int" => Self::Int,
            "double" => Self::Double,
            "time" => Self::Time,
            "date" => Self::Date,
            "clock" => Self::TimeOfDay,
            "duration" => Self::Duration,
            "guid" => Self::Guid,
            "bytes" => Self::Bytes,
            "enum" => Self::Enum,
            "flags" => Self::Flags,
            "complex" => Self::Complex,
            "link" => Self::Link,
            _ => Self::Any,
        }
    }

    /// Its name in the language of OData; what has a type of its own is left untyped.
    pub(crate) fn edm(self) -> &'static str {
        match self {
            // Members of enumerations are sent as their names.
            Self::Text | Self::Enum | Self::Flags => "Edm.String",
            Self::Bool => "Edm.Boolean",
            Self::Int => "Edm.Int32",
            Self::Double => "Edm.Double",
            Self::Time => "Edm.DateTimeOffset",
            Self::Date => "Edm.Date",
            Self::TimeOfDay => "Edm.TimeOfDay",
            Self::Duration => "Edm.Duration",
            Self::Guid => "Edm.Guid",
            Self::Bytes => "Edm.Binary",
            Self::Complex | Self::Link | Self::Any => "Edm.Untyped",
        }
    }
}

/// One property of a type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// It is a collection.
    pub(crate) is_many: bool,
    is_beta: bool,
}

/// One type of object.
#[derive(Debug)]
pub(crate) struct Type {
    pub(crate) name: &'static str,
    pub(crate) base: Option<&'static str>,
    /// Objects of it may have extensions, which nothing here declares.
    pub(crate) is_open: bool,
    is_beta: bool,
    properties: Vec<Property>,
}

impl Type {
    /// The type of that name, with or without its namespace, in any case.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        let name = name.trim_start_matches('#');
        let bare = name.strip_prefix("microsoft.graph.").unwrap_or(name);
        TYPES.get(bare.to_ascii_lowercase().as_str())
    }

    /// The type, its base, and so on.
    fn line(&'static self) -> impl Iterator<Item = &'static Self> {
        std::iter::successors(Some(self), |known| Self::named(known.base?))
    }

    /// Whether objects of this type are objects of `other` too.
    pub(crate) fn is_a(&'static self, other: &Self) -> bool {
        self.line().any(|known| known.name == other.name)
    }

    pub(crate) fn is_in(&self, version: Version) -> bool {
        version == Version::Beta || !self.is_beta
    }

    /// The properties that it declares itself, and a version knows.
    pub(crate) fn own(&self, version: Version) -> impl Iterator<Item = &Property> {
        let open = self.is_open;
        self.properties
            .iter()
            .filter(move |own| version == Version::Beta || !own.is_beta || open)
    }

    /// The declared property of exactly this name.
    pub(crate) fn property(
        &'static self,
        name: &str,
        version: Version,
    ) -> Option<&'static Property> {
        self.line()
            .find_map(|known| known.own(version).find(|own| own.name == name))
    }

    /// The declared property of this name in any case, as addresses are read.
    pub(crate) fn addressed(
        &'static self,
        name: &str,
        version: Version,
    ) -> Option<&'static Property> {
        self.line().find_map(|known| {
            known
                .own(version)
                .find(|own| own.name.eq_ignore_ascii_case(name))
        })
    }

    /// Whether a name may be an extension of an object: all of them have an underscore.
    pub(crate) fn takes_extension(&self, name: &str) -> bool {
        self.is_open && name.contains('_')
    }
}

/// All of them, by their names in lower case.
static TYPES: LazyLock<HashMap<String, Type>> = LazyLock::new(|| {
    let declared = read(include_str!("declared.txt"));
    let named = declared
        .into_iter()
        .map(|known| (known.name.to_ascii_lowercase(), known));
    named.collect()
});

/// Every type that a version knows, in the order of their names.
pub(crate) fn all(version: Version) -> Vec<&'static Type> {
    let mut all: Vec<_> = TYPES
        .values()
        .filter(|known| known.is_in(version))
        .collect();
    all.sort_by_key(|known| known.name);
    all
}

fn read(text: &'static str) -> Vec<Type> {
    let mut types: Vec<Type> = Vec::new();
    let mut now = (Kind::Any, false, false);
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (line, is_beta) = match line.trim_start().strip_prefix("beta ") {
            Some(rest) if !line.starts_with(' ') => (rest, true),
            _ => (line, false),
        };
        if !line.starts_with(' ') {
            let (line, is_open) = match line.strip_suffix(" open") {
                Some(rest) => (rest, true),
                None => (line, false),
            };
            let (name, base) = match line.split_once(" : ") {
                Some((name, base)) => (name, Some(base)),
                None => (line, None),
            };
            types.push(Type {
                name,
                base,
                is_open,
                is_beta,
                properties: Vec::new(),
            });
            continue;
        }
        let mut names = line.trim();
        if let Some((kind, rest)) = names.split_once('=') {
            let (kind, is_beta) = match kind.strip_prefix("beta ") {
                Some(kind) => (kind, true),
                None => (kind, false),
            };
            now = (
                Kind::of(kind.trim_end_matches('*')),
                kind.ends_with('*'),
                is_beta,
            );
            names = rest;
        }
        let (kind, is_many, is_beta) = now;
        if let Some(known) = types.last_mut() {
            let own = names.split_whitespace();
            known.properties.extend(own.map(|name| Property {
                name,
                kind,
                is_many,
                is_beta,
            }));
        }
    }
    types
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;
    use crate::{Clock, ControlApi, Sandbox, SandboxConfig, Scale};

    #[test]
    fn what_is_declared_is_read_whole() {
        let group = Type::named("#microsoft.graph.Group").unwrap();
        let name = group.property("displayName", Version::V1).unwrap();
        assert_eq!((name.kind, name.is_many), (Kind::Text, false));
        assert_eq!(group.property("id", Version::V1).unwrap().kind, Kind::Text);
        assert!(group.property("displayname", Version::V1).is_none());
        assert!(group.addressed("displayname", Version::V1).is_some());
        assert!(group.property("groupTypes", Version::V1).unwrap().is_many);
        let general = Type::named("windows10GeneralConfiguration").unwrap();
        assert!(general.is_a(Type::named("deviceConfiguration").unwrap()));
        assert!(general.property("roleScopeTagIds", Version::V1).is_none());
        assert!(general.property("roleScopeTagIds", Version::Beta).is_some());
        assert!(!Type::named("roleScopeTag").unwrap().is_in(Version::V1));
        let lost = TYPES
            .values()
            .filter(|known| known.base.is_some_and(|base| Type::named(base).is_none()));
        assert_eq!(lost.count(), 0);
    }

    #[test]
    fn every_collection_has_a_type_and_every_object_has_what_its_type_declares() {
        let config = SandboxConfig {
            seed: 7,
            tenants: 3,
            scale: Scale::Small,
            control: ControlApi::Off,
        };
        let sandbox = Sandbox::generate(config, Clock::system());
        let mut wrong = std::collections::BTreeSet::new();
        for (tenant, collection) in sandbox
            .tenants()
            .iter()
            .flat_map(|tenant| catalogue::all().map(|known| (tenant.tenant_id.clone(), known)))
        {
            let base = Type::named(collection.kind).unwrap();
            let tenant = sandbox.tenant(&tenant).unwrap();
            let entities: Vec<_> =
                tenant.with(collection, |entities| entities.values().cloned().collect());
            for (entity, version) in entities.iter().flat_map(|entity| {
                collection
                    .versions
                    .iter()
                    .map(move |version| (entity, *version))
            }) {
                let fields = entity.whole();
                let own = fields
                    .get("@odata.type")
                    .and_then(serde_json::Value::as_str);
                let kind = own.map_or(Some(base), Type::named).unwrap();
                if !kind.is_in(version) || collection.only.is_some_and(|only| own != Some(only)) {
                    continue;
                }
                assert!(kind.is_a(base), "{} in {}", kind.name, collection.path);
                for (name, value) in &fields {
                    let hidden =
                        version == Version::V1 && collection.beta_only.contains(&name.as_str());
                    if name.contains('@') || name.starts_with('#') || hidden {
                        continue;
                    }
                    let fits = kind
                        .property(name, version)
                        .is_some_and(|known| body::fits(known, value));
                    if !fits {
                        wrong.insert(format!(
                            "{} {} {}: {name}",
                            version.name(),
                            collection.path,
                            kind.name
                        ));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
