//! What a request or a statement does, by its own words.

use super::models::Effect;
use crate::analysis::facts::FileFacts;
use crate::ir::{CallKind, Expr, ExprId, Module};

/// Whether a request is made to change something: by its method, which RFC 9110 (9.2.1)
/// calls safe or not, or by the name of the command sent.
pub(super) fn changes_remote(facts: &FileFacts, call: ExprId) -> bool {
    let module = &facts.module;
    let Expr::Call { callee, args, .. } = module.expr(call) else {
        return false;
    };
    let args = module.list(args);
    for &arg in args {
        // `fetch(url, {method: "POST"})`, `request(method="GET")`
        let method = match module.expr(arg) {
            Expr::Map(entries) => module.list(entries).iter().copied().find(|&e| {
                matches!(module.expr(e), Expr::Keyword { name, .. }
                        if module.text(name) == "method")
            }),
            Expr::Keyword { name, .. } if module.text(name) == "method" => Some(arg),
            _ => None,
        };
        if let Some(Expr::Keyword { value, .. }) = method.map(|m| module.expr(m)) {
            return !matches!(module.expr(value), Expr::String(text)
                    if matches!(module.text(text), "GET" | "HEAD" | "get" | "head"));
        }
    }
    let Some(name) = module.last_name(callee) else {
        return false;
    };
    match name {
        // `client.send(new GetItemCommand(…))`
        "send" => !args
            .first()
            .is_some_and(|&arg| is_reading_command(facts, arg)),
        "request" => args.first().is_some_and(|&arg| {
            matches!(module.expr(arg), Expr::String(text)
                    if matches!(module.text(text), "POST" | "PUT" | "PATCH" | "DELETE"))
        }),
        _ => is_changing_verb(name),
    }
}

fn is_reading_command(facts: &FileFacts, argument: ExprId) -> bool {
    let module = &facts.module;
    let mut is_reading = false;
    facts.any_origin(argument, |id| {
        if let Expr::Call {
            callee,
            kind: CallKind::New,
            ..
        } = module.expr(id)
        {
            let name = module.last_name(callee).unwrap_or_default();
            is_reading = [
                "Get", "List", "Describe", "Query", "Scan", "Head", "BatchGet",
            ]
            .iter()
            .any(|verb| name.starts_with(verb));
            return true;
        }
        false
    });
    is_reading
}

/// Whether the first word of a method's name says that it changes something elsewhere.
fn is_changing_verb(name: &str) -> bool {
    let end = name
        .find(|c: char| c == '_' || c.is_ascii_uppercase())
        .unwrap_or(name.len());
    matches!(
        &name[..end],
        "post"
            | "put"
            | "patch"
            | "delete"
            | "send"
            | "publish"
            | "create"
            | "update"
            | "remove"
            | "upload"
            | "copy"
            | "delay"
            | "apply"
            | "start"
            | "stop"
            | "run"
            | "invoke"
            | "enqueue"
            | "add"
            | "set"
            | "write"
            | "upsert"
            | "insert"
            | "batch"
            | "complete"
            | "abort"
            | "tag"
    )
}

/// The effect of SQL text, by its first word. None for what is neither read nor write.
pub(super) fn sql_effect(facts: &FileFacts, argument: ExprId) -> Option<Effect> {
    let module = &facts.module;
    let mut verb: Option<String> = None;
    // Statements that come one by one out of a list are run, not asked.
    let mut is_element = false;
    facts.any_origin(argument, |id| {
        is_element |= matches!(module.expr(id), Expr::Element(_));
        let text = kept_by_class(module, id).unwrap_or(id);
        if let Expr::String(text) = module.expr(first_part(module, text)) {
            let word = first_word(module.text(text));
            if !word.is_empty() && verb.is_none() {
                verb = Some(word);
            }
        }
        false
    });
    match verb.as_deref() {
        Some("INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "MERGE" | "UPSERT" | "COPY") => {
            Some(Effect::DbWrite)
        }
        Some(
            "BEGIN" | "START" | "SAVEPOINT" | "SET" | "CREATE" | "DROP" | "ALTER" | "TRUNCATE"
            | "PRAGMA" | "LOCK" | "GRANT" | "REVOKE" | "VACUUM" | "ANALYZE" | "USE" | "LISTEN"
            | "NOTIFY" | "UNLISTEN" | "PREPARE" | "DEALLOCATE",
        ) => None,
        Some("COMMIT" | "ROLLBACK" | "RELEASE") => Some(Effect::Commit),
        // What was prepared or stored elsewhere reads or writes.
        Some("EXECUTE" | "EXEC" | "CALL" | "DO") => Some(Effect::Sql),
        None if is_element => Some(Effect::Sql),
        _ => Some(Effect::DbRead),
    }
}

/// The value of the class's field that is read of the receiver: `self.INSERT`.
fn kept_by_class(module: &Module, read: ExprId) -> Option<ExprId> {
    let Expr::Member { object, name } = module.expr(read) else {
        return None;
    };
    let class = module.receiver_class(object)?;
    let mut fields = module.class(class).fields.iter();
    fields.find(|field| field.name == name)?.value
}

/// What a text that is put together begins with.
fn first_part(module: &Module, text: ExprId) -> ExprId {
    let mut at = text;
    loop {
        at = match module.expr(at) {
            Expr::Template(parts) if !parts.is_empty() => module.list(parts)[0],
            Expr::Binary { left, .. } => left,
            _ => return at,
        };
    }
}

fn first_word(sql: &str) -> String {
    let mut rest = sql.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    while let Some(comment) = rest.strip_prefix("--") {
        rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
        rest = rest.trim_start();
    }
    let end = rest
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(rest.len());
    rest[..end].to_ascii_uppercase()
}
