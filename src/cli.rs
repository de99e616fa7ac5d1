//! The command line: arguments, where output goes, and the exit status.
//!
//! Knows the terminal; does not know how anything is found or printed.

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::thread;

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser as _};

use slowpath::catalogue;
use slowpath::render::{self, escape};

use args::{Arguments, Command, RulesFormat};
use output::{Output, ignore_closed};

mod args;
mod check;
mod endpoints;
mod init;
mod output;
mod progress;
mod schema;

/// How a run ended, as the exit status says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// Nothing to report.
    Clean,
    /// Findings at or above `--fail-on`.
    Findings,
    /// Could not run, or not on all that was asked for.
    Failed,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::Clean => Self::SUCCESS,
            Status::Findings => Self::from(1),
            Status::Failed => Self::from(2),
        }
    }
}

/// Bytes of stack of the main thread, whatever the shell allows.
const STACK_BYTES: usize = 8 << 20;

/// Runs the command line of this process.
pub(crate) fn main() -> ExitCode {
    let thread = thread::Builder::new().stack_size(STACK_BYTES);
    let status = match thread.spawn(|| run(std::env::args_os())) {
        // A panic has printed its message by then; its status would be 101 otherwise.
        Ok(running) => running.join().unwrap_or(Status::Failed),
        Err(error) => fail(&anyhow::Error::new(error).context("cannot start a thread")),
    };
    status.into()
}

fn run(arguments: impl IntoIterator<Item = OsString>) -> Status {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(usage) => {
            let is_failure = usage.use_stderr();
            return match usage.print() {
                _ if is_failure => Status::Failed,
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    fail(&anyhow::Error::new(error).context("cannot write to standard output"))
                }
                _ => Status::Clean,
            };
        }
    };
    match dispatch(&arguments) {
        Ok(status) => status,
        Err(error) => fail(&error),
    }
}

fn dispatch(arguments: &Arguments) -> anyhow::Result<Status> {
    let color = arguments.color;
    let (mut output, style) = Output::stdout(color);
    match &arguments.command {
        Command::Check(check) => return check::run(check, color),
        Command::Endpoints(endpoints) => return endpoints::run(endpoints, color),
        Command::Init(init) => return init::run(init, color),
        Command::Schema(schema) => return schema::run(schema, color),
        Command::Explain { rule } => {
            let Some(page) = catalogue::page(rule) else {
                let known = catalogue::pages().iter().map(|page| page.id);
                let guess = catalogue::nearest(rule, known);
                let guess = guess.map(|near| format!(", did you mean \"{near}\"?"));
                anyhow::bail!("unknown rule \"{rule}\"{}", guess.unwrap_or_default());
            };
            output.write(|out| render::explain(page, style, out))
        }
        Command::Rules { format } => output.write(|out| match format {
            RulesFormat::Text => render::rules_text(catalogue::pages(), style, out),
            RulesFormat::Json => render::rules_json(catalogue::pages(), out),
        }),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "slowpath", &mut script);
            output.write(|out| out.write_all(&script))
        }
        Command::Man => output.write(manual),
    }
    .and_then(|()| output.finish())
    .or_else(ignore_closed)
    .context("cannot write to standard output")?;
    Ok(Status::Clean)
}

/// Writes the manual page: the program, then each of its commands.
fn manual(out: &mut dyn io::Write) -> io::Result<()> {
    let program = Arguments::command().disable_help_subcommand(true);
    let man = clap_mangen::Man::new(program.clone());
    man.render(&mut *out)?;
    for command in program.get_subcommands() {
        writeln!(
            out,
            ".SH \"SLOWPATH {}\"",
            command.get_name().to_uppercase()
        )?;
        let man = clap_mangen::Man::new(command.clone());
        man.render_description_section(&mut *out)?;
        man.render_options_section(&mut *out)?;
    }
    Ok(())
}

/// Says why the run could not be done.
fn fail(error: &anyhow::Error) -> Status {
    say(&format!("error: {error:#}"));
    Status::Failed
}

/// Writes a line to standard error. Nothing is left to do if that fails.
fn say(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(io::stderr().lock(), "{}", escape::inline(line));
}
