//! Values that containers of services hand out: `resolve(Orders)`, `get(TOKENS.Orders)`,
//! `({ orderService }) => …`.

use super::super::types::{Base, Type};
use super::{Typer, keyword_of};
use crate::finding::Confidence;
use crate::ir::{Expr, ExprId, FunctionId, FunctionKind, LocalKind, Module, Name};

/// Under this name the world keeps what containers hand out, as if it were put into one object.
pub(in crate::link) const CONTAINER: &str = "";

/// Methods by which containers hand out what was registered.
const HANDS_OUT: [&str; 5] = ["resolve", "get", "getInstance", "inject", "make"];
/// Methods by which a container learns of a class.
const REGISTERS: [&str; 3] = ["register", "registerSingleton", "registerClass"];
/// What values are called that hand out services.
const CONTAINERS: [&str; 6] = [
    "container",
    "scope",
    "injector",
    "services",
    "locator",
    "ioc",
];

impl Typer<'_> {
    /// A value that a container hands out, called as a method or, as `inject(Orders)`, alone.
    pub(super) fn injected(&mut self, call: ExprId) -> Option<Type> {
        let module = self.module;
        let Expr::Call { callee, args, .. } = module.expr(call) else {
            return None;
        };
        let (callee, typed) = match module.expr(callee) {
            Expr::Index { object, index } => (object, Some(index)),
            _ => (callee, None),
        };
        let (name, on) = match module.expr(callee) {
            Expr::Member { object, name } => (module.text(name), Some(object)),
            Expr::Local(local) if matches!(module.local(local).kind, LocalKind::Import(_)) => {
                (module.text(module.local(local).name), None)
            }
            _ => return None,
        };
        let is_asked = match on {
            Some(_) => HANDS_OUT.contains(&name),
            None => name == "inject",
        };
        if !is_asked {
            return None;
        }
        if let Some(typed) = typed {
            let ty = self.annotated(typed);
            return (!ty.is_unknown() && ty.base != Base::External).then_some(ty);
        }
        let &[token, ..] = module.list(args) else {
            return None;
        };
        if let Some(known) = self.told(token) {
            return Some(known);
        }
        match module.expr(token) {
            Expr::String(token) => {
                let is_container = on.is_some_and(|on| self.is_container(on));
                if name == "resolve" || is_container {
                    return self.registered(module.text(token));
                }
                None
            }
            Expr::Local(_) | Expr::Member { .. } => match self.of(token) {
                Type {
                    base: Base::Class(class),
                    ..
                } => Some(Type::of(Base::Instance(class)).at_most(Confidence::Medium)),
                _ => None,
            },
            _ => None,
        }
    }

    fn is_container(&self, value: ExprId) -> bool {
        self.last_name(value).is_some_and(|name| {
            let name = name.to_ascii_lowercase();
            CONTAINERS.iter().any(|known| name.ends_with(known))
        })
    }

    /// What a container was told that a token stands for.
    fn told(&self, token: ExprId) -> Option<Type> {
        let told = self.world.contexts.get(CONTAINER)?;
        let ty = told.get(token_name(self.module, token)?)?;
        (!ty.is_unknown()).then(|| ty.at_most(Confidence::Medium))
    }

    /// The instance registered by a name, if one class of the project is called so in camel
    /// case: `orderService`.
    pub(super) fn registered(&self, name: &str) -> Option<Type> {
        let class = self.world.hierarchy.registered(name)?;
        Some(Type::of(Base::Instance(class)).at_most(Confidence::Medium))
    }

    /// A service that a function takes out of its first parameter by name, where nothing says
    /// what that is. A constructor is called by the container; of other functions the name alone
    /// tells.
    pub(super) fn taken_by_name(&self, object: ExprId, name: &str) -> Option<Type> {
        let function = self.module.function(self.function_taking(object)?);
        if function.kind == FunctionKind::Constructor {
            return self.registered(name);
        }
        // `order` may be anything, `orderService` is one.
        let has_two_words = name.contains(|letter: char| letter.is_ascii_uppercase());
        let is_told = function.params.first()?.annotation.is_some();
        if !has_two_words || is_told {
            return None;
        }
        Some(self.registered(name)?.at_most(Confidence::Low))
    }

    /// The function whose first parameter an expression is.
    fn function_taking(&self, expr: ExprId) -> Option<FunctionId> {
        let module = self.module;
        let function = match module.expr(expr) {
            Expr::Param(0) => module.function_of(expr),
            Expr::Local(local) if module.local(local).kind == LocalKind::Param(0) => {
                module.local(local).function
            }
            _ => return None,
        };
        (!module.exports_all).then_some(function)
    }

    /// The classes that this file registers with a container, by the names of their tokens.
    pub(in crate::link) fn told_here(&mut self) -> Vec<(String, Type)> {
        let module = self.module;
        let mut found = Vec::new();
        if module.exports_all {
            return found;
        }
        let mut add = |typer: &mut Self, token: Option<&'_ str>, class: ExprId| {
            let class = typer.of(class);
            if let (Some(token), Base::Class(_), true) = (token, class.base, class.is_bare()) {
                found.push((token.to_owned(), typer.instance_of(class)));
            }
        };
        let wraps = module.name("asClass");
        let names = REGISTERS.iter().chain(&["to"]);
        let registering: Vec<Name> = names.filter_map(|name| module.name(name)).collect();
        if !registering.is_empty() {
            for site in &module.sites {
                let Expr::Call { callee, args, .. } = module.expr(site.expr) else {
                    continue;
                };
                let Expr::Member { object, name } = module.expr(callee) else {
                    continue;
                };
                if !registering.contains(&name) {
                    continue;
                }
                let args = module.list(args);
                match (module.text(name), args) {
                    // `bind(TOKEN).to(Orders)`
                    ("to", &[class]) => {
                        if let Expr::Call { callee, args, .. } = module.expr(object)
                            && self.last_name(callee) == Some("bind")
                            && let &[token, ..] = module.list(args)
                        {
                            add(self, token_name(module, token), class);
                        }
                    }
                    // `register("orders", { useClass: Orders })`
                    (_, &[token, class, ..]) => {
                        let class = keyword_of(module, class, "useClass").unwrap_or(class);
                        add(self, token_name(module, token), class);
                    }
                    _ => {}
                }
            }
        }
        if wraps.is_none() && module.name("useClass").is_none() {
            return found;
        }
        for i in 0..module.expr_count() {
            match module.expr(ExprId(i as u32)) {
                // `{ provide: TOKEN, useClass: Orders }`
                Expr::Map(entries) if !entries.is_empty() => {
                    let map = ExprId(i as u32);
                    if let Some(class) = keyword_of(module, map, "useClass")
                        && let Some(token) = keyword_of(module, map, "provide")
                    {
                        add(self, token_name(module, token), class);
                    }
                }
                // `{ orders: asClass(Orders).singleton() }`
                Expr::Keyword { name, value } => {
                    let mut made = value;
                    while let Expr::Call { callee, args, .. } = module.expr(made) {
                        if let Expr::Member { object, .. } = module.expr(callee) {
                            made = object;
                            continue;
                        }
                        if let &[class, ..] = module.list(args)
                            && self.last_name(callee) == Some("asClass")
                        {
                            add(self, Some(module.text(name)), class);
                        }
                        break;
                    }
                }
                _ => {}
            }
        }
        found
    }
}

/// What a token is called: a text, or the last part of a name.
fn token_name(module: &Module, token: ExprId) -> Option<&str> {
    let name = match module.expr(token) {
        Expr::String(name) | Expr::Name(name) | Expr::Member { name, .. } => name,
        Expr::Local(local) => module.local(local).name,
        _ => return None,
    };
    Some(module.text(name))
}
