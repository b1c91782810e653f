//! Counts of what passed and what did not.

use std::fmt;

/// How many checks passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Checks that held.
    pub passed: u64,
    /// Checks that did not, and steps that could not run.
    pub failed: u64,
}

impl Tally {
    /// One check that held.
    pub const PASSED: Self = Self {
        passed: 1,
        failed: 0,
    };
    /// One check that did not.
    pub const FAILED: Self = Self {
        passed: 0,
        failed: 1,
    };

    /// Both counts together.
    pub fn and(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
        }
    }

    /// The counts, with one failure where a program failed that counted none:
    /// then it never came to its tests.
    pub fn with_exit(self, success: bool) -> Self {
        if success || self.failed > 0 {
            self
        } else {
            self.and(Self::FAILED)
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_has_its_exact_form() {
        assert_eq!(
            Tally::PASSED.and(Tally::FAILED).to_string(),
            "1 passed, 1 failed"
        );
    }

    #[test]
    fn a_program_that_failed_before_its_tests_counts_as_one_failure() {
        assert_eq!(
            Tally::PASSED.with_exit(false),
            Tally {
                passed: 1,
                failed: 1
            }
        );
        assert_eq!(Tally::FAILED.with_exit(false), Tally::FAILED);
        assert_eq!(Tally::PASSED.with_exit(true), Tally::PASSED);
    }
}
