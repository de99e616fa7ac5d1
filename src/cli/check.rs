//! `slowpath check`.

use std::io::Write as _;
use std::time::Instant;

use anyhow::Context as _;

use slowpath::config::{ConfigSource, Request, Settings};
use slowpath::finding::{Notice, Report};
use slowpath::render::{self, escape, plural};

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
    let report = {
        let _spinner = Spinner::start(!arguments.quiet);
        slowpath::analyze(&settings)?
    };
    write(arguments, color, &report)?;
    if arguments.statistics {
        let _ = write!(std::io::stderr().lock(), "{}", render::statistics(&report));
    }
    say_notices(arguments, &report.notices);
    if !arguments.quiet && !arguments.show_files {
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
    })
}

/// Writes the findings, or the files, to where they were asked for.
fn write(arguments: &CheckArguments, color: ColorWhen, report: &Report) -> anyhow::Result<()> {
    let (mut output, style) = match &arguments.output {
        Some(path) => Output::file(path).with_context(|| cannot_write(arguments))?,
        None => Output::stdout(color),
    };
    output
        .write(|out| {
            if !arguments.show_files {
                return render::report(report, arguments.format.into(), style, out);
            }
            let mut files = report.files.iter();
            files.try_for_each(|file| writeln!(out, "{}", escape::path(&file.path)))
        })
        .and_then(|()| output.finish())
        .or_else(ignore_closed)
        .with_context(|| cannot_write(arguments))
}

fn cannot_write(arguments: &CheckArguments) -> String {
    match &arguments.output {
        Some(path) => format!("cannot write {}", path.display()),
        None => "cannot write to standard output".to_owned(),
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

fn status(arguments: &CheckArguments, settings: &Settings, report: &Report) -> Status {
    // A notice says that something was not analysed, or not as it stands on disk.
    let is_omission = |notice: &Notice| notice.is_internal || arguments.strict;
    let fails = |severity| severity >= settings.fail_on;
    if report.notices.iter().any(is_omission) {
        Status::Failed
    } else if arguments.exit_zero || arguments.show_files {
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
