//! The reply to a batch ends, with no more answers than can be used.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| graph::fuzzing::batch(bytes));
