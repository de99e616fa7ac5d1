//! What git knows of another version of the tree.
//!
//! Much of git runs programs that the repository names: filters, text conversions, external
//! diffs, monitors of the file system. Only commands that read objects are used here, and they
//! may not fetch what a partial clone lacks. Lines are compared elsewhere, by us.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use sha1::{Digest as _, Sha1};

/// git answers at once or waits for something that a repository has put in its way.
const PATIENCE: Duration = Duration::from_mins(2);
/// Bytes of an answer: the list of half a million files.
const MAX_ANSWER: u64 = 256 << 20;
/// Objects asked for at once, so that the answer is bounded by the caps of their sizes.
const BATCH: usize = 64;

/// The commit that a change started from.
#[derive(Debug, Clone)]
pub struct Base {
    /// As the user named it.
    pub reference: String,
    /// The files of the commit below the root.
    pub files: Vec<BaseFile>,
    root: PathBuf,
}

/// A file of the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseFile {
    /// Relative to the root.
    pub path: String,
    /// The id of its content.
    pub id: String,
}

/// Why there is nothing to compare with.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no git, or it does not answer.
    #[error("cannot run git: {0}")]
    Unavailable(String),
    /// git refuses to work here.
    #[error("{0}")]
    NoRepository(String),
    /// The revision is not known.
    #[error("there is no revision \"{reference}\"{hint}")]
    UnknownRevision {
        /// As the user named it.
        reference: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// The repository is empty.
    #[error("the repository has no commit yet")]
    NoCommit,
    /// The two have no commit in common, as far as is known.
    #[error("HEAD and \"{reference}\" have no commit in common{hint}")]
    NoMergeBase {
        /// As the user named it.
        reference: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// Something that should be there is not.
    #[error("cannot read {what} of \"{reference}\": {reason}")]
    Unreadable {
        /// What was asked for.
        what: &'static str,
        /// As the user named the revision.
        reference: String,
        /// What git says.
        reason: String,
    },
}

const SHALLOW: &str = ": this clone is shallow, so its history is cut off; fetch all of it, with \
    `git fetch --unshallow` or `fetch-depth: 0` of actions/checkout";
const FETCH: &str = "; if it is a branch of the remote, fetch it first: `git fetch origin BRANCH`, \
    and name it `origin/BRANCH`";

impl Base {
    /// Finds the commit where HEAD and `reference` parted, and lists its files below `root`, which
    /// is `prefix` as seen from the top of the repository.
    ///
    /// # Errors
    /// If there is no such commit, or git cannot say.
    pub fn find(root: &Path, prefix: &str, reference: &str) -> Result<Self, GitError> {
        let unreadable = |what, reason: String| GitError::Unreadable {
            what,
            reference: reference.to_owned(),
            reason,
        };
        let shallow = ask(root, &["rev-parse", "--is-shallow-repository"], Vec::new())?;
        if !shallow.is_success {
            return Err(GitError::NoRepository(shallow.reason));
        }
        let is_shallow = shallow.text().trim() == "true";
        let commit = |name: &str| -> Result<Option<String>, GitError> {
            let name = format!("{name}^{{commit}}");
            let arguments = [
                "rev-parse",
                "--verify",
                "--quiet",
                "--end-of-options",
                &name,
            ];
            let answer = ask(root, &arguments, Vec::new())?;
            Ok(answer.is_success.then(|| answer.text().trim().to_owned()))
        };
        let Some(head) = commit("HEAD")? else {
            return Err(GitError::NoCommit);
        };
        let Some(other) = commit(reference)? else {
            return Err(GitError::UnknownRevision {
                reference: reference.to_owned(),
                hint: if is_shallow { SHALLOW } else { FETCH },
            });
        };
        let answer = ask(root, &["merge-base", &other, &head], Vec::new())?;
        let base = answer.text().trim().to_owned();
        if !answer.is_success || base.is_empty() {
            return Err(GitError::NoMergeBase {
                reference: reference.to_owned(),
                hint: if is_shallow { SHALLOW } else { "" },
            });
        }
        let listing = ask(
            root,
            &["ls-tree", "-r", "-z", "--full-tree", &base],
            Vec::new(),
        )?;
        if !listing.is_success {
            return Err(unreadable("the files", listing.reason));
        }
        Ok(Self {
            reference: reference.to_owned(),
            files: entries(&listing.stdout, prefix),
            root: root.to_owned(),
        })
    }

    /// The contents of objects, in order; `None` for what is larger than its cap.
    ///
    /// # Errors
    /// If an object is not there: what cannot be compared must not pass.
    pub fn read(&self, wanted: &[(&str, u64)]) -> Result<Vec<Option<Vec<u8>>>, GitError> {
        let mut contents = Vec::with_capacity(wanted.len());
        for wanted in wanted.chunks(BATCH) {
            contents.extend(self.read_batch(wanted)?);
        }
        Ok(contents)
    }

    fn read_batch(&self, wanted: &[(&str, u64)]) -> Result<Vec<Option<Vec<u8>>>, GitError> {
        let missing = |reason: &str| GitError::Unreadable {
            what: "a file",
            reference: self.reference.clone(),
            reason: reason.to_owned(),
        };
        let ids = |ids: &mut dyn Iterator<Item = &str>| -> Vec<u8> {
            ids.flat_map(|id| [id, "\n"])
                .collect::<String>()
                .into_bytes()
        };
        let all = ids(&mut wanted.iter().map(|(id, _)| *id));
        let sizes = ask(&self.root, &["cat-file", "--batch-check"], all)?;
        if !sizes.is_success {
            return Err(missing(&sizes.reason));
        }
        let sizes: Vec<Option<u64>> = sizes.text().lines().map(blob_size).collect();
        if sizes.len() != wanted.len() {
            return Err(missing("git answers in parts"));
        }
        let mut small = Vec::new();
        for (&(id, cap), size) in wanted.iter().zip(&sizes) {
            match size {
                None => return Err(missing(&format!("object {id} is missing"))),
                Some(size) if *size <= cap => small.push(id),
                Some(_) => {}
            }
        }
        let answer = ask(
            &self.root,
            &["cat-file", "--batch"],
            ids(&mut small.into_iter()),
        )?;
        let mut rest = answer.stdout.as_slice();
        let mut contents = Vec::with_capacity(wanted.len());
        for (&(_, cap), size) in wanted.iter().zip(sizes) {
            let size = size.unwrap_or_default();
            if size > cap {
                contents.push(None);
                continue;
            }
            let content = split_object(&mut rest, size as usize);
            contents.push(Some(
                content.ok_or_else(|| missing("git answers in parts"))?,
            ));
        }
        Ok(contents)
    }
}

/// The id that git gives to a file with this content, in repositories that use SHA-1.
pub fn blob_id(content: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut hash = Sha1::new();
    hash.update(format!("blob {}\0", content.len()));
    hash.update(content);
    let mut id = String::with_capacity(40);
    for byte in hash.finalize() {
        let _ = write!(id, "{byte:02x}");
    }
    id
}

/// The regular files of `mode type id\tpath\0…` below a folder.
fn entries(listing: &[u8], prefix: &str) -> Vec<BaseFile> {
    let lines = listing.split(|&byte| byte == 0);
    let files = lines.filter_map(|line| {
        let tab = line.iter().position(|&byte| byte == b'\t')?;
        let about = std::str::from_utf8(&line[..tab]).ok()?;
        let [mode, kind, id] = about.split(' ').collect::<Vec<_>>().try_into().ok()?;
        // Links and submodules are not entered on disk either.
        if kind != "blob" || !mode.starts_with("100") {
            return None;
        }
        let path = String::from_utf8_lossy(&line[tab + 1..]);
        let path = match prefix {
            "" => &*path,
            _ => path.strip_prefix(prefix)?.strip_prefix('/')?,
        };
        Some(BaseFile {
            path: path.to_owned(),
            id: id.to_owned(),
        })
    });
    files.collect()
}

/// The size in `id blob size`; `None` for `id missing`.
fn blob_size(line: &str) -> Option<u64> {
    let mut words = line.rsplit(' ');
    let size = words.next()?.parse().ok()?;
    (words.next()? == "blob").then_some(size)
}

/// Takes `id blob size\ncontent\n` from the front.
fn split_object(rest: &mut &[u8], size: usize) -> Option<Vec<u8>> {
    let start = rest.iter().position(|&byte| byte == b'\n')? + 1;
    let content = rest.get(start..start + size)?.to_vec();
    *rest = rest.get(start + size + 1..)?;
    Some(content)
}

/// What git said.
struct Answer {
    is_success: bool,
    stdout: Vec<u8>,
    /// The first line of what it complains about.
    reason: String,
}

impl Answer {
    fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.stdout)
    }
}

/// Runs git in a folder.
fn ask(folder: &Path, arguments: &[&str], input: Vec<u8>) -> Result<Answer, GitError> {
    let unavailable = |error: std::io::Error| {
        GitError::Unavailable(match error.kind() {
            std::io::ErrorKind::NotFound => "it is not installed, or not on the PATH".to_owned(),
            kind => kind.to_string(),
        })
    };
    let mut command = Command::new("git");
    command
        .args([
            "--no-pager",
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.hooksPath=/dev/null",
        ])
        .args(["-c", "protocol.allow=never"])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("LC_ALL", "C")
        .env("GIT_ALLOW_PROTOCOL", "none")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0");
    // Hooks run with these set for the folder they start in, which may not be ours.
    for name in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_PREFIX",
        "GIT_COMMON_DIR",
    ] {
        command.env_remove(name);
    }
    let mut child = command.spawn().map_err(unavailable)?;
    let (Some(mut stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(GitError::Unavailable("no pipe".to_owned()));
    };
    thread::spawn(move || {
        // It may have answered before it has read everything.
        let _ = stdin.write_all(&input);
    });
    let (answer, waiting) = channel();
    thread::spawn(move || {
        let (mut bytes, mut complaint) = (Vec::new(), Vec::new());
        let read = stdout.take(MAX_ANSWER + 1).read_to_end(&mut bytes);
        let _ = stderr.take(4_096).read_to_end(&mut complaint);
        let _ = answer.send((read, bytes, complaint));
    });
    let received = waiting.recv_timeout(PATIENCE);
    if !matches!(&received, Ok((Ok(_), bytes, _)) if bytes.len() as u64 <= MAX_ANSWER) {
        let _ = child.kill();
    }
    let status = child.wait().map_err(unavailable)?;
    match received {
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            Err(GitError::Unavailable("it does not answer".to_owned()))
        }
        Ok((Err(error), ..)) => Err(unavailable(error)),
        Ok((Ok(_), stdout, complaint)) => {
            let complaint = String::from_utf8_lossy(&complaint);
            Ok(Answer {
                is_success: status.success(),
                stdout,
                reason: complaint.lines().next().unwrap_or("it failed").to_owned(),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listings_are_read() {
        let listing = [
            "100644 blob aa\tapi/a b.py",
            "120000 blob bb\tapi/link.py",
            "160000 commit cc\tapi/sub",
            "100755 blob dd\tapi/x\ny.py",
            "100644 blob ee\tapix/z.py",
            "",
        ];
        let listing = listing.join("\0").into_bytes();
        let paths = |prefix| -> Vec<String> {
            let files = entries(&listing, prefix).into_iter();
            files.map(|file| file.path).collect()
        };
        assert_eq!(paths(""), ["api/a b.py", "api/x\ny.py", "apix/z.py"]);
        assert_eq!(paths("api"), ["a b.py", "x\ny.py"]);
    }

    #[test]
    fn ids_are_those_of_git() {
        assert_eq!(blob_id(b""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(
            blob_id(b"what is up, doc?"),
            "bd9dbf5aae1a3862dd1526723246b20206e5fc37"
        );
    }

    #[test]
    fn objects_are_split() {
        let mut rest = b"aa blob 3\na\nb\nbb blob 0\n\n".as_slice();
        assert_eq!(split_object(&mut rest, 3), Some(b"a\nb".to_vec()));
        assert_eq!(split_object(&mut rest, 0), Some(Vec::new()));
        assert_eq!(split_object(&mut rest, 0), None);
        assert_eq!(blob_size("aa blob 12"), Some(12));
        assert_eq!(blob_size("aa missing"), None);
        assert_eq!(blob_size("aa tree 12"), None);
    }
}
