#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| graph::fuzzing::next_link(text));
