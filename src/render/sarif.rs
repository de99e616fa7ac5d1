//! SARIF 2.1.0, with what GitHub's code scanning shows of it: the documentation of the rules, the
//! evidence as related locations and as a flow, the fingerprints its upload action computes, and
//! what could not be analysed.
//!
//! The primary region is one line, because an alert is shown in a pull request only if all its
//! lines are part of the change. Slow code is no security problem, so nothing here says
//! `security`.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::catalogue::{self, Page};
use crate::finding::{Confidence, Finding, Report, RuleId, Severity};
use crate::source::{FileId, Place};

use super::{Places, Region, Unit, by_severity, json, line_hash};

/// Results of a run that are accepted.
const MAX_RESULTS: usize = 25_000;
/// Results of a run that are shown.
const SHOWN_RESULTS: usize = 5_000;
/// Locations of a result.
const MAX_LOCATIONS: usize = 1_000;
/// Characters of a rule's description.
const MAX_DESCRIPTION: usize = 1_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r> {
    tool: Tool<'r>,
    automation_details: AutomationDetails,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    results: Vec<ResultEntry<'r>>,
}

#[derive(Serialize)]
struct AutomationDetails {
    /// The category, which ends at the slash; a run has no name of its own.
    id: &'static str,
}

#[derive(Serialize)]
struct Tool<'r> {
    driver: Driver<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'r> {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<RuleEntry<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleEntry<'r> {
    id: &'r str,
    name: String,
    short_description: Text<'r>,
    full_description: Text<'r>,
    help: Help<'r>,
    default_configuration: Configuration,
    properties: RuleProperties<'r>,
}

#[derive(Serialize)]
struct Help<'r> {
    text: &'r str,
    markdown: &'r str,
}

#[derive(Serialize)]
struct Configuration {
    enabled: bool,
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties<'r> {
    tags: [&'r str; 2],
    precision: &'static str,
    #[serde(rename = "problem.severity")]
    problem_severity: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    descriptor: Descriptor,
    level: &'static str,
    message: Text<'static>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
}

#[derive(Serialize)]
struct Descriptor {
    id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultEntry<'r> {
    rule_id: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Text<'r>,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    code_flows: Vec<CodeFlow>,
    partial_fingerprints: Fingerprints<'r>,
    properties: ResultProperties<'r>,
}

#[derive(Serialize)]
struct Fingerprints<'r> {
    #[serde(
        rename = "primaryLocationLineHash",
        skip_serializing_if = "Option::is_none"
    )]
    line: Option<String>,
    #[serde(rename = "slowpath/v1")]
    own: &'r str,
}

#[derive(Serialize)]
struct ResultProperties<'r> {
    confidence: Confidence,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<&'r str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CodeFlow {
    thread_flows: [ThreadFlow; 1],
}

#[derive(Serialize)]
struct ThreadFlow {
    locations: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    location: Location,
}

#[derive(Serialize)]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(rename = "physicalLocation")]
    physical: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text<'static>>,
}

#[derive(Serialize)]
struct PhysicalLocation {
    #[serde(rename = "artifactLocation")]
    artifact: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<RegionEntry>,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RegionEntry {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct Text<'r> {
    text: Cow<'r, str>,
}

/// Writes the log.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    json::write_value(&log(report, MAX_RESULTS), out)
}

fn log(report: &Report, max_results: usize) -> Log<'_> {
    let places = Places::new(report);
    let mut lines = LineHashes::default();
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    if findings.len() > max_results {
        findings = by_severity(report);
        findings.truncate(max_results);
    }
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: env!("CARGO_PKG_NAME"),
                    version: env!("CARGO_PKG_VERSION"),
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: catalogue::pages().iter().map(rule).collect(),
                },
            },
            automation_details: AutomationDetails { id: "slowpath/" },
            invocations: [invocation(report, max_results)],
            column_kind: "utf16CodeUnits",
            results: findings
                .into_iter()
                .map(|finding| result(finding, &places, &mut lines))
                .collect(),
        }],
    }
}

fn rule(page: &Page) -> RuleEntry<'_> {
    RuleEntry {
        id: page.id,
        name: pascal_case(page.id),
        short_description: text(sentence(&page.title)),
        full_description: text(clipped(&page.summary, MAX_DESCRIPTION)),
        help: Help {
            text: &page.body,
            markdown: &page.body,
        },
        default_configuration: Configuration {
            enabled: !page.advice,
            level: level(page.severity),
        },
        properties: RuleProperties {
            tags: ["performance", &page.category],
            // What is shown unless asked for is right nine times in ten; advice is a matter of taste.
            precision: if page.advice { "medium" } else { "high" },
            problem_severity: match page.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "recommendation",
            },
        },
    }
}

/// What could not be analysed, and what is left out of this log.
fn invocation(report: &Report, max_results: usize) -> Invocation {
    let notices = report.notices.iter().map(|notice| Notification {
        descriptor: Descriptor {
            id: if notice.is_internal {
                "internal-error"
            } else {
                "notice"
            },
        },
        level: if notice.is_internal {
            "error"
        } else {
            "warning"
        },
        message: text(notice.message.clone()),
        locations: notice
            .path
            .iter()
            .map(|path| Location {
                id: None,
                physical: PhysicalLocation {
                    artifact: ArtifactLocation {
                        uri: uri(&match report.prefix.as_str() {
                            "" => path.clone(),
                            prefix => format!("{prefix}/{path}"),
                        }),
                    },
                    region: None,
                },
                message: None,
            })
            .collect(),
    });
    let mut notifications: Vec<Notification> = notices.collect();
    let mut announce = |message: String| {
        notifications.push(Notification {
            descriptor: Descriptor { id: "limit" },
            level: "warning",
            message: text(message),
            locations: Vec::new(),
        });
    };
    let count = report.findings.len();
    if count > max_results {
        announce(format!(
            "Only the {max_results} gravest of {count} findings are in this log."
        ));
    }
    if count > SHOWN_RESULTS {
        announce(format!(
            "Code scanning shows the {SHOWN_RESULTS} gravest results of a run."
        ));
    }
    let mut related = report.findings.iter().map(|finding| finding.related.len());
    if related.any(|count| count >= MAX_LOCATIONS) {
        announce(format!(
            "Evidence of more than {MAX_LOCATIONS} places is cut off."
        ));
    }
    if report.skipped > 0 {
        announce(format!("{} files were not analysed.", report.skipped));
    }
    Invocation {
        execution_successful: !report.notices.iter().any(|notice| notice.is_internal),
        tool_execution_notifications: notifications,
    }
}

fn result<'r>(
    finding: &'r Finding,
    places: &Places<'r>,
    lines: &mut LineHashes,
) -> ResultEntry<'r> {
    let primary = places.first_line(finding.place, Unit::Utf16);
    let evidence = &finding.related[..finding.related.len().min(MAX_LOCATIONS - 1)];
    let related = evidence.iter().enumerate().map(|(index, related)| {
        let region = places.region(related.place, Unit::Utf16);
        location(
            Some(index + 1),
            related.place,
            region,
            &related.message,
            places,
        )
    });
    ResultEntry {
        rule_id: finding.rule,
        rule_index: rule_index(finding.rule),
        level: level(finding.severity),
        message: text(message(finding, evidence.len())),
        locations: [Location {
            id: None,
            physical: physical(finding.place, primary, places),
            message: None,
        }],
        related_locations: related.collect(),
        code_flows: code_flows(finding, evidence.len(), places),
        partial_fingerprints: Fingerprints {
            line: lines.of(finding.place, primary.start_line, places.report),
            own: &finding.fingerprint,
        },
        properties: ResultProperties {
            confidence: finding.confidence,
            cost: finding.cost.as_deref(),
        },
    }
}

/// What happens, what it costs, and the evidence as links: places that are not linked from the
/// message are not shown.
fn message(finding: &Finding, evidence: usize) -> String {
    let mut message = unlinked(&finding.message);
    if let Some(cost) = &finding.cost {
        let _ = write!(message, " ({})", unlinked(cost));
    }
    message.push('.');
    let links = finding.related[..evidence].iter().enumerate();
    let links: Vec<String> = links
        .map(|(index, related)| {
            let words = related.message.replace('\\', "\\\\");
            let words = words.replace('[', "\\[").replace(']', "\\]");
            format!("[{words}]({})", index + 1)
        })
        .collect();
    if !links.is_empty() {
        let _ = write!(message, " Evidence: {}.", links.join(", "));
    }
    if let Some(help) = &finding.help {
        let _ = write!(message, " To do: {}.", unlinked(help));
    }
    message
}

/// Text that is no link. `[text](target)` is the one mark that a message knows, and the analysed
/// code has brackets of its own.
fn unlinked(text: &str) -> String {
    text.replace("](", "\\](")
}

/// The evidence in the order it runs; the primary place is its last step unless it is one of
/// them already.
fn code_flows(finding: &Finding, evidence: usize, places: &Places<'_>) -> Vec<CodeFlow> {
    let mut steps: Vec<(Place, &str)> = finding.related[..evidence]
        .iter()
        .map(|related| (related.place, related.message.as_str()))
        .collect();
    if !steps.iter().any(|&(place, _)| place == finding.place) {
        steps.push((finding.place, &finding.message));
    }
    if steps.len() < 2 {
        return Vec::new();
    }
    let steps = steps.into_iter().map(|(place, message)| Step {
        location: location(
            None,
            place,
            places.region(place, Unit::Utf16),
            message,
            places,
        ),
    });
    vec![CodeFlow {
        thread_flows: [ThreadFlow {
            locations: steps.collect(),
        }],
    }]
}

fn location(
    id: Option<usize>,
    place: Place,
    region: Region,
    message: &str,
    places: &Places<'_>,
) -> Location {
    Location {
        id,
        physical: physical(place, region, places),
        // An empty text is refused.
        message: (!message.is_empty()).then(|| text(unlinked(message))),
    }
}

fn physical(place: Place, region: Region, places: &Places<'_>) -> PhysicalLocation {
    PhysicalLocation {
        artifact: ArtifactLocation {
            uri: uri(&places.repository_path(place)),
        },
        region: Some(RegionEntry {
            start_line: region.start_line,
            start_column: region.start_column,
            end_line: region.end_line,
            end_column: region.end_column,
        }),
    }
}

/// The line hashes of the files met so far.
#[derive(Default)]
struct LineHashes(FxHashMap<FileId, Vec<String>>);

impl LineHashes {
    /// The hash of a line; none where our text is not that of the file, so that whoever uploads
    /// the log computes it from the file.
    fn of(&mut self, place: Place, line: u32, report: &Report) -> Option<String> {
        let file = report.file(place);
        if !file.is_verbatim {
            return None;
        }
        let hashes = self.0.entry(place.file);
        let hashes = hashes.or_insert_with(|| line_hash::of_lines(&file.text));
        hashes.get(line as usize - 1).cloned()
    }
}

fn rule_index(rule: RuleId) -> Option<usize> {
    let mut pages = catalogue::pages().iter();
    pages.position(|page| page.id == rule)
}

fn level(severity: Severity) -> &'static str {
    severity.name()
}

fn text<'r>(text: impl Into<Cow<'r, str>>) -> Text<'r> {
    Text { text: text.into() }
}

fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

fn clipped(text: &str, max_chars: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// `n-plus-one` as `NPlusOne`.
fn pascal_case(id: &str) -> String {
    let words = id.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    words.collect()
}

/// A path as a relative reference.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_sarif_wants_them() {
        assert_eq!(pascal_case("n-plus-one"), "NPlusOne");
        assert_eq!(uri("a b/naïve:%.py"), "a%20b/na%C3%AFve%3A%25.py");
        assert_eq!(unlinked("`a[0](x)` [b]"), "`a[0\\](x)` [b]");
    }

    #[test]
    fn the_gravest_are_kept_and_the_cut_is_announced() {
        let mut report = crate::render::tests::many(60);
        for finding in &mut report.findings[..50] {
            finding.severity = Severity::Note;
        }
        let log = serde_json::to_value(log(&report, 20)).expect("JSON");
        let results = log["runs"][0]["results"].as_array().expect("results");
        assert_eq!(results.len(), 20);
        assert!(
            results[..10]
                .iter()
                .all(|result| result["level"] == "error")
        );
        let notifications = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"];
        assert_eq!(
            notifications[0]["message"]["text"],
            "Only the 20 gravest of 60 findings are in this log."
        );
    }
}
