//! `slowpath schema`.

use anyhow::Context as _;

use slowpath::config::{ConfigSource, Request, Settings};
use slowpath::render;

use super::Status;
use super::args::{ColorWhen, SchemaArguments, SchemaFormat};
use super::output::{Output, ignore_closed};

/// Prints the databases in their end state.
pub(super) fn run(arguments: &SchemaArguments, color: ColorWhen) -> anyhow::Result<Status> {
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
    let text = slowpath::schema(&settings, |schemas, files| {
        let mut text = Vec::new();
        match arguments.format {
            SchemaFormat::Sql => render::schema_sql(schemas, files, &mut text),
            SchemaFormat::Json => render::schema_json(schemas, files, &mut text),
        }
        .map(|()| text)
    })??;
    let (mut output, _) = Output::stdout(color);
    output
        .write(|out| out.write_all(&text))
        .and_then(|()| output.finish())
        .or_else(ignore_closed)
        .context("cannot write to standard output")?;
    Ok(Status::Clean)
}
