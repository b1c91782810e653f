//! A fact about the provider, and who vouches for it.

/// A fact about the provider, and who vouches for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact<T> {
    /// Microsoft documents it.
    Documented(T),
    /// Published tools rely on it.
    Observed(T),
    /// It is ours to choose: the provider works either way.
    Chosen(T),
    /// Nobody here could say.
    Unverified,
}

impl<T: Copy> Fact<T> {
    /// The fact, where somebody vouches for it.
    pub const fn known(self) -> Option<T> {
        match self {
            Self::Documented(fact) | Self::Observed(fact) | Self::Chosen(fact) => Some(fact),
            Self::Unverified => None,
        }
    }

    /// Whether nobody vouches for it.
    pub(super) const fn is_open(self) -> bool {
        matches!(self, Self::Unverified)
    }

    /// Who vouches, in one word.
    pub const fn source(self) -> &'static str {
        match self {
            Self::Documented(_) => "documented",
            Self::Observed(_) => "observed",
            Self::Chosen(_) => "chosen",
            Self::Unverified => "unverified",
        }
    }
}
