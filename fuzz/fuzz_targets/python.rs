//! Any bytes as a file: decoded, parsed, lowered, its facts taken.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use slowpath::{analysis::facts, discover};

fuzz_target!(|bytes: &[u8]| {
    let candidate = discover::candidate("file.py", Path::new("/")).expect("a file that is read");
    if let Ok(loaded) = discover::load(&candidate, bytes.to_vec()) {
        let _ = facts::of_file(&loaded.file);
    }
});
