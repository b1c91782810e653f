//! Whatever stands in a batch, reading it ends without a panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _: bool = graph_sandbox::parsing::batch_is_readable(bytes);
});
