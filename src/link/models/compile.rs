//! From model files to tables for look-up.

use super::clauses::{Clauses, Count, OperatorModel};
use super::format::{BoundedEntry, ClausesEntry, EntityEntry, LimitEntry, RelationKind, Source};
use super::{
    AttributeModel, Bounded, CallModel, CallModelId, ContextFrom, EntityFrom, Member, ModelError,
    ModelType, ModelTypeId, Models, PageModel, PathId, PathNode, PerRowModel, RelationModel, Rows,
    Runs, TypeSpec, UseModel, UsersModel, WholeImport, Wrapper, root_of,
};
use crate::source::Ecosystem;

impl Models {
    pub(super) fn add_types(&mut self, source: &Source) {
        let package = source.spec.package.clone();
        self.advice.insert(package, source.spec.advice.clone());
        for entry in &source.spec.types {
            let name = format!("{}.{}", source.spec.package, entry.name);
            let id = ModelTypeId(self.types.len() as u16);
            self.types.push(ModelType {
                name: name.clone(),
                serial: entry.serial,
                shared: entry.shared,
                local: entry.local,
                opens: entry.opens,
                entity: matches!(entry.entity, Some(EntityEntry::Table(true))),
                entity_from: match &entry.entity {
                    Some(EntityEntry::From(text)) => entity_from(Some(text)),
                    _ => EntityFrom::Receiver,
                },
                statement: entry.statement,
                extends: None,
                lazy_relations: matches!(entry.relations.as_deref(), Some("query" | "await")),
                awaits_relations: entry.relations.as_deref() == Some("await"),
                identity: entry.identity,
                load_one: entry.load_one.clone(),
                load_many: entry.load_many.clone(),
                count_many: entry.count_many.clone(),
                to_many: None,
                row: None,
                per_row: Vec::new(),
                role: entry.role,
                default_order: entry.default_order.clone(),
                table: None,
                page: None,
                paging: entry.paging.clone(),
                paging_setting: entry.paging_setting.clone(),
                page_sizes: entry.page_sizes.clone(),
                iterate: None,
                awaited: None,
                enter: None,
            });
            self.type_ids.insert(name, id);
            if let Some(shape) = &entry.shape {
                self.builtins.add(&source.spec.package, shape, id);
            }
            for path in &entry.paths {
                let node = self.node(source, path);
                self.paths[node.0 as usize].ty = Some(id);
            }
            for path in &entry.decorators {
                let node = self.node(source, path);
                self.paths[node.0 as usize].rows = Some(id);
            }
        }
    }

    pub(super) fn add_members(&mut self, source: &Source) -> Result<(), ModelError> {
        for entry in &source.spec.types {
            if let Some(extends) = &entry.extends {
                let (id, _) = self.receiver_type(source, &entry.name)?;
                let extended = self.named(source, extends)?;
                self.types[id.0 as usize].extends = Some(extended);
            }
            if let Some(row) = &entry.row {
                let (id, _) = self.receiver_type(source, &entry.name)?;
                let row = self.named(source, row)?;
                self.types[id.0 as usize].row = Some(row);
            }
            if let Some(to_many) = &entry.to_many {
                let (id, _) = self.receiver_type(source, &entry.name)?;
                let to_many = self.named(source, to_many)?;
                self.types[id.0 as usize].to_many = Some(to_many);
            }
        }
        self.add_relations(source)?;
        self.add_entry_points(source)?;
        self.add_operators(source);
        self.add_modules(source);
        for entry in &source.spec.pages {
            let (on, _) = self.receiver_type(source, &entry.on)?;
            self.types[on.0 as usize].page = Some(PageModel {
                default: entry.default.clone(),
                names: entry.names.clone(),
                many: entry.many,
            });
        }
        if let Some(entry) = &source.spec.users {
            let mut nodes = |paths: &[String]| -> Vec<PathId> {
                paths.iter().map(|path| self.node(source, path)).collect()
            };
            self.users = Some(UsersModel {
                bases: nodes(&entry.bases),
                calls: nodes(&entry.calls),
                setting: entry.setting.clone(),
                member: entry.member.clone(),
                holders: entry.holders.clone(),
            });
        }
        if let Some(entry) = &source.spec.tags {
            self.tags
                .decorators
                .extend(entry.decorators.iter().cloned());
            self.tags.maps.extend(entry.maps.iter().cloned());
            self.tags.context.extend(entry.context.iter().cloned());
        }
        for entry in &source.spec.attributes {
            let (on, of_class) = self.receiver_type(source, &entry.on)?;
            let attribute = AttributeModel {
                ty: self.type_spec(source, &entry.ty)?,
                entity: entity_from(entry.entity.as_deref()),
            };
            for name in &entry.names {
                self.member_mut(on, of_class, name).attribute = Some(attribute.clone());
            }
        }
        for entry in &source.spec.calls {
            let id = CallModelId(self.calls.len() as u16);
            let returns = self.optional_type(source, entry.returns.as_deref())?;
            let receives = self.optional_type(source, entry.receives.as_deref())?;
            self.calls.push(CallModel {
                package: source.spec.package.clone(),
                effect: entry.effect,
                sql: entry.sql,
                rows: entry.rows,
                returns,
                entity: entity_from(entry.entity.as_deref()),
                awaitable: entry.awaitable,
                blocking: entry.blocking,
                bounded: entry.bounded.as_ref().and_then(bounded),
                bulk: entry.bulk.clone(),
                bulk_of: entry.bulk_of,
                batched: entry.batched,
                callback: entry
                    .callback
                    .map(|at| (at, entry.runs.unwrap_or(Runs::Once))),
                receives,
                cost: entry.cost,
                mutates: entry.mutates,
                when: entry.when.as_deref().map(bound_named),
                variants: Vec::new(),
                loads: entry.loads.as_deref().map(bound_named),
                range: entry.range.as_deref().and_then(argument_number),
                selects: entry.selects.as_deref().map(bound_named),
                iterates: entry.iterates.as_deref().and_then(argument_number),
                identity: entry.identity,
                preloaded: entry.preloaded,
                joins: entry.joins,
                reads: entry.reads.as_deref().map(bound_named),
                concurrent: entry.concurrent,
                off_thread: entry.off_thread,
                opens: entry.opens,
                kept_by: entry.kept_by.clone(),
                query: entry.query.as_ref().map(|query| Box::new(clauses(query))),
                expires: bounds_named(&entry.expires),
                expires_by_default: entry.expires_by_default,
                evicts: entry.evicts,
                memoizes: entry.memoizes,
                ended_by: entry.ended_by.clone(),
                lasts: entry.lasts,
                endless: entry.endless,
                ends_after: bounds_named(&entry.ends_after),
                mounts: entry.mounts,
                alone: entry.alone,
                stable: bounds_named(&entry.stable),
                pages: entry.pages.clone(),
                limits: bounds_named(&entry.limits),
                polls: bounds_named(&entry.polls),
                compressed_by: entry.compressed_by.clone(),
                cached_by: bounds_named(&entry.cached_by),
                template: entry.template.iter().map(|at| bound_named(at)).collect(),
                columns: entry.columns,
                context: entry.context.iter().map(|at| context_from(at)).collect(),
            });
            let last = |path: &String| path.rsplit(['.', '#']).next().map(str::to_owned);
            if entry.columns.is_some() {
                self.deferring.extend(entry.paths.iter().filter_map(last));
                self.deferring.extend(entry.names.iter().cloned());
            }
            self.has_joins |= entry.joins;
            if entry.reads.is_some() {
                self.readers.extend(entry.names.iter().cloned());
            }
            if let Some(target) = &entry.associates {
                for name in &entry.names {
                    let is_one = entry.rows == Some(Rows::One);
                    self.associating
                        .insert(name.clone(), (bound_named(target), is_one));
                }
            }
            for key in &entry.pages {
                if !self.page_keys.contains(key) {
                    self.page_keys.push(key.clone());
                }
            }
            if !entry.template.is_empty() {
                self.renderers.extend(entry.paths.iter().filter_map(last));
                self.renderers.extend(entry.names.iter().cloned());
            }
            if let Some(on) = &entry.on {
                let (on, of_class) = self.receiver_type(source, on)?;
                for name in &entry.names {
                    let known = self.member_mut(on, of_class, name).call;
                    let call = self.with_variant(known, id);
                    self.member_mut(on, of_class, name).call = Some(call);
                }
            }
            for path in &entry.paths {
                let node = self.node(source, path);
                let known = self.paths[node.0 as usize].call;
                let call = self.with_variant(known, id);
                self.paths[node.0 as usize].call = Some(call);
            }
        }
        let spec = &source.spec;
        for (entries, of_type) in [
            (
                &spec.iterate,
                iterated as fn(&mut ModelType) -> &mut Option<UseModel>,
            ),
            (&spec.awaited, awaited),
            (&spec.enter, entered),
        ] {
            for entry in entries {
                let (on, _) = self.receiver_type(source, &entry.on)?;
                let model = Some(UseModel {
                    effect: entry.effect,
                    rows: entry.rows,
                    gives: self.optional_type(source, entry.yields.as_deref())?,
                    bulk: entry.bulk.clone(),
                    preloaded: entry.preloaded,
                    blocking: entry.blocking,
                    is_bounded: entry.bounded.is_some(),
                });
                *of_type(&mut self.types[on.0 as usize]) = model;
            }
        }
        for entry in &source.spec.receivers {
            let (ty, _) = self.receiver_type(source, &entry.ty)?;
            for name in &entry.names {
                let (names, name) = match name.strip_prefix('.') {
                    Some(name) => (&mut self.member_receivers, name),
                    None => (&mut self.receivers, name.as_str()),
                };
                names
                    .entry(name.to_owned())
                    .or_insert((ty, entry.confidence));
            }
        }
        Ok(())
    }

    fn add_modules(&mut self, source: &Source) {
        for name in &source.spec.generated {
            self.generated
                .insert(name.clone(), source.spec.package.clone());
        }
        self.mount_methods
            .extend(source.spec.mount_methods.iter().cloned());
        if let Some(component) = &source.spec.image_component {
            self.image_component = Some(component.clone());
        }
        for entry in &source.spec.whole_imports {
            for module in &entry.modules {
                let model = WholeImport {
                    shakes: entry.shakes,
                    light: entry.light.clone(),
                    rewritten_by: entry.rewritten_by.clone(),
                    names_rewritten_by: entry.names_rewritten_by.clone(),
                    trimmed_by: entry.trimmed_by.clone(),
                    comes_with: entry.comes_with.clone(),
                    weight: entry.weight.clone(),
                    instead: entry.instead.clone(),
                };
                self.whole_imports.insert(module.clone(), model);
            }
        }
        for entry in &source.spec.runs_in {
            for module in &entry.modules {
                let known = self.runs_in.entry(module.clone()).or_default();
                known.push((entry.place, entry.names.clone()));
            }
        }
    }

    fn add_relations(&mut self, source: &Source) -> Result<(), ModelError> {
        for entry in &source.spec.relations {
            let id = self.relations.len() as u16;
            let many = |kind| match kind {
                RelationKind::One => Some(false),
                RelationKind::Many => Some(true),
                RelationKind::Annotated => None,
            };
            let mut queries = Vec::new();
            for (value, ty) in &entry.queries {
                queries.push((value.clone(), self.named(source, ty)?));
            }
            let ty = match &entry.ty {
                Some(ty) => Some(self.named(source, ty)?),
                None => None,
            };
            self.relations.push(RelationModel {
                ty,
                many: many(entry.kind),
                target: entry.target.iter().map(|text| bound_named(text)).collect(),
                key: entry.key,
                promised: entry.promised,
                inverse: entry.inverse.as_deref().map(bound_named),
                reverse: entry.reverse.as_deref().map(bound_named),
                reverse_default: entry.reverse_default.clone(),
                reverse_many: many(entry.reverse_kind).unwrap_or(true),
                loading: entry.loading.clone(),
                lazy: entry.lazy.clone(),
                queries,
            });
            for path in &entry.paths {
                let node = self.node(source, path);
                self.paths[node.0 as usize].relation = Some(id);
            }
            if let Some(on) = &entry.on {
                let (on, of_class) = self.receiver_type(source, on)?;
                for name in &entry.names {
                    self.member_mut(on, of_class, name).relation = Some(id);
                }
            }
        }
        for entry in &source.spec.per_row {
            let on = match &entry.on {
                Some(on) => Some(self.receiver_type(source, on)?.0),
                None => None,
            };
            let mut nodes = |paths: &[String]| {
                let paths = paths.iter();
                paths
                    .map(|path| self.node(source, path))
                    .collect::<Vec<_>>()
            };
            let model = PerRowModel {
                on,
                adds: entry.adds.clone(),
                builds: entry.builds.clone(),
                shifted: entry.shifted.clone(),
                names: entry.names.clone(),
                decorators: nodes(&entry.decorators),
                rows: nodes(&entry.rows),
                maps: entry.maps,
                objects: nodes(&entry.objects),
                param: entry.param,
                entity: entry.entity.clone(),
                except: entry.except.clone(),
                fields: entry.fields,
                caller: entry.caller.clone(),
                help: entry.help.clone(),
                listed: entry.listed,
            };
            let is_handed = !entry.adds.is_empty() || !entry.builds.is_empty();
            if let Some(on) = on.filter(|_| !is_handed) {
                self.per_row_names.extend(entry.names.iter().cloned());
                self.types[on.0 as usize].per_row.push(model);
            } else {
                self.decorated.push(model);
            }
        }
        Ok(())
    }

    fn add_entry_points(&mut self, source: &Source) -> Result<(), ModelError> {
        for entry in &source.spec.entry_points {
            let ty = |models: &Self, name: &Option<String>| {
                let name = name.as_deref();
                name.map(|name| models.named(source, name)).transpose()
            };
            let on = ty(self, &entry.on)?;
            let class = ty(self, &entry.class)?;
            let paths = entry.paths.iter();
            let paths: Vec<PathId> = paths.map(|path| self.node(source, path)).collect();
            let package = &source.spec.package;
            self.entry_points
                .add(entry, package, source.ecosystem, on, class, &paths);
        }
        Ok(())
    }

    fn add_operators(&mut self, source: &Source) {
        for entry in &source.spec.operators {
            let model = OperatorModel {
                op: entry.op,
                apply: entry.apply.clone(),
            };
            for name in &entry.names {
                let key = (source.spec.package.clone(), name.clone());
                self.operators.insert(key, model.clone());
            }
            for path in &entry.paths {
                let node = self.node(source, path);
                self.path_operators.insert(node, model.clone());
                // Handed to a callback, it has the last part of its path as its name.
                if let Some(name) = path.rsplit(['#', '.']).next() {
                    let key = (source.spec.package.clone(), name.to_owned());
                    self.operators.entry(key).or_insert_with(|| model.clone());
                }
            }
        }
        for path in &source.spec.functions {
            let node = self.node(source, path);
            self.functions.insert(node);
        }
    }

    /// The entry for a call once `new` is known too. Entries that hold only `when` an argument
    /// is given become variants of the plain one.
    fn with_variant(&mut self, known: Option<CallModelId>, new: CallModelId) -> CallModelId {
        let Some(known) = known else {
            return new;
        };
        let is_variant = |models: &Self, id: CallModelId| models.call(id).when.is_some();
        let (plain, variant) = match (is_variant(self, known), is_variant(self, new)) {
            (_, true) => (known, new),
            (true, false) => (new, known),
            (false, false) => return new,
        };
        // One entry may serve several names, and each name has its own variants.
        let mut model = self.call(plain).clone();
        if plain == new {
            model.variants.extend(self.call(variant).variants.clone());
        }
        model.variants.push(variant);
        let id = CallModelId(self.calls.len() as u16);
        self.calls.push(model);
        id
    }

    fn member_mut(&mut self, ty: ModelTypeId, of_class: bool, name: &str) -> &mut Member {
        let members = self.members.entry((ty, of_class)).or_default();
        members.entry(name.to_owned()).or_default()
    }

    pub(super) fn receiver_type(
        &self,
        source: &Source,
        name: &str,
    ) -> Result<(ModelTypeId, bool), ModelError> {
        let (name, of_class) = match name.strip_suffix(".class") {
            Some(name) => (name, true),
            None => (name, false),
        };
        Ok((self.named(source, name)?, of_class))
    }

    fn named(&self, source: &Source, name: &str) -> Result<ModelTypeId, ModelError> {
        let own = format!("{}.{name}", source.spec.package);
        let found = self.type_ids.get(&own).or_else(|| self.type_ids.get(name));
        found.copied().ok_or_else(|| ModelError::UnknownType {
            path: source.path.clone(),
            name: name.to_owned(),
        })
    }

    fn optional_type(&self, source: &Source, text: Option<&str>) -> Result<TypeSpec, ModelError> {
        text.map_or(Ok(TypeSpec::Unknown), |text| self.type_spec(source, text))
    }

    fn type_spec(&self, source: &Source, text: &str) -> Result<TypeSpec, ModelError> {
        let text = text.trim();
        if let Some(class) = text.strip_suffix(".class") {
            return self.named(source, class).map(TypeSpec::Class);
        }
        if let Some((head, rest)) = text.split_once('<') {
            let inner = rest.strip_suffix('>').unwrap_or(rest);
            let first = first_of(inner);
            let wrapper = match head.trim() {
                "list" => Wrapper::List,
                "set" => Wrapper::Set,
                "map" => Wrapper::Map,
                "iterator" => Wrapper::Iterator,
                "promise" => Wrapper::Promise,
                "tuple" => {
                    let mut parts = Vec::new();
                    let mut rest = inner;
                    loop {
                        let first = first_of(rest);
                        parts.push(self.type_spec(source, first)?);
                        match rest.get(first.len() + 1..) {
                            Some(next) => rest = next,
                            None => return Ok(TypeSpec::Parts(parts)),
                        }
                    }
                }
                _ => return self.named(source, head).map(TypeSpec::Named),
            };
            let inner = self.type_spec(source, first)?;
            return Ok(TypeSpec::Wrapped(wrapper, Box::new(inner)));
        }
        Ok(match text {
            "unknown" => TypeSpec::Unknown,
            "string" => TypeSpec::Str,
            "number" => TypeSpec::Num,
            "bool" => TypeSpec::Bool,
            "null" => TypeSpec::Null,
            "self" => TypeSpec::Receiver,
            "entity" => TypeSpec::Entity,
            "element" => TypeSpec::Element,
            "instance" => TypeSpec::Instance,
            "callback" => TypeSpec::Callback,
            "member" => TypeSpec::Member,
            "list" | "set" | "map" | "iterator" | "promise" | "tuple" => {
                return self.type_spec(source, &format!("{text}<unknown>"));
            }
            _ => match text.strip_prefix("argument").and_then(|n| n.parse().ok()) {
                Some(n) => TypeSpec::Argument(n),
                None => TypeSpec::Named(self.named(source, text)?),
            },
        })
    }

    pub(super) fn node(&mut self, source: &Source, path: &str) -> PathId {
        let (ecosystem, parts): (Ecosystem, Vec<&str>) = match path.split_once('#') {
            Some((module, rest)) => {
                let module = module.strip_prefix("node:").unwrap_or(module);
                let rest = rest.split('.').filter(|part| !part.is_empty());
                (
                    Ecosystem::Npm,
                    std::iter::once(module).chain(rest).collect(),
                )
            }
            None if source.ecosystem == Some(Ecosystem::Npm) => (Ecosystem::Npm, vec![path]),
            None => (Ecosystem::PyPi, path.split('.').collect()),
        };
        let mut at = root_of(ecosystem);
        for part in parts {
            at = if let Some(next) = self.child(at, part) {
                next
            } else {
                let next = PathId(self.paths.len() as u16);
                self.paths.push(PathNode::default());
                self.paths[at.0 as usize]
                    .children
                    .insert(part.to_owned(), next);
                next
            };
        }
        if source.is_users {
            self.user_paths.insert(at);
        }
        at
    }
}

fn clauses(entry: &ClausesEntry) -> Clauses {
    let place = |text: &Option<String>| text.as_deref().map(bound_named);
    let count = |entry: &Option<LimitEntry>| {
        entry.as_ref().map(|entry| match entry {
            LimitEntry::Number(n) => Count::Constant(*n),
            LimitEntry::By(text) => Count::By(bound_named(text)),
        })
    };
    Clauses {
        from: place(&entry.from),
        conditions: entry.r#where,
        conditions_in: place(&entry.where_in),
        operator: entry.operator.clone(),
        negated: entry.negated,
        disjunct: entry.disjunct,
        order: entry.order,
        order_in: place(&entry.order_in),
        descending: entry.descending,
        limit: count(&entry.limit),
        offset: count(&entry.offset),
        cursor: place(&entry.cursor),
        join: place(&entry.join),
        on: place(&entry.on),
        alias: place(&entry.alias),
        projection: entry.projection,
        computes: entry.computes,
        opaque: entry.opaque,
        columns: place(&entry.columns),
        parts: place(&entry.parts),
        named_by: place(&entry.named_by),
    }
}

/// The first of several comma-separated types.
fn first_of(inner: &str) -> &str {
    let mut depth = 0;
    for (i, c) in inner.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            ',' if depth == 0 => return &inner[..i],
            _ => {}
        }
    }
    inner
}

fn entity_from(text: Option<&str>) -> EntityFrom {
    let number = |prefix: &str| text.and_then(|t| t.strip_prefix(prefix)?.parse().ok());
    if let Some(n) = number("argument") {
        return EntityFrom::Argument(n);
    }
    if let Some(n) = number("generic") {
        return EntityFrom::Generic(n);
    }
    match text {
        Some("name") => EntityFrom::Name,
        _ => EntityFrom::Receiver,
    }
}

fn bounded(entry: &BoundedEntry) -> Option<Bounded> {
    match entry {
        BoundedEntry::Always(true) => Some(Bounded::Always),
        BoundedEntry::Always(false) => None,
        BoundedEntry::By(text) => Some(bound_named(text)),
    }
}

fn bound_named(text: &str) -> Bounded {
    if matches!(text, "receiver" | "arguments") {
        return Bounded::Always;
    }
    match text.strip_prefix("key:") {
        Some(key) => Bounded::Key(key.to_owned()),
        None => Bounded::Argument(argument_number(text).unwrap_or(0)),
    }
}

fn bounds_named(texts: &[String]) -> Vec<Bounded> {
    texts.iter().map(|text| bound_named(text)).collect()
}

fn context_from(text: &str) -> ContextFrom {
    match text {
        "keywords" => ContextFrom::Keywords,
        _ => ContextFrom::Argument(bound_named(text)),
    }
}

fn argument_number(text: &str) -> Option<u8> {
    text.strip_prefix("argument")?.parse().ok()
}

fn iterated(ty: &mut ModelType) -> &mut Option<UseModel> {
    &mut ty.iterate
}

fn awaited(ty: &mut ModelType) -> &mut Option<UseModel> {
    &mut ty.awaited
}

fn entered(ty: &mut ModelType) -> &mut Option<UseModel> {
    &mut ty.enter
}
