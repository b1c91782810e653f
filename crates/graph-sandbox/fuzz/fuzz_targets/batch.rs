//! Whatever stands in a batch, reading it ends without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let _: bool = graph_sandbox::parsing::batch_is_readable(body);
});
