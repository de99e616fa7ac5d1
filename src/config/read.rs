//! Reading configuration files as text.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::reader::{ReadError, read_regular};

/// More than this is no configuration.
const MAX_BYTES: u64 = 1_000_000;

/// Reads a file that a repository names: it must lie below `base`, the repository.
pub(super) fn within(base: &Path, path: &Path) -> Result<String, String> {
    let bytes = read_regular(path, base, MAX_BYTES).map_err(|error| error.to_string())?;
    text(bytes)
}

/// Reads a file that the user named on the command line, be it a pipe.
pub(super) fn given(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| error.kind().to_string())?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ReadError::TooLarge(MAX_BYTES).to_string());
    }
    text(bytes)
}

fn text(bytes: Vec<u8>) -> Result<String, String> {
    let text = String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
    let plain = text.strip_prefix('\u{feff}').map(str::to_owned);
    Ok(plain.unwrap_or(text))
}
