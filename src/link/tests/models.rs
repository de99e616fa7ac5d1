//! Models of libraries.

use super::{does, effects_of_first, link, link_with, reads};
use crate::link::models::Effect;

#[test]
fn entries_hold_when_their_argument_is_given() {
    for (call, expect) in [
        ("client.load(1)", Effect::DbRead),
        ("client.load(1, into=x)", Effect::DbWrite),
        ("client.load(1, 2)", Effect::Commit),
    ] {
        let source = format!("import db\nclient = db.Client()\ndef f():\n    {call}\n");
        for effect in [Effect::DbRead, Effect::DbWrite, Effect::Commit] {
            let found = does(&[("a.py", &source)], "f", effect);
            assert_eq!(found, effect == expect, "{call}: {effect:?}");
        }
    }
    let source = "import { Client } from 'db';\nfunction f(c: Client) { c.load({ into: 1 }); }\n";
    assert!(does(&[("a.ts", source)], "f", Effect::DbWrite));
}

#[test]
fn type_has_the_members_of_the_one_it_extends() {
    for (call, expect) in [
        ("session.load(1)", Effect::DbRead),
        ("session.save(1)", Effect::DbWrite),
        ("list(session.find(1))", Effect::DbRead),
    ] {
        let source = format!("import db\ndef f(session: db.Session):\n    {call}\n");
        assert!(does(&[("a.py", &source)], "f", expect), "{call}");
    }
    let source = "import db\ndef f(client: db.Client):\n    client.save(1)\n";
    assert!(!does(&[("a.py", source)], "f", Effect::DbWrite));
}

#[test]
fn project_class_has_the_members_of_a_library_base() {
    let source = "import db\nclass Store(db.Client):\n    pass\ndef f():\n    Store().load(1)\n";
    assert!(reads(&[("a.py", source)], "f"));
}

#[test]
fn model_of_a_package_that_is_not_imported_is_not_used() {
    let program = link(&[("a.py", "import other\n")]).expect("well formed");
    assert_eq!(program.world.models.type_named("db.Client"), None);
    let program = link(&[("a.py", "from db.sub import x\n")]).expect("well formed");
    assert!(program.world.models.type_named("db.Client").is_some());
}

#[test]
fn malformed_models_are_refused_with_their_path() {
    for (library, expect) in [
        ("package = 1\n", "db.toml: "),
        ("package = \"db\"\nunknown = 1\n", "unknown field"),
        (
            "package = \"db\"\n[[call]]\non = \"Missing\"\nnames = [\"f\"]\n",
            "db.toml: unknown type \"Missing\"",
        ),
    ] {
        let error = link_with(&[], library).expect_err("refused").to_string();
        assert!(error.contains(expect), "{error}");
    }
}

#[test]
fn type_that_extends_itself_ends() {
    let library = r#"
package = "db"
[[type]]
name = "A"
extends = "B"
paths = ["db.A"]
[[type]]
name = "B"
extends = "A"
"#;
    let source = "import db\ndef f(a: db.A):\n    for x in a:\n        a.g()\n";
    let program = link_with(&[("a.py", source)], library).expect("well formed");
    let effects = effects_of_first(&program);
    assert_eq!(effects, [""; 0]);
}
