//! Where findings are written: standard output, or a file that is whole or not there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};

use slowpath::render::Style;

use super::args::ColorWhen;

/// Columns used where the width of the terminal is unknown.
const WIDTH: usize = 100;

/// Names tried for a file beside the one that is replaced.
const MAX_ATTEMPTS: u32 = 16;

/// A place to write to. Nothing is complete before [`Output::finish`].
pub(super) struct Output {
    out: BufWriter<Box<dyn Write>>,
    file: Option<Replacement>,
}

/// A file that is being written beside the one it will replace.
struct Replacement {
    temporary: PathBuf,
    target: PathBuf,
    is_done: bool,
}

impl Output {
    /// Standard output, and what it can show.
    pub(super) fn stdout(color: ColorWhen) -> (Self, Style) {
        let stdout = io::stdout();
        let choice = match color {
            ColorWhen::Auto => AutoStream::choice(&stdout),
            ColorWhen::Always => ColorChoice::Always,
            ColorWhen::Never => ColorChoice::Never,
        };
        let color = choice != ColorChoice::Never;
        let out: Box<dyn Write> = if color {
            // Terminals that know no escape codes are served by other means.
            Box::new(AutoStream::always(stdout.lock()))
        } else {
            Box::new(stdout.lock())
        };
        (Self::new(out, None), style(color))
    }

    /// A file. It is replaced when all is written; a device or pipe is written to as it is.
    pub(super) fn file(path: &Path) -> io::Result<(Self, Style)> {
        let (out, file): (Box<dyn Write>, _) = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                return Err(io::Error::from(io::ErrorKind::IsADirectory));
            }
            Ok(metadata) if !metadata.is_file() => {
                (Box::new(OpenOptions::new().write(true).open(path)?), None)
            }
            // A link is replaced itself: a change can commit one that leads anywhere.
            _ => {
                let (file, replacement) = Replacement::create(path)?;
                if let Ok(metadata) = fs::symlink_metadata(path)
                    && metadata.is_file()
                {
                    file.set_permissions(metadata.permissions())?;
                }
                (Box::new(file), Some(replacement))
            }
        };
        Ok((Self::new(out, file), style(false)))
    }

    fn new(out: Box<dyn Write>, file: Option<Replacement>) -> Self {
        Self {
            out: BufWriter::with_capacity(1 << 16, out),
            file,
        }
    }

    /// Writes what `content` produces.
    pub(super) fn write(
        &mut self,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        content(&mut self.out)
    }

    /// Sees to it that everything has arrived.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.out.flush()?;
        self.file.as_mut().map_or(Ok(()), Replacement::finish)
    }
}

impl Replacement {
    fn create(target: &Path) -> io::Result<(File, Self)> {
        let name = target
            .file_name()
            .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidFilename))?;
        // Names may be taken by what a killed process left behind: in containers ids repeat.
        let names = (0..MAX_ATTEMPTS).map(|attempt| {
            let mut temporary = std::ffi::OsString::from(".");
            temporary.push(name);
            temporary.push(format!(".{}-{attempt}.tmp", std::process::id()));
            target.with_file_name(temporary)
        });
        for temporary in names {
            match File::create_new(&temporary) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(file) => {
                    let target = target.to_owned();
                    let replacement = Self {
                        temporary,
                        target,
                        is_done: false,
                    };
                    return Ok((file, replacement));
                }
            }
        }
        Err(io::Error::from(io::ErrorKind::AlreadyExists))
    }

    fn finish(&mut self) -> io::Result<()> {
        fs::rename(&self.temporary, &self.target)?;
        self.is_done = true;
        Ok(())
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if !self.is_done {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// A reader that has seen enough, as `head` has, is no failure.
pub(super) fn ignore_closed(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Ok(())
    } else {
        Err(error)
    }
}

fn style(color: bool) -> Style {
    Style {
        color,
        unicode: is_unicode(),
        width: terminal_width().clamp(40, WIDTH),
    }
}

/// Whether the locale says that text is UTF-8; Windows' consoles take it.
fn is_unicode() -> bool {
    if cfg!(windows) {
        return true;
    }
    let set = ["LC_ALL", "LC_CTYPE", "LANG"];
    let values = set.iter().filter_map(std::env::var_os);
    let locale = values.map(|value| value.to_string_lossy().to_lowercase());
    let decisive = locale.into_iter().find(|value| !value.is_empty());
    decisive.is_some_and(|value| value.contains("utf-8") || value.contains("utf8"))
}

fn terminal_width() -> usize {
    let size = terminal_size::terminal_size_of(io::stdout());
    size.map_or(WIDTH, |(width, _)| usize::from(width.0))
}
