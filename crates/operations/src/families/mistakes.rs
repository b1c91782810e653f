//! Mistakes about what is sent, for the trial that must find them; without the feature `planted` there is none.

#[cfg(feature = "planted")]
use store::planted::Mistake;

/// A change is sent although the lease may be over.
#[cfg(feature = "planted")]
pub(super) fn sends_after_the_lease() -> bool {
    Mistake::SendAfterTheLease.is_planted()
}

/// A change whose answer was lost is sent again, and nobody looks.
#[cfg(feature = "planted")]
pub(super) fn repeats_blindly() -> bool {
    Mistake::RepeatBlindly.is_planted()
}

/// It is not.
#[cfg(not(feature = "planted"))]
pub(super) const fn sends_after_the_lease() -> bool {
    false
}

/// Somebody looks first.
#[cfg(not(feature = "planted"))]
pub(super) const fn repeats_blindly() -> bool {
    false
}
