//! The root of a run: the directory that paths in output are relative to.

use std::path::{Path, PathBuf};

use super::ConfigError;

/// The root and the paths to analyse, canonical, from the PATHs of the command line.
///
/// One directory is its own root. A file, or several paths, are seen from the current directory
/// if it contains them, and otherwise from the nearest folder that does.
pub(super) fn of(
    current_dir: &Path,
    given: &[PathBuf],
) -> Result<(PathBuf, Vec<PathBuf>), ConfigError> {
    let current_dir = resolve(current_dir)?;
    let mut paths = Vec::new();
    for path in given {
        paths.push(locate(path, &current_dir)?);
    }
    paths.sort();
    paths.dedup();
    match paths.as_slice() {
        [] => Ok((current_dir.clone(), vec![current_dir])),
        [directory] if directory.is_dir() => Ok((directory.clone(), paths)),
        _ if paths.iter().all(|path| path.starts_with(&current_dir)) => Ok((current_dir, paths)),
        [first, rest @ ..] => {
            let root = first
                .ancestors()
                .find(|folder| folder.is_dir() && rest.iter().all(|path| path.starts_with(folder)));
            Ok((root.unwrap_or(Path::new("/")).to_owned(), paths))
        }
    }
}

/// The folder that holds `.git`, from `root` upwards.
pub(super) fn repository(root: &Path) -> Option<&Path> {
    root.ancestors()
        .find(|folder| folder.join(".git").symlink_metadata().is_ok())
}

/// The way from a folder to one below it: `""`, or `a/b`.
pub(super) fn between(upper: &Path, lower: &Path) -> String {
    let inner = lower.strip_prefix(upper).unwrap_or(Path::new(""));
    let names = inner.iter().map(|name| name.to_string_lossy());
    names.collect::<Vec<_>>().join("/")
}

/// A PATH without links in its folders. A file keeps its own name, so that it is reported as it
/// was asked for.
fn locate(path: &Path, current_dir: &Path) -> Result<PathBuf, ConfigError> {
    let bad = |reason: String| ConfigError::BadPath {
        path: path.to_owned(),
        reason,
    };
    let absolute = current_dir.join(path);
    let metadata = match absolute.metadata() {
        _ if path.as_os_str().is_empty() => return Err(ConfigError::NoSuchPath(path.to_owned())),
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ConfigError::NoSuchPath(path.to_owned()));
        }
        Err(error) => return Err(bad(error.to_string())),
    };
    if metadata.is_dir() {
        return resolve(&absolute);
    }
    if !metadata.is_file() {
        return Err(bad("neither a file nor a directory".to_owned()));
    }
    match (absolute.parent(), absolute.file_name()) {
        (Some(folder), Some(name)) => Ok(resolve(folder)?.join(name)),
        _ => resolve(&absolute),
    }
}

fn resolve(path: &Path) -> Result<PathBuf, ConfigError> {
    path.canonicalize().map_err(|error| ConfigError::BadPath {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}
