//! `slowpath endpoints`.

use anyhow::Context as _;

use slowpath::config::{ConfigSource, Request, Settings};
use slowpath::finding::Confidence;
use slowpath::render;

use super::Status;
use super::args::{ColorWhen, EndpointsArguments, RulesFormat};
use super::output::{Output, ignore_closed};

/// Lists where the program is entered.
pub(super) fn run(arguments: &EndpointsArguments, color: ColorWhen) -> anyhow::Result<Status> {
    let request = Request {
        current_dir: std::env::current_dir().context("cannot find the current directory")?,
        paths: arguments.paths.clone(),
        config: match &arguments.config {
            Some(file) => ConfigSource::Given(file.clone()),
            None if arguments.no_config => ConfigSource::Off,
            None => ConfigSource::Find,
        },
        ..Request::default()
    };
    let settings = Settings::load(&request)?;
    let (report, mut endpoints) = slowpath::endpoints(&settings)?;
    let least = arguments.min_confidence.unwrap_or(Confidence::Low);
    endpoints.retain(|endpoint| endpoint.confidence >= least);
    let (mut output, _) = Output::stdout(color);
    output
        .write(|out| match arguments.format {
            RulesFormat::Text => render::endpoints_text(&report, &endpoints, out),
            RulesFormat::Json => render::endpoints_json(&report, &endpoints, out),
        })
        .and_then(|()| output.finish())
        .or_else(ignore_closed)
        .context("cannot write to standard output")?;
    Ok(Status::Clean)
}
