//! Chance from a seed.

use std::time::Duration;

/// SplitMix64: the same seed gives the same numbers on every machine and with every version.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// Chance for one purpose, so that a change in one timeline does not move the others.
    pub(crate) fn of(seed: u64, purpose: &str, number: usize) -> Self {
        let mut state = seed ^ 0x6a09_e667_f3bc_c908;
        for byte in purpose.bytes().chain((number as u64).to_le_bytes()) {
            state = Self(state ^ u64::from(byte)).next();
        }
        Self(state)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    /// A duration between two others.
    pub(crate) fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let span = u64::try_from(most.saturating_sub(least).as_micros()).unwrap_or(u64::MAX);
        least + Duration::from_micros(self.next() % span.max(1))
    }

    /// One of several.
    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        of.get(self.below(of.len())).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let numbers = |seed, purpose| {
            let mut random = Random::of(seed, purpose, 3);
            [random.below(1000), random.below(1000), random.below(1000)]
        };
        assert_eq!(numbers(7, "worker"), numbers(7, "worker"));
        assert_ne!(numbers(7, "worker"), numbers(8, "worker"));
        assert_ne!(numbers(7, "worker"), numbers(7, "grant"));
    }
}
