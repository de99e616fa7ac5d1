//! Writes the library models into one file of JSON, which is read several times as fast as TOML
//! when the program starts, and rebuilds when a rule page or a model is added, renamed or
//! removed.
//!
//! Cargo watches the files that are embedded; only a build script makes it watch the folder.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;
use walkdir::WalkDir;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=rules");
    let folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("rules/models");
    let out = PathBuf::from(env::var("OUT_DIR")?).join("models.json");
    fs::write(out, serde_json::to_string(&models(&folder)?)?)?;
    Ok(())
}

/// Each model by its path within the folder, with `/`, in the order of the paths.
fn models(folder: &Path) -> Result<Vec<(String, Value)>, Box<dyn Error>> {
    let mut models = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        let path = entry.path().strip_prefix(folder)?;
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = path.to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(entry.path())?;
        let model =
            toml::from_str(&text).map_err(|error| format!("rules/models/{name}: {error}"))?;
        models.push((name, model));
    }
    Ok(models)
}
