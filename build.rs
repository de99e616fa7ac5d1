//! Rebuilds when a rule page or a library model is added, renamed or removed.
//!
//! Cargo watches the files that are embedded; only a build script makes it watch the folder.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=rules");
}
