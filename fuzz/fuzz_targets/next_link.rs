//! A link that is let through leads to the connection's own host, port and version.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    graph::fuzzing::next_link(&String::from_utf8_lossy(bytes));
});
