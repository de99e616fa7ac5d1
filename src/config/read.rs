//! Reading configuration that a repository names: never through a link that leaves it, regular
//! files only, and never more than a stated size.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// More than this is no configuration.
pub(super) const MAX_BYTES: u64 = 1 << 20;

/// Reads a text file that must lie below `base`, a canonical path, after all links are followed.
pub(super) fn within(base: &Path, path: &Path) -> io::Result<String> {
    let real = path.canonicalize()?;
    if !real.starts_with(base) {
        return Err(io::Error::other("lies outside the repository"));
    }
    // A FIFO would block on opening, a device would not end.
    if !real.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    given(&real)
}

/// Reads a text file that the user named on the command line.
pub(super) fn given(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("larger than 1 MB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| io::Error::other("not UTF-8"))?;
    Ok(text
        .strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text))
}
