//! Model files as they are written, and which of them a project needs.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rayon::prelude::*;
use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::clauses::{Form, Operator, Projects};
use super::entry_points::EntryPointEntry;
use super::{
    Advice, Batched, Columns, Cost, Effect, ModelError, PageSizes, Role, Rows, Runs, RunsIn,
};
use crate::finding::Confidence;
use crate::source::Ecosystem;

/// The models of `rules/models`, as the build script writes them: pairs of a path and a model.
static EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/models.json"));

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileSpec {
    pub(super) package: String,
    #[serde(default)]
    pub(super) imports: Vec<String>,
    #[serde(default, rename = "type")]
    pub(super) types: Vec<TypeEntry>,
    #[serde(default, rename = "attribute")]
    pub(super) attributes: Vec<AttributeEntry>,
    #[serde(default, rename = "call")]
    pub(super) calls: Vec<CallEntry>,
    #[serde(default)]
    pub(super) iterate: Vec<UseEntry>,
    #[serde(default, rename = "await")]
    pub(super) awaited: Vec<UseEntry>,
    #[serde(default)]
    pub(super) enter: Vec<UseEntry>,
    #[serde(default, rename = "receiver")]
    pub(super) receivers: Vec<ReceiverEntry>,
    #[serde(default, rename = "relation")]
    pub(super) relations: Vec<RelationEntry>,
    #[serde(default, rename = "per-row")]
    pub(super) per_row: Vec<PerRowEntry>,
    #[serde(default, rename = "whole-import")]
    pub(super) whole_imports: Vec<WholeImportEntry>,
    #[serde(default, rename = "runs-in")]
    pub(super) runs_in: Vec<RunsInEntry>,
    /// Exports of the package that a generator may write into the project instead.
    #[serde(default)]
    pub(super) generated: Vec<String>,
    #[serde(default, rename = "mount-methods")]
    pub(super) mount_methods: Vec<String>,
    #[serde(rename = "image-component")]
    pub(super) image_component: Option<String>,
    #[serde(default, rename = "entry-point")]
    pub(super) entry_points: Vec<EntryPointEntry>,
    #[serde(default, rename = "operator")]
    pub(super) operators: Vec<OperatorEntry>,
    /// What has SQL functions as its members.
    #[serde(default)]
    pub(super) functions: Vec<String>,
    #[serde(default, rename = "table")]
    pub(super) tables: Vec<super::tables::TableRules>,
    #[serde(default, rename = "column")]
    pub(super) columns: Vec<super::tables::ColumnModel>,
    #[serde(default, rename = "index")]
    pub(super) indexes: Vec<super::tables::IndexModel>,
    #[serde(default, rename = "step")]
    pub(super) steps: Vec<super::tables::StepRules>,
    #[serde(default, rename = "define")]
    pub(super) defines: Vec<super::tables::DefineRules>,
    #[serde(default, rename = "history")]
    pub(super) histories: Vec<super::tables::HistoryRules>,
    #[serde(default, rename = "modifier")]
    pub(super) modifiers: Vec<super::chains::ModifierModel>,
    #[serde(default, rename = "builder")]
    pub(super) builders: Vec<super::chains::BuilderRules>,
    #[serde(default, rename = "alteration")]
    pub(super) alterations: Vec<super::chains::AlterationRules>,
    #[serde(default, rename = "page")]
    pub(super) pages: Vec<PageEntry>,
    pub(super) users: Option<UsersEntry>,
    pub(super) tags: Option<TagsEntry>,
    #[serde(default)]
    pub(super) advice: Advice,
}

/// The class of a project whose rows are its users.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UsersEntry {
    pub(super) bases: Vec<String>,
    pub(super) setting: String,
    #[serde(default)]
    pub(super) calls: Vec<String>,
    pub(super) member: String,
    pub(super) holders: Vec<String>,
}

/// How functions become filters and tags of templates.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TagsEntry {
    #[serde(default)]
    pub(super) decorators: Vec<String>,
    #[serde(default)]
    pub(super) maps: Vec<String>,
    #[serde(default)]
    pub(super) context: Vec<String>,
}

/// Names by which a library compares.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperatorEntry {
    #[serde(default)]
    pub(super) names: Vec<String>,
    #[serde(default)]
    pub(super) paths: Vec<String>,
    pub(super) op: Operator,
    pub(super) apply: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypeEntry {
    pub(super) name: String,
    #[serde(default)]
    pub(super) paths: Vec<String>,
    #[serde(default)]
    pub(super) decorators: Vec<String>,
    #[serde(default)]
    pub(super) serial: bool,
    #[serde(default)]
    pub(super) shared: bool,
    pub(super) entity: Option<EntityEntry>,
    pub(super) extends: Option<String>,
    #[serde(default)]
    pub(super) local: bool,
    #[serde(default)]
    pub(super) opens: bool,
    pub(super) relations: Option<String>,
    pub(super) role: Option<Role>,
    #[serde(default)]
    pub(super) paging: Vec<String>,
    #[serde(rename = "paging-setting")]
    pub(super) paging_setting: Option<String>,
    #[serde(rename = "page-sizes")]
    pub(super) page_sizes: Option<PageSizes>,
    #[serde(default)]
    pub(super) identity: bool,
    #[serde(rename = "load-one")]
    pub(super) load_one: Option<String>,
    #[serde(rename = "load-many")]
    pub(super) load_many: Option<String>,
    #[serde(rename = "count-many")]
    pub(super) count_many: Option<String>,
    #[serde(rename = "to-many")]
    pub(super) to_many: Option<String>,
    pub(super) row: Option<String>,
    pub(super) statement: Option<Effect>,
    pub(super) shape: Option<String>,
    #[serde(rename = "default-order")]
    pub(super) default_order: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum EntityEntry {
    Table(bool),
    From(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AttributeEntry {
    pub(super) on: String,
    pub(super) names: Vec<String>,
    #[serde(rename = "type")]
    pub(super) ty: String,
    pub(super) entity: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CallEntry {
    pub(super) on: Option<String>,
    #[serde(default)]
    pub(super) names: Vec<String>,
    #[serde(default)]
    pub(super) paths: Vec<String>,
    pub(super) effect: Option<Effect>,
    pub(super) sql: Option<u8>,
    pub(super) rows: Option<Rows>,
    pub(super) returns: Option<String>,
    pub(super) entity: Option<String>,
    #[serde(default)]
    pub(super) awaitable: bool,
    #[serde(default)]
    pub(super) blocking: bool,
    pub(super) bounded: Option<BoundedEntry>,
    pub(super) bulk: Option<String>,
    #[serde(rename = "bulk-of")]
    pub(super) bulk_of: Option<u8>,
    pub(super) batched: Option<Batched>,
    pub(super) callback: Option<u8>,
    pub(super) runs: Option<Runs>,
    pub(super) receives: Option<String>,
    pub(super) cost: Option<Cost>,
    #[serde(default)]
    pub(super) mutates: bool,
    pub(super) when: Option<String>,
    pub(super) iterates: Option<String>,
    pub(super) loads: Option<String>,
    pub(super) selects: Option<String>,
    pub(super) range: Option<String>,
    #[serde(default)]
    pub(super) preloaded: bool,
    pub(super) associates: Option<String>,
    pub(super) reads: Option<String>,
    #[serde(default)]
    pub(super) joins: bool,
    #[serde(default)]
    pub(super) identity: bool,
    #[serde(default)]
    #[expect(dead_code, reason = "read by the rules about memory")]
    pub(super) streams: bool,
    #[serde(default)]
    pub(super) expires: Vec<String>,
    #[serde(default, rename = "expires-by-default")]
    pub(super) expires_by_default: bool,
    #[serde(default)]
    pub(super) evicts: bool,
    #[serde(default)]
    pub(super) memoizes: bool,
    #[serde(default, rename = "ended-by")]
    pub(super) ended_by: Vec<String>,
    #[serde(default)]
    pub(super) lasts: bool,
    #[serde(default)]
    pub(super) endless: bool,
    #[serde(default, rename = "ends-after")]
    pub(super) ends_after: Vec<String>,
    #[serde(default)]
    pub(super) mounts: bool,
    #[serde(default)]
    pub(super) alone: bool,
    #[serde(default)]
    pub(super) stable: Vec<String>,
    #[serde(default)]
    pub(super) pages: Vec<String>,
    #[serde(default)]
    pub(super) limits: Vec<String>,
    #[serde(default)]
    pub(super) polls: Vec<String>,
    #[serde(default, rename = "compressed-by")]
    pub(super) compressed_by: Vec<String>,
    #[serde(default, rename = "cached-by")]
    pub(super) cached_by: Vec<String>,
    #[serde(default)]
    pub(super) concurrent: bool,
    #[serde(default, rename = "off-thread")]
    pub(super) off_thread: bool,
    #[serde(default)]
    pub(super) opens: bool,
    #[serde(rename = "kept-by")]
    pub(super) kept_by: Option<String>,
    pub(super) query: Option<ClausesEntry>,
    #[serde(default)]
    pub(super) template: Vec<String>,
    #[serde(default)]
    pub(super) context: Vec<String>,
    pub(super) columns: Option<Columns>,
}

/// What a call adds to the query that it builds or runs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ClausesEntry {
    pub(super) from: Option<String>,
    pub(super) r#where: Option<Form>,
    pub(super) where_in: Option<String>,
    pub(super) operator: Option<String>,
    #[serde(default)]
    pub(super) negated: bool,
    #[serde(default)]
    pub(super) disjunct: bool,
    pub(super) order: Option<Form>,
    pub(super) order_in: Option<String>,
    #[serde(default)]
    pub(super) descending: bool,
    pub(super) limit: Option<LimitEntry>,
    pub(super) offset: Option<LimitEntry>,
    pub(super) cursor: Option<String>,
    pub(super) join: Option<String>,
    pub(super) on: Option<String>,
    pub(super) alias: Option<String>,
    pub(super) projection: Option<Projects>,
    #[serde(default)]
    pub(super) computes: bool,
    #[serde(default)]
    pub(super) opaque: bool,
    pub(super) columns: Option<String>,
    pub(super) parts: Option<String>,
    pub(super) named_by: Option<String>,
}

/// A number, or the argument that says it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum LimitEntry {
    Number(u64),
    By(String),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum BoundedEntry {
    Always(bool),
    By(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UseEntry {
    pub(super) on: String,
    pub(super) effect: Option<Effect>,
    pub(super) rows: Option<Rows>,
    #[serde(alias = "returns")]
    pub(super) yields: Option<String>,
    #[serde(default)]
    pub(super) blocking: bool,
    pub(super) bounded: Option<BoundedEntry>,
    pub(super) bulk: Option<String>,
    #[serde(default)]
    pub(super) preloaded: bool,
    #[serde(default)]
    #[expect(dead_code, reason = "read by the rules about memory")]
    pub(super) streams: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceiverEntry {
    pub(super) names: Vec<String>,
    #[serde(rename = "type")]
    pub(super) ty: String,
    pub(super) confidence: Confidence,
}

/// A field of an entity that leads to other rows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RelationEntry {
    #[serde(default)]
    pub(super) paths: Vec<String>,
    pub(super) on: Option<String>,
    #[serde(default)]
    pub(super) names: Vec<String>,
    pub(super) kind: RelationKind,
    pub(super) target: Vec<String>,
    #[serde(rename = "type")]
    pub(super) ty: Option<String>,
    #[serde(default)]
    pub(super) key: bool,
    #[serde(default)]
    pub(super) promised: bool,
    pub(super) inverse: Option<String>,
    pub(super) reverse: Option<String>,
    pub(super) reverse_default: Option<String>,
    #[serde(default)]
    pub(super) reverse_kind: RelationKind,
    pub(super) loading: Option<String>,
    #[serde(default)]
    pub(super) lazy: Vec<String>,
    #[serde(default)]
    pub(super) queries: BTreeMap<String, String>,
}

/// To how many rows a relation leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RelationKind {
    One,
    #[default]
    Many,
    Annotated,
}

/// Methods that run once per row.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PerRowEntry {
    pub(super) on: Option<String>,
    #[serde(default)]
    pub(super) names: Vec<String>,
    #[serde(default)]
    pub(super) decorators: Vec<String>,
    #[serde(default)]
    pub(super) rows: Vec<String>,
    #[serde(default)]
    pub(super) maps: bool,
    #[serde(default)]
    pub(super) objects: Vec<String>,
    #[serde(default)]
    pub(super) adds: Vec<String>,
    #[serde(default)]
    pub(super) builds: Vec<String>,
    #[serde(default)]
    pub(super) shifted: Vec<String>,
    #[serde(default)]
    pub(super) param: u8,
    pub(super) entity: Option<String>,
    #[serde(default)]
    pub(super) except: Vec<String>,
    #[serde(default)]
    pub(super) fields: bool,
    pub(super) caller: String,
    pub(super) help: String,
    #[serde(default)]
    pub(super) listed: bool,
}

/// Modules that bring more along than is used of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WholeImportEntry {
    pub(super) modules: Vec<String>,
    #[serde(default)]
    pub(super) shakes: bool,
    #[serde(default)]
    pub(super) light: Vec<String>,
    #[serde(default, rename = "rewritten-by")]
    pub(super) rewritten_by: Vec<String>,
    #[serde(default, rename = "names-rewritten-by")]
    pub(super) names_rewritten_by: Vec<String>,
    #[serde(default, rename = "trimmed-by")]
    pub(super) trimmed_by: Vec<String>,
    #[serde(default, rename = "comes-with")]
    pub(super) comes_with: Vec<String>,
    pub(super) weight: String,
    pub(super) instead: String,
}

/// Modules, or names of them, that only code of browsers or of servers imports.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunsInEntry {
    pub(super) place: RunsIn,
    pub(super) modules: Vec<String>,
    #[serde(default)]
    pub(super) names: Vec<String>,
}

/// Classes whose instances render a template.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageEntry {
    pub(super) on: String,
    pub(super) default: Option<String>,
    #[serde(default)]
    pub(super) names: Vec<String>,
    #[serde(default)]
    pub(super) many: bool,
}

pub(super) struct Source {
    pub(super) path: String,
    pub(super) ecosystem: Option<Ecosystem>,
    pub(super) is_users: bool,
    pub(super) spec: FileSpec,
}

/// All embedded models, read when first asked for.
pub(super) fn embedded() -> Result<&'static [Source], ModelError> {
    static SOURCES: OnceLock<Result<Vec<Source>, ModelError>> = OnceLock::new();
    let read = SOURCES.get_or_init(read_embedded);
    read.as_deref().map_err(Clone::clone)
}

fn read_embedded() -> Result<Vec<Source>, ModelError> {
    let broken = |path: &str, error: &serde_json::Error| ModelError::Syntax {
        path: path.to_owned(),
        message: error.to_string(),
    };
    let files: Vec<(&str, &RawValue)> =
        serde_json::from_str(EMBEDDED).map_err(|error| broken("models", &error))?;
    files
        .into_par_iter()
        .map(|(path, model)| {
            let ecosystem = match path.split('/').next() {
                Some("pypi") => Some(Ecosystem::PyPi),
                Some("npm") => Some(Ecosystem::Npm),
                _ => None,
            };
            let spec = serde_json::from_str(model.get()).map_err(|error| broken(path, &error))?;
            Ok(Source {
                path: path.to_owned(),
                ecosystem,
                is_users: false,
                spec,
            })
        })
        .collect()
}

/// Reads a model of the user.
pub(super) fn parse(path: &str, text: &str) -> Result<Source, ModelError> {
    let spec = toml::from_str(text).map_err(|error| ModelError::Syntax {
        path: path.to_owned(),
        message: error.to_string(),
    })?;
    Ok(Source {
        path: path.to_owned(),
        ecosystem: None,
        is_users: true,
        spec,
    })
}

/// The packages in use: those imported, and those whose types the models of these name.
pub(super) fn needed_packages<'s>(
    sources: &[&'s Source],
    imported: &FxHashSet<String>,
) -> FxHashSet<&'s str> {
    let mut needed: FxHashSet<&str> = sources
        .iter()
        .filter(|source| {
            let mut imports = source.spec.imports.iter();
            imports.any(|import| {
                imported.contains(import)
                    || (import.ends_with('/') && imported.iter().any(|i| i.starts_with(import)))
            })
        })
        .map(|source| source.spec.package.as_str())
        .collect();
    let mut others: Vec<(&str, String)> = sources
        .iter()
        .map(|source| source.spec.package.as_str())
        .filter(|package| !needed.contains(package))
        .map(|package| (package, format!("{package}.")))
        .collect();
    let always = sources.iter().filter(|s| s.spec.imports.is_empty());
    let of_needed = sources
        .iter()
        .filter(|s| needed.contains(s.spec.package.as_str()));
    let mut open: Vec<&Source> = always.chain(of_needed).copied().collect();
    while let Some(source) = open.pop() {
        let mut more = Vec::new();
        others.retain(|(package, prefix)| {
            let is_mentioned = mentioned(&source.spec, |text| text.contains(prefix));
            if is_mentioned {
                more.push(*package);
            }
            !is_mentioned
        });
        let of_more = sources
            .iter()
            .filter(|s| more.contains(&s.spec.package.as_str()));
        open.extend(of_more.copied());
        needed.extend(more);
    }
    needed
}

/// Whether any type that a model writes satisfies `test`.
fn mentioned(spec: &FileSpec, test: impl Fn(&str) -> bool) -> bool {
    let calls = spec
        .calls
        .iter()
        .flat_map(|c| [&c.on, &c.returns, &c.receives]);
    let uses = spec.iterate.iter().chain(&spec.awaited).chain(&spec.enter);
    spec.attributes.iter().any(|a| test(&a.on) || test(&a.ty))
        || calls.flatten().any(|text| test(text))
        || uses
            .flat_map(|u| [Some(&u.on), u.yields.as_ref()])
            .flatten()
            .any(|text| test(text))
}
