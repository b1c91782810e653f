//! What is kept of a refusal is short, and holds no address and no secret.
#![no_main]

// The statuses that are told apart, as the replay has them.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for status in [0, 1, 3, 4, 29, 100] {
        graph::fuzzing::refusal(status, bytes);
    }
});
