//! What names stand for, where names are all there is to go by. The words are data, in
//! `rules/words.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// The words, read once.
static WORDS: LazyLock<Words> =
    LazyLock::new(|| toml::from_str(include_str!("../../rules/words.toml")).unwrap_or_default());

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    tables: Tables,
    columns: Columns,
    connections: Connections,
    handlers: Handlers,
    writes: Writes,
    requests: Requests,
    queries: Queries,
    components: Components,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Tables {
    small: Vec<String>,
    lookups: Vec<String>,
    dimensions: Vec<String>,
    vocabularies: Vec<String>,
    details: Vec<String>,
    principals: Vec<String>,
    tenants: Vec<String>,
    once: Vec<String>,
    lasting: Vec<String>,
    staff: Vec<String>,
    left_over: Vec<String>,
    edits: Vec<String>,
    settings: Vec<String>,
    definitions: Vec<String>,
    rights: Vec<String>,
    small_before: Vec<String>,
    happenings: Vec<String>,
    things: Vec<String>,
    attached: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Columns {
    owners: Vec<String>,
    kinds: Vec<String>,
    exceptions: Vec<String>,
    pointers: Vec<String>,
    conditions: Vec<String>,
    members: Vec<String>,
    people: Vec<String>,
    singled_out: Vec<String>,
    records: Vec<String>,
    large: Vec<String>,
    ends: Vec<String>,
    times: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Connections {
    tries: Vec<String>,
    waits: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Handlers {
    whole: Vec<String>,
    whole_paths: Vec<String>,
    changes: Vec<String>,
    takes_away: Vec<String>,
    makes: Vec<String>,
    fills_in: Vec<String>,
    staff: Vec<String>,
    staff_flags: Vec<String>,
    development: Vec<String>,
    settings_files: Vec<String>,
    asks: Vec<String>,
    turns_away: Vec<String>,
    admits_superusers: Vec<String>,
    admits_admins: Vec<String>,
    makes_pages: Vec<String>,
    pages_by: Vec<String>,
    unattended: Vec<String>,
    background: Vec<String>,
    later: Vec<String>,
    health: Vec<String>,
    setup: Vec<String>,
    settings: Vec<String>,
    starts: Vec<String>,
    permits: Vec<String>,
    roots: Vec<String>,
    first_steps: Vec<String>,
    asks_for_member: Vec<String>,
    secrets: Vec<String>,
    lists_or_makes: Vec<String>,
    lets_create: Vec<String>,
    routed: Vec<String>,
    mounts: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Writes {
    before: Vec<String>,
    after: Vec<String>,
    saves: Vec<String>,
    deletes: Vec<String>,
    recorders: Vec<String>,
    records: Vec<String>,
    storages: Vec<String>,
    moves_file: Vec<String>,
    starts: Vec<String>,
    registries: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Requests {
    arguments: Vec<String>,
    depths: Vec<String>,
    parses: Vec<String>,
    alone: Vec<String>,
    payloads: Vec<String>,
    many: Vec<String>,
    unique: Vec<String>,
    parts: Vec<String>,
    lists: Vec<String>,
    checked: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Queries {
    selects: Vec<String>,
    loads: Vec<String>,
    upwards: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Components {
    large: Vec<String>,
    small: Vec<String>,
    once: Vec<String>,
}

/// How a table grows, by what it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// It holds what the program can choose from.
    Small,
    /// With each thing that happens, for ever.
    Happenings,
    /// With the things that users make.
    Things,
}

/// What a framework calls around the write of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hook {
    /// Before the write, where it may check or set something.
    pub is_before: bool,
    /// When rows go.
    pub deletes: bool,
}

/// What is called around a write under such a name: `post_save`, `AfterCreate`, `BEFORE_DELETE`.
pub fn hook(name: &str) -> Option<Hook> {
    let words = &WORDS.writes;
    let parts = parts_of(name);
    let (when, what) = parts.split_first()?;
    let is_before = has(&words.before, when);
    if !is_before && !has(&words.after, when) {
        return None;
    }
    let is_any = |known: &[String]| what.iter().any(|part| has(known, part));
    let deletes = is_any(&words.deletes);
    (deletes || is_any(&words.saves)).then_some(Hook { is_before, deletes })
}

/// Whether something takes classes whose rows it keeps a history of, by its name.
pub fn is_recorder(name: &str) -> bool {
    has(&WORDS.writes.recorders, name)
}

/// Whether a field of a class keeps a history of its rows, by the name of what makes it.
pub fn keeps_record(name: &str) -> bool {
    has(&WORDS.writes.records, name)
}

/// Whether a function starts work for what it is handed, by its name.
pub fn starts_work(function: &str) -> bool {
    has(&WORDS.writes.starts, function)
}

/// Whether a name is that of what hands out the tables of an old version.
pub fn is_registry(name: &str) -> bool {
    has(&WORDS.writes.registries, name)
}

/// How a table grows, if its name says so.
pub fn growth(table: &str) -> Option<Growth> {
    let words = &WORDS.tables;
    let parts = parts_of(table);
    let (_, before) = parts.split_last()?;
    if ends_with(table, &words.small) || before.iter().any(|part| has(&words.small_before, part)) {
        Some(Growth::Small)
    } else if ends_with(table, &words.happenings) {
        Some(Growth::Happenings)
    } else if ends_with(table, &words.things) {
        Some(Growth::Things)
    } else {
        None
    }
}

/// Whether a table grows with use, by what it is called.
pub fn is_growing(table: &str) -> bool {
    matches!(growth(table), Some(Growth::Happenings | Growth::Things))
}

/// Whether people add a table's rows to another row one by one, by what it is called.
pub fn is_attached(table: &str) -> bool {
    ends_with(table, &WORDS.tables.attached)
}

/// Whether a name is made of several words.
pub fn is_compound(name: &str) -> bool {
    parts_of(name).len() > 1
}

/// What a table is called besides the one that its rows belong to: `Link` of a `BookLink` that
/// belongs to a `Book`. None if nothing is left.
pub fn beside(table: &str, parent: &str) -> Option<String> {
    let of_parent = parts_of(parent);
    let is_other = |part: &String| {
        let forms = singulars(part);
        !forms.iter().any(|form| has(&of_parent, form))
    };
    let parts = parts_of(table);
    if parts.iter().all(is_other) {
        return Some(table.to_owned());
    }
    let left: Vec<String> = parts.into_iter().filter(is_other).collect();
    (!left.is_empty()).then(|| left.join("_"))
}

/// Whether a column says which of several rows its row works with: `activeOrderId`.
pub fn is_pointer(column: &str) -> bool {
    let parts = parts_of(column);
    parts.len() > 1 && has(&WORDS.columns.pointers, &parts[0])
}

/// Whether a row lives long and things pile up that belong to it, by what its table is called.
pub fn holds_many(table: &str) -> bool {
    ends_with(table, &WORDS.columns.owners)
}

/// Whether a table holds what the program can choose from, by what it is called.
pub fn is_lookup(table: &str) -> bool {
    ends_with(table, &WORDS.tables.lookups)
}

/// Whether a collection is called after what there are few of by their kind: `state_details`,
/// `noteTypes`.
pub fn is_dimension(collection: &str) -> bool {
    let mut parts = parts_of(collection);
    parts.pop_if(|last| has(&WORDS.tables.details, last));
    let Some(last) = parts.last() else {
        return false;
    };
    singulars(last)
        .iter()
        .any(|form| has(&WORDS.tables.dimensions, form))
}

/// Whether a name is that of what tells records, users or requests apart.
pub fn names_a_record(name: &str) -> bool {
    let parts = parts_of(name);
    parts
        .last()
        .is_some_and(|last| has(&WORDS.columns.records, last))
}

/// Whether a column leads to someone or something that lives long: a user, a project.
pub fn is_owner(column: &str) -> bool {
    has(&WORDS.columns.owners, column)
}

/// Whether a table holds whoever the program is used by, by what it is called.
pub fn is_principal(table: &str) -> bool {
    ends_with(table, &WORDS.tables.principals)
}

/// Whether a table holds those who have a part of the program to themselves, by what it is called.
pub fn is_tenant(table: &str) -> bool {
    ends_with(table, &WORDS.tables.tenants)
}

/// Whether a table holds what is used once, by what it is called: `PasswordResetToken`.
pub fn is_for_once(table: &str) -> bool {
    ends_with(table, &WORDS.tables.once)
}

/// Whether what is used once by its last word is used again and again by those before.
pub fn is_lasting(table: &str) -> bool {
    let parts = parts_of(table);
    parts.iter().any(|part| has(&WORDS.tables.lasting, part))
}

/// Whether a collection holds those who run the program, by what it is called: `admins`.
pub fn are_staff(collection: &str) -> bool {
    ends_with(collection, &WORDS.tables.staff)
}

/// Whether a collection holds what was left behind, by what it is called: `orphaned_files`.
pub fn is_left_over(collection: &str) -> bool {
    let parts = parts_of(collection);
    parts.iter().any(|part| {
        let forms = singulars(part);
        forms.iter().any(|form| has(&WORDS.tables.left_over, form))
    })
}

/// Whether a table holds what people have changed in one row, by what it is called.
pub fn holds_edits(table: &str) -> bool {
    ends_with(table, &WORDS.tables.edits)
}

/// What a collection of keys leads to: `channel` for `channelIds`.
pub fn keys_of(collection: &str) -> Option<String> {
    let mut parts = parts_of(collection);
    parts.pop_if(|last| matches!(last.as_str(), "id" | "ids" | "pk" | "pks"))?;
    (!parts.is_empty()).then(|| parts.join("_"))
}

/// Whether a table holds settings, by what it is called.
pub fn holds_settings(table: &str) -> bool {
    ends_with(table, &WORDS.tables.settings)
}

/// Whether a table holds what people define for the rows of others, by the last words of what it
/// is called: `CustomField`.
pub fn holds_definitions(table: &str) -> bool {
    let mut parts = parts_of(table);
    let last = parts.pop().map(|last| singulars(&last)).unwrap_or_default();
    let before = parts.pop().unwrap_or_default();
    last.iter().any(|last| {
        let name = format!("{before}_{last}");
        has(&WORDS.tables.definitions, &name)
    })
}

/// Whether a table holds what people may do, by what it is called.
pub fn holds_rights(table: &str) -> bool {
    ends_with(table, &WORDS.tables.rights)
}

/// Whether an attribute says of which kind a row is.
pub fn is_kind(attribute: &str) -> bool {
    ends_with(attribute, &WORDS.columns.kinds)
}

/// Whether a column is set for the few rows that something is wrong with.
pub fn is_exception(column: &str) -> bool {
    let parts = parts_of(column);
    parts
        .first()
        .is_some_and(|first| has(&WORDS.columns.exceptions, first))
}

/// Whether an attribute holds a condition that a row has for others.
pub fn is_condition(attribute: &str) -> bool {
    ends_with(attribute, &WORDS.columns.conditions)
}

/// Whether a column says until when a row counts, by its name.
pub fn is_end(column: &str) -> bool {
    let lower = column.to_ascii_lowercase();
    let mut ends = WORDS.columns.ends.iter();
    ends.any(|part| lower.contains(part.as_str()))
}

/// Whether a function takes something away, by its name.
pub fn takes_away(name: &str) -> bool {
    let parts = parts_of(name);
    parts
        .iter()
        .any(|part| has(&WORDS.handlers.takes_away, part))
}

/// Whether a method changes rows that stay, by its name.
pub fn changes(name: &str) -> bool {
    let parts = parts_of(name);
    parts
        .first()
        .is_some_and(|first| matches!(first.as_str(), "patch" | "set" | "update"))
}

/// Whether a function makes something, by its name.
pub fn makes(name: &str) -> bool {
    let parts = parts_of(name);
    parts
        .first()
        .is_some_and(|first| has(&WORDS.handlers.makes, first))
}

/// Whether a class shows rows as often as it makes them, by how its name ends: a serializer.
pub fn lists_or_makes(class: &str) -> bool {
    let mut ends = WORDS.handlers.lists_or_makes.iter();
    ends.any(|end| class.ends_with(end.as_str()))
}

/// Whether views that derive from a class let rows be created, by its name.
pub fn lets_create(base: &str) -> bool {
    let mut parts = WORDS.handlers.lets_create.iter();
    parts.any(|part| base.contains(part.as_str()))
}

/// Whether a command of a cache asks whether something is there, by its name.
pub fn asks_for_member(command: &str) -> bool {
    has(&WORDS.handlers.asks_for_member, &command.to_lowercase())
}

/// Whether a file is about what each user does once, by its folders or its name: `onboarding`.
pub fn is_first_step(path: &str) -> bool {
    let mut names = path.split(['/', '.']).flat_map(parts_of);
    names.any(|part| has(&WORDS.handlers.first_steps, &part))
}

/// Whether a function fills in what older rows lack, by its name.
pub fn fills_in(name: &str) -> bool {
    let name = name.rsplit('.').next().unwrap_or(name);
    let parts = parts_of(name);
    parts
        .first()
        .is_some_and(|first| has(&WORDS.handlers.fills_in, first))
}

/// Whether a function takes away someone whom the program is used by: `deleteUser`.
pub fn takes_someone_away(name: &str) -> bool {
    let parts = parts_of(name);
    let mut words = parts.iter();
    words.any(|part| has(&WORDS.tables.principals, part)) && takes_away(name)
}

/// Whether a table holds what is set up or written down by hand, and is looked for by its value.
pub fn is_vocabulary(table: &str) -> bool {
    ends_with(table, &WORDS.tables.vocabularies)
}

/// Whether a column leads to a person.
pub fn is_person(column: &str) -> bool {
    has(&WORDS.columns.people, column)
}

/// Whether rows are people that belong to groups, by what one of them is called.
pub fn is_member(name: &str) -> bool {
    has(&WORDS.columns.members, name)
}

/// Whether a column of text holds long ones, by its name.
pub fn is_large(column: &str) -> bool {
    let parts = parts_of(column);
    parts
        .last()
        .is_some_and(|last| has(&WORDS.columns.large, last))
}

/// Whether a column tells which few rows stand for the rest, by its name: `is_default`.
pub fn is_singled_out(column: &str) -> bool {
    let parts = parts_of(column);
    parts
        .last()
        .is_some_and(|last| has(&WORDS.columns.singled_out, last))
}

/// Whether a column holds a time, by its name.
pub fn is_time(column: &str) -> bool {
    let lower = column.to_ascii_lowercase();
    let mut times = WORDS.columns.times.iter();
    column.ends_with("At") || times.any(|part| lower.contains(part.as_str()))
}

/// Whether a method shows no more than that a connection works.
pub fn tries_connection(method: &str) -> bool {
    has(&WORDS.connections.tries, method)
}

/// Whether a method holds a connection while it waits.
pub fn waits_on_connection(method: &str) -> bool {
    has(&WORDS.connections.waits, method)
}

/// Whether a handler is named after something that holds everything.
pub fn is_whole(handler: &str) -> bool {
    let lower = handler.to_ascii_lowercase();
    let mut words = WORDS.handlers.whole.iter();
    words.any(|word| lower.contains(word.as_str()))
}

/// Whether a handler stands at a place for what holds everything: `reports/export/route.ts`.
pub fn is_whole_path(path: &str) -> bool {
    let mut names = path.split(['/', '.']);
    names.any(|name| has(&WORDS.handlers.whole_paths, name))
}

/// Whether a handler is named after a request that changes something.
pub fn is_change(handler: &str) -> bool {
    let name = handler.rsplit('.').next().unwrap_or(handler);
    let parts = parts_of(name);
    parts
        .first()
        .is_some_and(|first| has(&WORDS.handlers.changes, first))
}

/// Whether a path or the name of a handler is that of a page for the few who run the program.
pub fn is_for_staff(path: &str) -> bool {
    let names = path.split(['/', '.']).map(parts_of);
    let mut told = names.filter(|parts| {
        let first = parts.first();
        first.is_none_or(|first| !has(&WORDS.handlers.asks, first))
    });
    told.any(|parts| parts.iter().any(|part| has(&WORDS.handlers.staff, part)))
}

/// Whether a table holds those who run the program, or what is theirs, by what it is called:
/// `ShopAdmin`, `StaffMessage`.
pub fn holds_staff(table: &str) -> bool {
    let parts = parts_of(table);
    let mut ends = parts.first().into_iter().chain(parts.last());
    ends.any(|part| has(&WORDS.handlers.staff, part))
}

/// Whether a decorator or a base class turns away whoever may not do something.
pub fn turns_away(name: &str) -> bool {
    has(&WORDS.handlers.turns_away, name)
}

/// Whether a decorator admits those alone who may do everything, by how its name ends.
pub fn admits_superusers(name: &str) -> bool {
    let mut ends = WORDS.handlers.admits_superusers.iter();
    ends.any(|end| name.ends_with(end.as_str()))
}

/// Whether a decorator admits administrators alone, by how its name ends.
pub fn admits_admins(name: &str) -> bool {
    let mut ends = WORDS.handlers.admits_admins.iter();
    ends.any(|end| name.ends_with(end.as_str()))
}

/// Whether a function or class makes pages of rows, by how its name ends.
pub fn makes_pages(name: &str) -> bool {
    let mut ends = WORDS.handlers.makes_pages.iter();
    ends.any(|end| name.ends_with(end.as_str()))
}

/// Whether a field of a view says how many rows there are on a page.
pub fn says_page_size(field: &str) -> bool {
    has(&WORDS.handlers.pages_by, field)
}

/// Whether a method gives a list that a request holds.
pub fn gives_request_list(method: &str) -> bool {
    has(&WORDS.requests.lists, method)
}

/// Whether a class in a mutation names what a request hands it.
pub fn holds_arguments(class: &str) -> bool {
    has(&WORDS.requests.arguments, class)
}

/// Whether a name says how deep a walk through a tree is, or may go: `maxDepth`.
pub fn is_depth(name: &str) -> bool {
    ends_with(name, &WORDS.requests.depths)
}

/// Whether a function of a module for JSON reads a text.
pub fn parses(function: &str) -> bool {
    has(&WORDS.requests.parses, function)
}

/// Whether a member holds what was checked of a request.
pub fn holds_checked(member: &str) -> bool {
    has(&WORDS.requests.checked, member)
}

/// Whether a method takes conditions on rows.
pub fn selects(method: &str) -> bool {
    has(&WORDS.queries.selects, method)
}

/// Whether a method says which other rows come along, or that rows are worked on one by one.
pub fn loads_along(method: &str) -> bool {
    has(&WORDS.queries.loads, method)
}

/// Whether a method gives the rows above one row of a tree.
pub fn leads_up(method: &str) -> bool {
    has(&WORDS.queries.upwards, method)
}

/// Whether a field of a user says that they are one of the few who run the program.
pub fn is_staff_flag(field: &str) -> bool {
    has(&WORDS.handlers.staff_flags, field)
}

/// Whether a flag of a project's settings says where it runs: it is another one where it is served.
pub fn is_of_development(flag: &str) -> bool {
    let mut parts = flag.split('_');
    parts.any(|part| has(&WORDS.handlers.development, part))
}

/// Whether a file holds the settings of a project, by its path.
pub fn is_of_settings_file(path: &str) -> bool {
    let mut names = path.split('/').map(|name| name.split('.').next());
    names.any(|name| name.is_some_and(|name| has(&WORDS.handlers.settings_files, name)))
}

/// Whether requests to a handler come from a clock or another program, by the folders it is in.
pub fn is_unattended(path: &str) -> bool {
    let mut names = path.split('/');
    names.any(|name| has(&WORDS.handlers.unattended, &name.to_ascii_lowercase()))
}

/// Whether a variable of the environment holds a secret, by its name.
pub fn is_secret(variable: &str) -> bool {
    let mut parts = variable.split('_');
    parts.any(|part| has(&WORDS.handlers.secrets, part))
}

/// Whether code that no request leads to runs in the background, by its folders.
pub fn is_in_background(path: &str) -> bool {
    let mut names = path.split('/');
    names.any(|name| has(&WORDS.handlers.background, &name.to_ascii_lowercase()))
}

/// Whether a function is run when nobody waits for it any more, by its name or that of what takes
/// it.
pub fn is_later(function: &str) -> bool {
    has(&WORDS.handlers.later, function)
}

/// Whether a path or the name of a handler is that of a page that tells whether all is well.
pub fn is_for_health(path: &str) -> bool {
    let mut names = path.split(['/', '.']).flat_map(parts_of);
    names.any(|part| has(&WORDS.handlers.health, &part))
}

/// Whether code stands where a program is set up or tried out, by its path.
pub fn is_for_setup(path: &str) -> bool {
    let mut names = path.split(['/', '.']);
    names.any(|name| has(&WORDS.handlers.setup, &name.to_ascii_lowercase()))
}

/// Whether a function runs once, as the program starts, by its name: `InitService.onModuleInit`.
pub fn runs_at_start(function: &str) -> bool {
    let name = function.rsplit('.').next().unwrap_or(function);
    has(&WORDS.handlers.starts, name)
}

/// Whether a permission is one of the few who run the program: `IsSuperUser`.
pub fn permits_few(permission: &str) -> bool {
    has(&WORDS.handlers.permits, permission)
}

/// Whether a permission is that of who looks after something for others, by its text:
/// `"base.can_manage_project"`.
pub fn permits_managers(permission: &str) -> bool {
    let parts = parts_of(permission);
    let is_manager = |part: &String| part == "manage" || has(&WORDS.handlers.staff, part);
    parts.iter().any(is_manager)
}

/// Whether an application stands in a file as a whole, by its name and that of its folder:
/// `src/main.tsx`, `providers/index.tsx`, `app/layout.tsx`.
pub fn is_root(path: &str) -> bool {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let folder = folder.rsplit('/').next().unwrap_or(folder);
    let stem = file.split('.').next().unwrap_or(file).to_lowercase();
    let is_root = |name: &str| has(&WORDS.handlers.roots, &name.to_lowercase());
    is_root(&stem)
        || stem == "index" && folder.eq_ignore_ascii_case("providers")
        || stem == "layout" && folder == "app"
}

/// Whether a router makes pages of the files in a folder, by what it is called.
pub fn is_routed(path: &str) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    folder
        .split('/')
        .any(|name| has(&WORDS.handlers.routed, name))
}

/// Whether a value keeps files, by its name.
pub fn is_storage(name: &str) -> bool {
    has(&WORDS.writes.storages, name)
}

/// Whether a method moves or deletes a file, by its name.
pub fn moves_file(name: &str) -> bool {
    has(&WORDS.writes.moves_file, name)
}

/// Whether a function puts the root of an application into a page.
pub fn mounts_root(function: &str) -> bool {
    has(&WORDS.handlers.mounts, function)
}

/// Whether a table holds what people set by hand, by a word of its name: `settings_store_entry`.
pub fn mentions_settings(table: &str) -> bool {
    let parts = parts_of(table);
    let is_setting = |part: &String| {
        let forms = singulars(part);
        forms.iter().any(|form| has(&WORDS.tables.settings, form))
    };
    parts.iter().any(is_setting)
}

/// Whether a function reads or writes a file of settings, by its name.
pub fn is_of_settings(function: &str) -> bool {
    let parts = parts_of(function);
    parts.iter().any(|part| has(&WORDS.handlers.settings, part))
}

/// Whether a value or class is named after what one request or form says.
pub fn is_payload(name: &str) -> bool {
    let parts = parts_of(name);
    parts
        .last()
        .is_some_and(|last| has(&WORDS.requests.payloads, last))
}

/// Whether a name says that many are worked on at once: `bulk_create`, `importRows`, `ids`.
pub fn takes_many(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let mut words = WORDS.requests.many.iter();
    has(&WORDS.requests.alone, &lower) || words.any(|word| lower.contains(word.as_str()))
}

/// Whether a column has few rows for each of its values, by its name.
pub fn is_unique(column: &str) -> bool {
    has(&WORDS.requests.unique, column)
}

/// Whether an argument says which part of a list is wanted, by its name.
pub fn asks_for_part(argument: &str) -> bool {
    has(&WORDS.requests.parts, &argument.to_ascii_lowercase())
}

/// Whether a handler, a path or another name has the last word of a table's name in it.
pub fn is_named_after(name: &str, table: &str) -> bool {
    let parts = parts_of(table);
    let Some(last) = parts.last() else {
        return false;
    };
    let forms = singulars(last);
    let shortest = forms.iter().min_by_key(|form| form.len());
    shortest.is_some_and(|form| name.to_ascii_lowercase().contains(form.as_str()))
}

/// Whether an event of a page happens once at most.
pub fn happens_once(event: &str) -> bool {
    has(&WORDS.components.once, event)
}

/// Whether a component draws much, by its name: `SalesChart`.
pub fn is_large_component(name: &str) -> bool {
    let parts = parts_of(name);
    parts
        .last()
        .is_some_and(|last| has(&WORDS.components.large, last))
}

/// Whether a component or a context is that of something small, by its name: `MenuContext`.
pub fn is_small_component(name: &str) -> bool {
    let parts = parts_of(name);
    parts.iter().any(|part| has(&WORDS.components.small, part))
}

fn has(words: &[String], word: &str) -> bool {
    words.iter().any(|known| known == word)
}

/// Whether a name, in the singular or the plural, ends with one of some words: with its last part,
/// or, where it has only one, with the letters of a word.
fn ends_with(name: &str, words: &[String]) -> bool {
    /// Letters of a word that may stand at the end of another: `newsarticle`.
    const MIN_LETTERS: usize = 4;
    let parts = parts_of(name);
    let Some(last) = parts.last() else {
        return false;
    };
    let forms = singulars(last);
    let mut forms = forms.iter();
    forms.any(|form| {
        has(words, form)
            || parts.len() == 1
                && words
                    .iter()
                    .any(|word| word.len() > MIN_LETTERS && form.ends_with(word.as_str()))
    })
}

/// A word, and what it may be in the singular.
pub fn singulars(word: &str) -> Vec<String> {
    let mut forms = vec![word.to_owned()];
    if let Some(stem) = word.strip_suffix("ies") {
        forms.push(format!("{stem}y"));
    }
    forms.extend(word.strip_suffix("es").map(str::to_owned));
    forms.extend(word.strip_suffix('s').map(str::to_owned));
    forms
}

/// The words of a name in small letters: `OrderLine`, `order_line`.
fn parts_of(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut is_inside = false;
    let mut was_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            is_inside = false;
            continue;
        }
        if !is_inside || c.is_uppercase() && was_small {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.extend(c.to_lowercase());
        }
        is_inside = true;
        was_small = !c.is_uppercase();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read() {
        let words: Result<Words, _> = toml::from_str(include_str!("../../rules/words.toml"));
        let lists = words.map(|words| words.tables.small.len() + words.columns.owners.len());
        assert!(lists.is_ok_and(|lists| lists > 20));
    }

    #[test]
    fn tables_grow_by_their_last_word() {
        for (table, expected) in [
            ("orders", Some(Growth::Happenings)),
            ("ChatMessage", Some(Growth::Happenings)),
            ("auditlog", Some(Growth::Happenings)),
            ("deliveries", Some(Growth::Happenings)),
            ("app_user", Some(Growth::Things)),
            ("BookCategory", Some(Growth::Small)),
            ("order_statuses", Some(Growth::Small)),
            ("PeriodicTask", Some(Growth::Small)),
            ("OrganisationEmail", None),
            ("shopping", None),
            ("", None),
        ] {
            assert_eq!(growth(table), expected, "{table}");
        }
    }

    #[test]
    fn hooks_are_told_by_their_names() {
        let found = |name| hook(name).map(|hook| (hook.is_before, hook.deletes));
        assert_eq!(found("post_save"), Some((false, false)));
        assert_eq!(found("AfterDestroy"), Some((false, true)));
        assert_eq!(found("BEFORE_UPDATE"), Some((true, false)));
        assert_eq!(found("save"), None);
        assert_eq!(found("pre_migrate"), None);
    }

    #[test]
    fn handlers_are_told_by_their_names() {
        assert!(
            is_in_background("web/app/cron/sums/route.ts") && is_in_background("a/tasks/mail.py")
        );
        assert!(!is_in_background("web/app/cronies/route.ts"));
        assert!(is_unattended("api/cron/sums/route.ts") && !is_unattended("api/jobs/route.ts"));
        assert!(is_whole("exportOrders") && !is_whole("orders"));
        assert!(is_change("Orders.create_many") && !is_change("createdOrders"));
        assert!(is_for_setup("server/setup.js") && !is_for_setup("server/setups.js"));
        assert!(is_of_settings("loadOrCreateConfig") && !is_of_settings("readUpload"));
        assert!(is_named_after("api/orders/route.ts", "shop_order"));
        assert!(!is_named_after("projects_of_user", "categories"));
        assert!(is_large_component("SalesChart") && !is_large_component("ChartLegend"));
        assert!(is_small_component("RowMenu.Provider") && !is_small_component("Session.Provider"));
        assert!(is_for_health("StatusResource.get_status") && !is_for_health("orders"));
        assert!(is_for_staff("app/(ee)/api/admin/partners/route.ts"));
        assert!(is_for_staff("adminOrders") && !is_for_staff("isLastAdmin"));
        assert!(
            is_for_staff("helpdesk/views/staff.py") && !is_for_staff("api/administrative/x.py")
        );
    }
}
