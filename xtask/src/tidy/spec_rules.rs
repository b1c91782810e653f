//! Every requirement has a rule with a proof in a spec, or stands there as absent.

use std::collections::BTreeSet;

use super::{Source, assert_none, sources};

/// The requirements' ids: a letter for the family, and how many it has.
const REQUIREMENTS: [(char, u32); 7] = [
    ('L', 18),
    ('R', 15),
    ('V', 17),
    ('P', 6),
    ('B', 8),
    ('D', 3),
    ('S', 1),
];

/// What begins the part of a spec that says what has no code.
const ABSENT: &str = "## Not there";

/// A rule of a spec: from its id to the next rule or heading.
struct Rule<'a> {
    id: &'a str,
    line: usize,
    is_proved: bool,
}

fn specs() -> Vec<Source> {
    let mut specs = sources(&["md"]);
    specs.retain(|source| source.path.starts_with("specs/"));
    specs
}

/// The id that a line begins a rule with: `**L-04** ...`.
fn rule_id(line: &str) -> Option<&str> {
    let (id, _) = line.strip_prefix("**")?.split_once("**")?;
    is_id(id).then_some(id)
}

fn is_id(word: &str) -> bool {
    let mut letters = word.chars();
    letters
        .next()
        .is_some_and(|letter| letter.is_ascii_uppercase())
        && letters.next() == Some('-')
        && word.len() == 4
        && letters.all(|digit| digit.is_ascii_digit())
}

fn rules(text: &str) -> Vec<Rule<'_>> {
    let mut rules: Vec<Rule<'_>> = Vec::new();
    let mut is_open = false;
    for (number, line) in text.lines().enumerate() {
        if let Some(id) = rule_id(line) {
            is_open = true;
            rules.push(Rule {
                id,
                line: number + 1,
                is_proved: false,
            });
        } else if line.starts_with("## ") {
            is_open = false;
        }
        if let (true, Some(rule)) = (is_open, rules.last_mut()) {
            rule.is_proved |= line.contains("roved by `");
        }
    }
    rules
}

/// The ids that a spec says have no code, whole or in part.
fn absent(text: &str) -> BTreeSet<&str> {
    let after = text.split_once(ABSENT).map_or("", |(_, after)| after);
    let part = after.split("\n## ").next().unwrap_or_default();
    part.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')
        .filter(|word| is_id(word))
        .collect()
}

#[test]
fn every_requirement_is_told_or_told_to_be_absent() {
    let specs = specs();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for spec in &specs {
        told.extend(rules(&spec.text).iter().map(|rule| rule.id));
        told.extend(absent(&spec.text));
    }
    let ids: Vec<String> = REQUIREMENTS
        .iter()
        .flat_map(|(family, count)| (1..=*count).map(move |number| format!("{family}-{number:02}")))
        .collect();
    let silent: Vec<String> = ids
        .iter()
        .filter(|id| !told.contains(id.as_str()))
        .cloned()
        .collect();
    assert_none("requirements that no spec speaks of", &silent);
    let unknown: Vec<String> = told
        .iter()
        .filter(|id| !ids.iter().any(|known| known == *id))
        .map(|id| (*id).to_owned())
        .collect();
    assert_none("ids that no requirement has", &unknown);
}

#[test]
fn every_rule_names_its_proof() {
    let mut broken = Vec::new();
    for spec in &specs() {
        for rule in rules(&spec.text).iter().filter(|rule| !rule.is_proved) {
            broken.push(format!("{}:{}: {}", spec.path, rule.line, rule.id));
        }
    }
    assert_none("rules without a proof", &broken);
}

#[test]
fn rules_and_absences_are_read_as_they_are_written() {
    let text = "**L-01** Said.\nMore; proved by `a`.\n\n**L-02** Said.\n## Next\nproved by `b`\n\
        ## Not there\n\nL-03, R-04 (later).\n## Else\nL-05\n";
    let read: Vec<_> = rules(text)
        .iter()
        .map(|rule| (rule.id, rule.is_proved))
        .collect();
    assert_eq!(read, [("L-01", true), ("L-02", false)]);
    assert_eq!(absent(text), BTreeSet::from(["L-03", "R-04"]));
    assert!(!is_id("L-1") && !is_id("UTF-8") && is_id("V-17"));
}
