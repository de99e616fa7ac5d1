//! `slowpath check`.

use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;

use slowpath::config::{ConfigSource, Location, Request, Settings};
use slowpath::finding::{Notice, Report};
use slowpath::render::{self, Style, escape, plural};

use super::args::{CheckArguments, ColorWhen};
use super::output::{Output, ignore_closed};
use super::progress::Spinner;
use super::{Status, say};

/// Analyses, prints, and says how it went.
pub(super) fn run(arguments: &CheckArguments, color: ColorWhen) -> anyhow::Result<Status> {
    let started = Instant::now();
    let settings = Settings::load(&request(arguments)?)?;
    if let (true, Some(file)) = (arguments.verbose, &settings.config_file) {
        say(&format!("configuration: {}", file.display()));
    }
    if arguments.show_files {
        return show_files(arguments, color, &settings);
    }
    let report = {
        let _spinner = Spinner::start(!arguments.quiet);
        slowpath::analyze(&settings)?
    };
    if arguments.explain_silence.is_some() {
        return explain(arguments, color, &report);
    }
    if let (Some(file), Some(baseline)) = (&arguments.write_baseline, &report.baseline) {
        write(Some(file), color, |_, out| {
            out.write_all(baseline.to_text().as_bytes())
        })?;
    }
    // The files first: whoever reads standard output may have seen enough before its end.
    for wanted in &arguments.reports {
        write(Some(&wanted.file), color, |style, out| {
            render::report(&report, wanted.format, style, out)
        })?;
    }
    write(arguments.output.as_deref(), color, |style, out| {
        render::report(&report, arguments.format, style, out)
    })?;
    if arguments.statistics {
        let _ = write!(io::stderr().lock(), "{}", render::statistics(&report));
    }
    say_notices(arguments, &report.notices);
    say_baseline(arguments, &report);
    if arguments.verbose {
        say(&format!("coverage: {}", report.coverage));
    }
    if !arguments.quiet {
        say(&render::summary(&report, started.elapsed()));
    }
    Ok(status(arguments, &settings, &report))
}

fn request(arguments: &CheckArguments) -> anyhow::Result<Request> {
    Ok(Request {
        current_dir: std::env::current_dir().context("cannot find the current directory")?,
        paths: arguments.paths.clone(),
        select: arguments.select.clone(),
        ignore: arguments.ignore.clone(),
        min_severity: arguments.min_severity,
        min_confidence: arguments.min_confidence,
        fail_on: arguments.fail_on,
        config: match &arguments.config {
            Some(file) => ConfigSource::Given(file.clone()),
            None if arguments.no_config => ConfigSource::Off,
            None => ConfigSource::Find,
        },
        no_ignores: arguments.no_ignores,
        threads: usize::from(arguments.threads),
        since: arguments.since.clone(),
        baseline: arguments.baseline.clone(),
        write_baseline: arguments.write_baseline.clone(),
        explain: arguments.explain_silence.as_deref().map(Location::parse),
    })
}

/// Tells what stands at the place asked for.
fn explain(
    arguments: &CheckArguments,
    color: ColorWhen,
    report: &Report,
) -> anyhow::Result<Status> {
    write(arguments.output.as_deref(), color, |_, out| {
        let mut lines = report.explanation.iter();
        lines.try_for_each(|line| writeln!(out, "{}", escape::path(line)))
    })?;
    if report.explanation.is_empty() {
        say("nothing there: no loop, call or await in an analysed file");
    }
    say_notices(arguments, &report.notices);
    Ok(Status::Clean)
}

/// Lists the files that would be analysed.
fn show_files(
    arguments: &CheckArguments,
    color: ColorWhen,
    settings: &Settings,
) -> anyhow::Result<Status> {
    let found = slowpath::discover::files(settings);
    write(arguments.output.as_deref(), color, |_, out| {
        let mut files = found.files.iter();
        files.try_for_each(|file| writeln!(out, "{}", escape::path(&file.path)))
    })?;
    say_notices(arguments, &found.notices);
    Ok(if has_omission(arguments, &found.notices) {
        Status::Failed
    } else {
        Status::Clean
    })
}

/// Writes to a file, or to standard output.
pub(super) fn write(
    file: Option<&Path>,
    color: ColorWhen,
    content: impl FnOnce(Style, &mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    let cannot_write = || match file {
        Some(path) => format!("cannot write {}", path.display()),
        None => "cannot write to standard output".to_owned(),
    };
    let (mut output, style) = match file {
        Some(path) => Output::file(path).with_context(cannot_write)?,
        None => Output::stdout(color),
    };
    output
        .write(|out| content(style, out))
        .and_then(|()| output.finish())
        .or_else(ignore_closed)
        .with_context(cannot_write)
}

/// What became of the baseline.
fn say_baseline(arguments: &CheckArguments, report: &Report) {
    if arguments.quiet {
        return;
    }
    let stale = plural(report.stale, "entry").replace("entrys", "entries");
    match &arguments.write_baseline {
        Some(file) => {
            let removed = match report.stale {
                0 => String::new(),
                _ => format!(", {stale} removed"),
            };
            let count = plural(report.baselined, "finding");
            say(&format!(
                "baseline: {count} written to {}{removed}",
                file.display()
            ));
        }
        None if report.stale > 0 => say(&format!(
            "baseline: {stale} found no more, --write-baseline removes them"
        )),
        None => {}
    }
}

/// Internal errors always, the others if asked for; otherwise how many there are.
fn say_notices(arguments: &CheckArguments, notices: &[Notice]) {
    let (internal, others): (Vec<_>, Vec<_>) =
        notices.iter().partition(|notice| notice.is_internal);
    let line = |notice: &Notice, level: &str| match &notice.path {
        Some(path) => say(&format!("{level}: {path}: {}", notice.message)),
        None => say(&format!("{level}: {}", notice.message)),
    };
    for notice in internal {
        line(notice, "internal error");
    }
    if arguments.verbose || arguments.strict {
        for notice in others {
            line(notice, "notice");
        }
    } else if !others.is_empty() && !arguments.quiet {
        let verb = if others.len() == 1 { "it" } else { "them" };
        let count = plural(others.len(), "notice");
        say(&format!("{count}, -v shows {verb}"));
    }
}

/// Whether something was not analysed that must not be passed over.
fn has_omission(arguments: &CheckArguments, notices: &[Notice]) -> bool {
    // Every notice is about something that was not analysed, or not as it stands on disk.
    let mut notices = notices.iter();
    notices.any(|notice| notice.is_internal || arguments.strict)
}

fn status(arguments: &CheckArguments, settings: &Settings, report: &Report) -> Status {
    let fails = |severity| severity >= settings.fail_on;
    if has_omission(arguments, &report.notices) {
        Status::Failed
    } else if arguments.exit_zero {
        Status::Clean
    } else if report
        .findings
        .iter()
        .any(|finding| fails(finding.severity))
    {
        Status::Findings
    } else {
        Status::Clean
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use slowpath::finding::{Confidence, Finding, Severity};
    use slowpath::source::{FileId, Place, Span};

    use super::*;
    use crate::cli::args::{Arguments, Command};

    fn finding(severity: Severity) -> Finding {
        Finding {
            rule: "n-plus-one",
            category: "database",
            severity,
            confidence: Confidence::High,
            place: Place {
                file: FileId(0),
                span: Span::default(),
            },
            message: String::new(),
            help: None,
            cost: None,
            function: None,
            related: Vec::new(),
            fingerprint: String::new(),
        }
    }

    /// The status of a run with these findings and notices (internal or not).
    fn check(options: &[&str], severities: &[Severity], notices: &[bool], expected: Status) {
        let line = ["slowpath", "check", "--no-config"];
        let line = line.iter().chain(options);
        let arguments = Arguments::try_parse_from(line).expect("valid options");
        let Command::Check(arguments) = arguments.command else {
            panic!("check was asked for");
        };
        let settings = Settings::load(&request(&arguments).expect("a current directory"));
        let report = Report {
            findings: severities.iter().copied().map(finding).collect(),
            notices: notices
                .iter()
                .map(|&is_internal| Notice {
                    path: None,
                    message: "odd".to_owned(),
                    is_internal,
                })
                .collect(),
            ..Report::default()
        };
        let status = status(&arguments, &settings.expect("valid settings"), &report);
        assert_eq!(status, expected, "{options:?} {severities:?} {notices:?}");
    }

    #[test]
    fn findings_at_or_above_the_threshold_fail() {
        use Severity::{Error, Note, Warning};
        check(&[], &[], &[], Status::Clean);
        check(&[], &[Note], &[], Status::Clean);
        check(&[], &[Note, Warning], &[], Status::Findings);
        check(&["--fail-on=note"], &[Note], &[], Status::Findings);
        check(&["--fail-on=error"], &[Warning], &[], Status::Clean);
        check(&["--exit-zero"], &[Error], &[], Status::Clean);
    }

    #[test]
    fn what_was_not_analysed_fails_if_internal_or_strict() {
        check(&[], &[], &[false], Status::Clean);
        check(&[], &[Severity::Error], &[true], Status::Failed);
        check(&["--exit-zero"], &[], &[false, true], Status::Failed);
        check(&["--strict"], &[Severity::Error], &[], Status::Findings);
        check(&["--strict"], &[], &[false], Status::Failed);
    }
}
