//! Any text as a baseline: refused, or read and written without loss.

#![no_main]

use libfuzzer_sys::fuzz_target;
use slowpath::baseline::Baseline;

fuzz_target!(|text: &str| {
    if let Ok(baseline) = Baseline::parse(text, String::new()) {
        let again = Baseline::parse(&baseline.to_text(), String::new());
        assert_eq!(again.as_ref(), Ok(&baseline));
    }
});
