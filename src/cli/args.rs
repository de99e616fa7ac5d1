//! The arguments as clap reads them. Options of later versions are unknown until they work.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use slowpath::catalogue;
use slowpath::finding::{Confidence, Severity};
use slowpath::render::Format;

/// Reports the code that gets slow as data grows: N+1 queries, quadratic work, awaits in a row.
#[derive(Debug, Parser)]
#[command(name = "slowpath", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// When to use colours.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorWhen,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Analyses files and folders.
    Check(Box<CheckArguments>),
    /// Shows the documentation of a rule.
    Explain {
        /// The rule's id.
        rule: String,
    },
    /// Lists the rules.
    Rules {
        /// How to list them.
        #[arg(long, default_value = "text")]
        format: RulesFormat,
    },
    /// Lists where the program is entered: routes, pages, jobs, commands.
    Endpoints(EndpointsArguments),
    /// Writes a configuration file that fits the project.
    Init(InitArguments),
    /// Prints the tables and indexes that migrations and models make in the end.
    Schema(SchemaArguments),
    /// Prints a completion script.
    Completions {
        /// The shell it is for.
        shell: Shell,
    },
    /// Prints the manual page.
    Man,
}

#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// The top of the project. [default: .]
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// Accept all that is found today: write it to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct CheckArguments {
    /// Files and folders to analyse. [default: .]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// How to write the findings.
    #[arg(long, default_value = "full", value_parser = formats())]
    pub(crate) format: Format,
    /// Write the findings to a file instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write one more report of the same run to a file; may be given several times.
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report_file)]
    pub(crate) reports: Vec<ReportFile>,
    /// Run these only: rules, categories or `all`.
    #[arg(long, value_name = "RULE|CATEGORY|all", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// Do not run these: rules, categories or `all`.
    #[arg(long, value_name = "RULE|CATEGORY|all", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// Leave out findings below this severity. [default: note]
    #[arg(long, value_name = "SEVERITY", value_parser = severities())]
    pub(crate) min_severity: Option<Severity>,
    /// Leave out findings below this confidence. [default: medium]
    #[arg(long, value_name = "CONFIDENCE", value_parser = confidences())]
    pub(crate) min_confidence: Option<Confidence>,
    /// Report only what is new since HEAD and this revision parted, the work tree included.
    #[arg(long, value_name = "REF")]
    pub(crate) since: Option<String>,
    /// Leave out the findings that this file accepts.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Accept all findings: write them to this file, and forget those that are no more.
    #[arg(long, value_name = "FILE", conflicts_with = "since")]
    pub(crate) write_baseline: Option<PathBuf>,
    /// End with status 1 if there is a finding of at least this severity. [default: warning]
    #[arg(long, value_name = "SEVERITY", value_parser = severities())]
    pub(crate) fail_on: Option<Severity>,
    /// End with status 0 whatever is found.
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// Read this configuration file and no other.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration file.
    #[arg(long)]
    pub(crate) no_config: bool,
    /// Do not read or write the cache (there is none yet).
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Worker threads; 0 for one per core.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true,
          value_parser = clap::value_parser!(u16).range(0..=1024))]
    pub(crate) threads: u16,
    /// End with status 2 if anything that was asked for could not be analysed.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Analyse what ignore files leave out.
    #[arg(long)]
    pub(crate) no_ignores: bool,
    /// Count the findings of each rule.
    #[arg(long)]
    pub(crate) statistics: bool,
    /// List the files that are analysed instead of findings.
    #[arg(long, conflicts_with_all = ["format", "statistics", "reports"])]
    pub(crate) show_files: bool,
    /// Tell what stands at a place and what it was resolved to, instead of findings.
    #[arg(long, value_name = "FILE:LINE", conflicts_with_all = ["format", "statistics", "show_files", "reports"])]
    pub(crate) explain_silence: Option<String>,
    /// Say nothing but findings and errors.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Say more about the run.
    #[arg(long, short, action = ArgAction::SetTrue, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    /// Files and folders to look at. [default: .]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// How to print them.
    #[arg(long, default_value = "sql")]
    pub(crate) format: SchemaFormat,
    /// Read this configuration file and no other.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration file.
    #[arg(long)]
    pub(crate) no_config: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SchemaFormat {
    /// Statements that make them, with the places they come from.
    Sql,
    /// One object with everything.
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct EndpointsArguments {
    /// Files and folders to look at. [default: .]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// How to list them.
    #[arg(long, default_value = "text")]
    pub(crate) format: RulesFormat,
    /// Leave out what is less sure. [default: low]
    #[arg(long, value_name = "CONFIDENCE", value_parser = confidences())]
    pub(crate) min_confidence: Option<Confidence>,
    /// Read this configuration file and no other.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration file.
    #[arg(long)]
    pub(crate) no_config: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// If standard output is a terminal that shows them.
    Auto,
    Always,
    Never,
}

/// A report beside the main one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportFile {
    pub(crate) format: Format,
    pub(crate) file: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum RulesFormat {
    Text,
    Json,
}

fn formats() -> impl TypedValueParser<Value = Format> {
    let values = Format::ALL.map(|format| PossibleValue::new(format.name()).help(format.about()));
    PossibleValuesParser::new(values).map(|text| format(&text).unwrap_or(Format::Full))
}

/// The format of this name.
fn format(name: &str) -> Option<Format> {
    Format::ALL.into_iter().find(|format| format.name() == name)
}

/// Reads `FORMAT=FILE`.
fn report_file(text: &str) -> Result<ReportFile, String> {
    let names = || Format::ALL.map(Format::name);
    let Some((name, file)) = text.split_once('=').filter(|(_, file)| !file.is_empty()) else {
        return Err("expected FORMAT=FILE, as in sarif=slowpath.sarif".to_owned());
    };
    match format(name) {
        Some(format) => Ok(ReportFile {
            format,
            file: PathBuf::from(file),
        }),
        None => Err(match catalogue::nearest(name, names()) {
            Some(near) => format!("unknown format \"{name}\", did you mean \"{near}\"?"),
            None => format!("unknown format \"{name}\", one of {}", names().join(", ")),
        }),
    }
}

fn severities() -> impl TypedValueParser<Value = Severity> {
    one_of(&Severity::ALL, Severity::name)
}

fn confidences() -> impl TypedValueParser<Value = Confidence> {
    one_of(&Confidence::ALL, Confidence::name)
}

/// One of `all` by its name.
fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let names = all.iter().map(move |&item| name(item));
    PossibleValuesParser::new(names).map(move |text| {
        let found = all.iter().find(|&&item| name(item) == text);
        // The parser accepts the names of `all` only.
        *found.unwrap_or(&all[0])
    })
}
