//! Any bytes as a file with code in it: a component or a notebook. The first byte says which.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use slowpath::{analysis::facts, discover};

fuzz_target!(|bytes: &[u8]| {
    let Some((first, bytes)) = bytes.split_first() else {
        return;
    };
    let names = ["file.vue", "file.svelte", "file.ipynb", "file.sql"];
    let name = names[usize::from(*first) % names.len()];
    let candidate = discover::candidate(name, Path::new("/")).expect("a file that is read");
    if let Ok(loaded) = discover::load(&candidate, bytes.to_vec()) {
        let _ = facts::of_file(&loaded.file);
    }
});
