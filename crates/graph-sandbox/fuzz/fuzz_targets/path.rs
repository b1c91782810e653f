//! Whatever stands in a path, reading it ends without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _: bool = graph_sandbox::parsing::path_is_readable(text);
});
