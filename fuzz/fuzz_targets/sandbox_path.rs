//! Whatever stands in a path, reading it ends without a panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _: bool = graph_sandbox::parsing::path_is_readable(&String::from_utf8_lossy(bytes));
});
