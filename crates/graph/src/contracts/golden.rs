//! The registry as a reader sees it: `specs/golden/provider-contracts.txt`.

use std::fmt::{Debug, Write as _};
use std::fs;

use super::{
    Assigning, Contract, Fact, PageSize, Paging, Permissions, Reshape, Restore, contracts,
};

const GOLDEN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../specs/golden/provider-contracts.txt"
);

const LEGEND: &str = "\
Where each object type lives at Microsoft Graph, how it is read and how it is changed.
The last column says who vouches: `documented` by Microsoft, `observed` in published tools,
`chosen` here where the provider works either way. `unverified` makes a type preview-only.
";

fn row<T: Copy>(text: &mut String, what: &str, fact: Fact<T>, shown: impl Fn(T) -> String) {
    let value = fact.known().map_or_else(|| "-".to_owned(), shown);
    writeln!(text, "  {what:<12} {value:<92} {}", fact.source()).unwrap();
}

fn shown<T: Debug>(value: T) -> String {
    format!("{value:?}")
}

fn permissions(needed: Permissions) -> String {
    let needs = needed.needs().iter().map(|need| need.join(" or "));
    needs.collect::<Vec<_>>().join("; and ")
}

fn size(size: PageSize) -> String {
    match size {
        PageSize::ProviderDefault => "as the provider likes".to_owned(),
        PageSize::Top(top) => format!("$top={top}"),
    }
}

fn assigning(assigning: Option<Assigning>) -> String {
    match assigning {
        None => "not assigned".to_owned(),
        Some(Assigning::ReplaceAll { key, reply }) => {
            format!("POST assign, all of them under `{key}`, {reply}")
        }
        Some(Assigning::OneByOne { reply }) => {
            format!("POST assignments, one by one, {reply}; DELETE assignments/{{id}}")
        }
        Some(Assigning::InObject(field)) => format!("in `{field}`"),
    }
}

fn reshaping(reshape: Reshape) -> &'static str {
    match reshape {
        Reshape::AccessPolicy => {
            "no conditions.deviceStates; authenticationStrength as its id, with AND; disableResilienceDefaults never false"
        }
    }
}

fn block(text: &mut String, contract: &Contract) {
    writeln!(
        text,
        "\n{} ({}, {:?})",
        contract.key, contract.label, contract.service
    )
    .unwrap();
    row(text, "version", contract.version, |version| {
        version.segment().to_owned()
    });
    row(text, "path", contract.path, |path| format!("/{path}"));
    let or_all = |fields: &[&str]| {
        if fields.is_empty() {
            "all".to_owned()
        } else {
            fields.join(" ")
        }
    };
    row(text, "select", contract.select, or_all);
    row(text, "expand", contract.expand, |expand| {
        expand.unwrap_or("nothing").to_owned()
    });
    row(text, "page size", contract.page_size, size);
    row(text, "paging", contract.paging, |paging| match paging {
        Paging::Single => "one page".to_owned(),
        Paging::NextLink => "@odata.nextLink".to_owned(),
    });
    row(text, "delta", contract.delta, |delta| {
        if delta { "yes" } else { "no" }.to_owned()
    });
    for part in contract.parts {
        row(text, "part", part.page_size, |top| {
            format!("{}, {}", part.name, size(top))
        });
    }
    row(text, "read with", contract.read, permissions);
    if let Some(writing) = contract.writing {
        row(text, "update", writing.update, |update| {
            format!("{} {}", shown(update.verb).to_uppercase(), update.reply)
        });
        row(text, "create", writing.create_reply, |reply| {
            format!("POST {reply}")
        });
        row(text, "assign", writing.assign, assigning);
        row(text, "write with", writing.permissions, permissions);
        if let Some(changes) = writing.changes {
            writeln!(text, "  {:<12} {}", "patched", changes.join(" ")).unwrap();
        }
        if !writing.fixed.is_empty() {
            writeln!(
                text,
                "  {:<12} {}",
                "never patched",
                writing.fixed.join(" ")
            )
            .unwrap();
        }
    }
    if !contract.strip.is_empty() {
        writeln!(text, "  {:<12} {}", "not sent", contract.strip.join(" ")).unwrap();
    }
    if let Some(reshape) = contract.reshape {
        let how = reshaping(reshape);
        writeln!(text, "  {:<12} {how}", "reshaped").unwrap();
    }
    for variant in contract.variants {
        let own = variant
            .path
            .map(|path| format!(", at /{path}"))
            .unwrap_or_default();
        let strip = if variant.strip.is_empty() {
            String::new()
        } else {
            format!(", not sent: {}", variant.strip.join(" "))
        };
        let (odata_type, label) = (variant.odata_type, variant.label);
        writeln!(text, "  {:<12} {odata_type} ({label}){own}{strip}", "type").unwrap();
    }
    let restore = match contract.restore() {
        Restore::Enabled => "enabled".to_owned(),
        Restore::PreviewOnly(why) => format!("preview only: {why}"),
        Restore::Never => "never".to_owned(),
    };
    row(text, "restore", contract.order, |order| match order {
        Some(order) => format!("{restore}, at {order}"),
        None => restore.clone(),
    });
}

#[test]
fn p01_the_registry_is_as_published() {
    let mut text = LEGEND.to_owned();
    for contract in contracts() {
        block(&mut text, contract);
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::write(GOLDEN, &text).unwrap();
    }
    let published = fs::read_to_string(GOLDEN).unwrap_or_default();
    for (line, (now, golden)) in text.lines().zip(published.lines()).enumerate() {
        assert_eq!(now, golden, "line {}", line + 1);
    }
    assert_eq!(text, published);
}
