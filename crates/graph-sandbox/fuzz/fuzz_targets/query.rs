//! Whatever stands in a query, reading it ends without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _: bool = graph_sandbox::parsing::query_is_readable(text);
});
