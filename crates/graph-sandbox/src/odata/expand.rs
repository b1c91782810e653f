//! `$expand`, nested options included.

use super::ODataProblem;

/// One navigation property to be included, with what to include below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expand {
    pub(crate) name: String,
    pub(crate) select: Vec<String>,
    pub(crate) nested: Vec<Expand>,
}

/// Levels of `$expand` inside `$expand`.
const MAX_DEPTH: usize = 4;

impl Expand {
    /// Reads `a,b($expand=c;$select=d)`.
    pub(crate) fn list(text: &str) -> Result<Vec<Self>, ODataProblem> {
        list(text, MAX_DEPTH)
    }
}

fn list(text: &str, depth: usize) -> Result<Vec<Expand>, ODataProblem> {
    if depth == 0 {
        return Err(malformed());
    }
    let items = split(text, ',')?;
    items
        .into_iter()
        .filter(|item| !item.is_empty())
        .map(|item| one(item, depth))
        .collect()
}

fn one(text: &str, depth: usize) -> Result<Expand, ODataProblem> {
    let Some((name, rest)) = text.split_once('(') else {
        return Ok(Expand {
            name: text.to_owned(),
            select: Vec::new(),
            nested: Vec::new(),
        });
    };
    let inside = rest.strip_suffix(')').ok_or_else(malformed)?;
    let mut expand = Expand {
        name: name.to_owned(),
        select: Vec::new(),
        nested: Vec::new(),
    };
    for option in split(inside, ';')? {
        let (option, value) = option.split_once('=').ok_or_else(malformed)?;
        match option.trim().trim_start_matches('$') {
            "expand" => expand.nested = list(value, depth - 1)?,
            "select" => {
                expand.select = value
                    .split(',')
                    .map(|name| name.trim().to_owned())
                    .collect();
            }
            other => {
                let message = format!("Option '{other}' inside $expand is not supported.");
                return Err(ODataProblem::Unsupported(message));
            }
        }
    }
    Ok(expand)
}

/// Splits at `separator` outside of parentheses.
fn split(text: &str, separator: char) -> Result<Vec<&str>, ODataProblem> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0_usize);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1).ok_or_else(malformed)?,
            _ if letter == separator && depth == 0 => {
                parts.push(text.get(start..at).unwrap_or("").trim());
                start = at + separator.len_utf8();
            }
            _ => {}
        }
    }
    if depth != 0 {
        return Err(malformed());
    }
    parts.push(text.get(start..).unwrap_or("").trim());
    Ok(parts)
}

fn malformed() -> ODataProblem {
    ODataProblem::Malformed("Parsing OData Select and Expand failed.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_expands_are_read() {
        let list = Expand::list("assignments,a($expand=b($select=id,x);$select=c)").unwrap();
        assert_eq!(list.len(), 2);
        assert_eq!(list[1].nested[0].select, ["id", "x"]);
        assert_eq!(list[1].select, ["c"]);
    }

    #[test]
    fn broken_and_bottomless_expands_are_refused() {
        for text in ["a(", "a)", "a($expand)", "a($filter=x)", "a(b=c)"] {
            assert!(Expand::list(text).is_err(), "{text}");
        }
        let deep = "a($expand=".repeat(1_000) + &")".repeat(1_000);
        assert!(Expand::list(&deep).is_err());
    }
}
