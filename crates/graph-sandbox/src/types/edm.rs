//! The types as the document that describes the service: `/$metadata`.

use std::fmt::Write as _;
use std::sync::LazyLock;

use super::{Kind, Type, all};
use crate::catalogue::{self, Collection, Version};

/// The description of all that a version serves, in the XML of OData.
///
/// Types that are no objects of their own are left untyped, and members of enumerations are texts.
pub(crate) fn describe(version: Version) -> &'static str {
    static V1: LazyLock<String> = LazyLock::new(|| written(Version::V1));
    static BETA: LazyLock<String> = LazyLock::new(|| written(Version::Beta));
    match version {
        Version::V1 => &V1,
        Version::Beta => &BETA,
    }
}

fn written(version: Version) -> String {
    let mut out = String::with_capacity(64 * 1_024);
    out.push_str(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><edmx:Edmx Version=\"4.0\" \
         xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\"><edmx:DataServices><Schema \
         Namespace=\"microsoft.graph\" Alias=\"graph\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">",
    );
    for known in all(version) {
        entity_type(&mut out, known, version);
    }
    container(&mut out, version);
    out.push_str("</Schema></edmx:DataServices></edmx:Edmx>");
    out
}

/// Writing to a text cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{
        let _: std::fmt::Result = write!($out, $($arg)*);
    }};
}

fn entity_type(out: &mut String, known: &Type, version: Version) {
    put!(out, "<EntityType Name=\"{}\"", known.name);
    if let Some(base) = known.base {
        put!(out, " BaseType=\"graph.{base}\"");
    }
    if known.is_open {
        out.push_str(" OpenType=\"true\"");
    }
    out.push('>');
    if known.name == "entity" {
        out.push_str("<Key><PropertyRef Name=\"id\"/></Key>");
    }
    for own in known.own(version) {
        let many = |inner: &str| {
            if own.is_many {
                format!("Collection({inner})")
            } else {
                inner.to_owned()
            }
        };
        if own.kind == Kind::Link {
            put!(
                out,
                "<NavigationProperty Name=\"{}\" Type=\"{}\"/>",
                own.name,
                many("graph.entity")
            );
        } else {
            put!(
                out,
                "<Property Name=\"{}\" Type=\"{}\"/>",
                own.name,
                many(own.kind.edm())
            );
        }
    }
    out.push_str("</EntityType>");
}

/// The objects at the root.
pub(crate) const SINGLETONS: &[&str] = &["deviceAppManagement", "deviceManagement"];

/// The collections at the root.
pub(crate) fn entity_sets(version: Version) -> impl Iterator<Item = &'static Collection> {
    catalogue::all()
        .filter(move |known| known.versions.contains(&version) && !known.path.contains('/'))
}

/// The collections at the root; those below a folder are found through it.
fn container(out: &mut String, version: Version) {
    out.push_str("<EntityContainer Name=\"GraphService\">");
    for set in entity_sets(version) {
        put!(
            out,
            "<EntitySet Name=\"{}\" EntityType=\"graph.{}\"/>",
            set.path,
            set.kind
        );
    }
    for name in SINGLETONS {
        put!(out, "<Singleton Name=\"{name}\" Type=\"graph.{name}\"/>");
    }
    out.push_str("</EntityContainer>");
}
