//! The one way a file is opened.
//!
//! Every byte below the root is untrusted, and a pull request can commit a link: an ignore file
//! that is a link to `/dev/zero` must not fill the memory, a source file that is a link to a
//! private key must not appear in a report, and a named pipe must not make the run wait for a
//! writer. This module knows nothing about what it reads.

use std::borrow::Cow;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use thiserror::Error;

/// Why a file was not read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// A directory, pipe, socket or device.
    #[error("not a regular file")]
    NotRegular,
    /// It stands outside of the root, or a link on the way to it leaves the root.
    #[error("its target is outside of the root")]
    OutsideRoot,
    /// It holds more bytes than the cap.
    #[error("larger than {} KB", .0 / 1_000)]
    TooLarge(u64),
    /// The system refused.
    #[error("{}", .0.kind())]
    Io(#[from] io::Error),
}

impl ReadError {
    /// Whether there is simply no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io(error) if matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
        ))
    }
}

/// The bytes of a regular file within `root`, at most `cap` of them.
///
/// Links are followed if they end within the root. The file is opened without waiting, and what
/// was opened is checked, so that a pipe or device costs nothing; the cap holds while reading,
/// whatever size the file claims to have.
///
/// # Errors
///
/// If there is no such file, or it is not one of those.
pub fn read_regular(path: &Path, root: &Path, cap: u64) -> Result<Vec<u8>, ReadError> {
    if let Some(file) = open_beneath(path, root) {
        return read_opened(&file, cap);
    }
    let (path, metadata) = resolve(path, root)?;
    if !metadata.is_file() {
        return Err(ReadError::NotRegular);
    }
    read_opened(&open(&path)?, cap)
}

/// Opens a file by a system call that itself refuses to leave the root, where there is one.
/// `None` says nothing about the file: links may have been in the way that still end within the
/// root.
#[cfg(target_os = "linux")]
fn open_beneath(path: &Path, root: &Path) -> Option<File> {
    use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2};
    let relative = path.strip_prefix(root).ok()?;
    let root = open(root, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let flags = open_flags() | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let file = openat2(root, relative, flags, Mode::empty(), resolve).ok()?;
    Some(File::from(file))
}

#[cfg(not(target_os = "linux"))]
fn open_beneath(_path: &Path, _root: &Path) -> Option<File> {
    None
}

/// The place of `path` without links on the way below `root`, and what stands there.
///
/// An answer lies within the root; what is not there, or elsewhere, is an error.
pub(crate) fn resolve<'a>(
    path: &'a Path,
    root: &Path,
) -> Result<(Cow<'a, Path>, Metadata), ReadError> {
    if let Some(metadata) = metadata_without_links(path, root)? {
        return Ok((Cow::Borrowed(path), metadata));
    }
    let root = fs::canonicalize(root)?;
    let target: PathBuf = fs::canonicalize(path)?;
    if !target.starts_with(&root) {
        return Err(ReadError::OutsideRoot);
    }
    let metadata = fs::symlink_metadata(&target)?;
    Ok((Cow::Owned(target), metadata))
}

/// What stands at `path`, if it is spelled below `root` and no part of the way is a link.
fn metadata_without_links(path: &Path, root: &Path) -> io::Result<Option<Metadata>> {
    let Ok(relative) = path.strip_prefix(root) else {
        return Ok(None);
    };
    // `root/..` is spelled below the root and yet outside of it.
    if !relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
    {
        return Ok(None);
    }
    let mut at = root.to_path_buf();
    let mut last = None;
    for part in relative.components() {
        at.push(part);
        let metadata = fs::symlink_metadata(&at)?;
        if metadata.is_symlink() {
            return Ok(None);
        }
        last = Some(metadata);
    }
    Ok(last)
}

/// A pipe without a writer does not block, a terminal does not become ours, and a link put there
/// since the check is refused.
#[cfg(unix)]
fn open_flags() -> rustix::fs::OFlags {
    use rustix::fs::OFlags;
    OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(open_flags().bits().cast_signed());
    }
    options.open(path)
}

fn read_opened(file: &File, cap: u64) -> Result<Vec<u8>, ReadError> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(ReadError::NotRegular);
    }
    if metadata.len() > cap {
        return Err(ReadError::TooLarge(cap));
    }
    // One byte more than it claims lets the end be seen without growing the buffer.
    let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
    file.take(cap + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > cap {
        return Err(ReadError::TooLarge(cap));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn tree(files: &[(&str, &str)]) -> TempDir {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        dir
    }

    #[test]
    fn a_regular_file_is_read_up_to_the_cap() {
        let dir = tree(&[("a/b.txt", "12345"), ("empty", "")]);
        let path = dir.path().join("a/b.txt");
        assert_eq!(read_regular(&path, dir.path(), 5).expect("read"), b"12345");
        assert!(matches!(
            read_regular(&path, dir.path(), 4),
            Err(ReadError::TooLarge(4))
        ));
        let empty = dir.path().join("empty");
        assert!(
            read_regular(&empty, dir.path(), 0)
                .expect("read")
                .is_empty()
        );
    }

    #[test]
    fn what_is_missing_or_a_directory_is_refused() {
        let dir = tree(&[("a/b.txt", "")]);
        for missing in ["c", "a/c", "a/b.txt/c"] {
            let error = read_regular(&dir.path().join(missing), dir.path(), 9);
            assert!(error.expect_err(missing).is_missing(), "{missing}");
        }
        assert!(matches!(
            read_regular(&dir.path().join("a"), dir.path(), 9),
            Err(ReadError::NotRegular)
        ));
    }

    #[test]
    fn a_path_outside_of_the_root_is_refused() {
        let dir = tree(&[("root/a", "in"), ("b", "out")]);
        let root = dir.path().join("root");
        for path in [dir.path().join("b"), root.join("../b")] {
            assert!(matches!(
                read_regular(&path, &root, 9),
                Err(ReadError::OutsideRoot)
            ));
        }
        let detour = root.join("../root/a");
        assert_eq!(read_regular(&detour, &root, 9).expect("read"), b"in");
    }

    #[cfg(unix)]
    mod links {
        use super::*;
        use std::os::unix::fs::symlink;
        use std::os::unix::net::UnixListener;
        use std::process::Command;

        #[test]
        fn a_link_is_followed_within_the_root_only() {
            let dir = tree(&[("root/a", "in"), ("root/sub/c", "sub"), ("b", "out")]);
            let root = dir.path().join("root");
            symlink("a", root.join("inner")).expect("a link");
            symlink("../b", root.join("outer")).expect("a link");
            symlink("sub", root.join("folder")).expect("a link");
            symlink("..", root.join("up")).expect("a link");
            symlink("round", root.join("round")).expect("a link");
            assert_eq!(
                read_regular(&root.join("inner"), &root, 9).expect("read"),
                b"in"
            );
            assert_eq!(
                read_regular(&root.join("folder/c"), &root, 9).expect("read"),
                b"sub"
            );
            for outer in ["outer", "up/b"] {
                assert!(
                    matches!(
                        read_regular(&root.join(outer), &root, 9),
                        Err(ReadError::OutsideRoot)
                    ),
                    "{outer}"
                );
            }
            assert!(read_regular(&root.join("round"), &root, 9).is_err());
        }

        #[test]
        fn a_root_given_through_a_link_is_the_root() {
            let dir = tree(&[("real/a", "in")]);
            symlink("real", dir.path().join("root")).expect("a link");
            let root = dir.path().join("root");
            assert_eq!(
                read_regular(&root.join("a"), &root, 9).expect("read"),
                b"in"
            );
            let real = dir.path().join("real/a");
            assert_eq!(read_regular(&real, &root, 9).expect("read"), b"in");
        }

        #[test]
        fn pipes_sockets_and_devices_are_refused_at_once() {
            let dir = tree(&[]);
            let root = dir.path();
            let made = Command::new("mkfifo").arg(root.join("pipe")).status();
            assert!(made.expect("mkfifo").success());
            let _socket = UnixListener::bind(root.join("socket")).expect("a socket");
            for path in ["pipe", "socket"] {
                assert!(matches!(
                    read_regular(&root.join(path), root, 9),
                    Err(ReadError::NotRegular)
                ));
            }
            symlink("/dev/zero", root.join("zero")).expect("a link");
            assert!(matches!(
                read_regular(&root.join("zero"), root, 9),
                Err(ReadError::OutsideRoot)
            ));
            assert!(matches!(
                read_regular(Path::new("/dev/zero"), Path::new("/dev"), 9),
                Err(ReadError::NotRegular)
            ));
        }

        #[test]
        fn a_file_that_claims_to_be_empty_is_capped_while_reading() {
            // Files of /proc have no size and yet hold text.
            let path = Path::new("/proc/self/environ");
            if path.exists() {
                assert!(matches!(
                    read_regular(Path::new("/proc/cpuinfo"), Path::new("/proc"), 3),
                    Err(ReadError::TooLarge(3))
                ));
            }
        }
    }
}
