//! What a client prefers about its answer, as the `Prefer` header says it.

/// What is done about a `Prefer` header; preferences that are none of these are passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Prefer {
    /// `odata.maxpagesize`: how many entities a page is to have.
    pub(super) page_size: Option<usize>,
    /// `return=minimal` or `return=representation`.
    pub(super) returned: Option<Returned>,
}

/// How much of an object a client wants to get back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Returned {
    Minimal,
    Representation,
}

impl Prefer {
    /// Reads a header; of two that contradict each other the first is meant.
    pub(super) fn of(header: Option<&str>) -> Self {
        let mut prefer = Self::default();
        for wish in header.unwrap_or("").split([',', ';']) {
            let (name, value) = wish.split_once('=').unwrap_or((wish, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "odata.maxpagesize" | "maxpagesize" => {
                    let size = value.parse().ok().filter(|size| *size > 0);
                    prefer.page_size = prefer.page_size.or(size);
                }
                "return" => prefer.returned = prefer.returned.or(Returned::of(value)),
                _ => {}
            }
        }
        prefer
    }

    pub(super) fn is_minimal(&self) -> bool {
        self.returned == Some(Returned::Minimal)
    }
}

impl Returned {
    fn of(value: &str) -> Option<Self> {
        match value.to_ascii_lowercase().as_str() {
            "minimal" => Some(Self::Minimal),
            "representation" => Some(Self::Representation),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_read_as_clients_write_them() {
        let both = Prefer::of(Some("return=minimal, odata.maxpagesize=5"));
        assert_eq!((both.page_size, both.is_minimal()), (Some(5), true));
        let quoted = Prefer::of(Some(
            "outlook.timezone=\"UTC\"; Return = \"Representation\"",
        ));
        assert_eq!(quoted.returned, Some(Returned::Representation));
        for nothing in [
            None,
            Some(""),
            Some("return"),
            Some("odata.maxpagesize=0"),
            Some("=,;"),
        ] {
            assert_eq!(Prefer::of(nothing), Prefer::default(), "{nothing:?}");
        }
    }
}
