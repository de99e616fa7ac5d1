use super::declarations;
use crate::ir::query::Value;
use crate::ir::schema::Dialect;

#[test]
fn models_are_tables_under_the_names_of_the_database() {
    let found = declarations(
        "datasource db {\n  provider = \"mysql\" // here\n  relationMode = \"prisma\"\n}\n\
         model Book {\n  id Int @id\n  authorId Int @map(\"author_id\")\n\
         author Author @relation(\"by\", fields: [authorId], references: [id], onDelete: Cascade)\n\
         @@index([authorId, id(sort: Desc)], map: \"mine\")\n  @@map(\"books\")\n}\n\
         enum Kind { A\n B }",
    );
    let source = found.source.expect("a source");
    assert_eq!(
        (source.dialect, source.enforces),
        (Some(Dialect::MySql), false)
    );
    assert_eq!(found.enums, [("Kind".to_owned(), 2)]);
    let book = &found.entities[0];
    assert_eq!(
        (book.name.as_str(), book.table.name.as_str()),
        ("Book", "books")
    );
    let index = &book.table.indexes[1];
    assert_eq!(index.name, "mine");
    assert_eq!(index.keys[0].value, Value::Column("author_id".to_owned()));
    assert!(index.keys[1].is_descending);
    let key = &book.table.foreign_keys[0];
    assert_eq!((key.target.as_str(), key.cascades), ("Author", true));
    assert_eq!(book.typed[0].relation.as_deref(), Some("by"));
}

#[test]
fn broken_schemas_declare_what_they_say() {
    for text in [
        "model",
        "model A {",
        "model A { id Int @id @@index([",
        "model A {\n id\n}",
        "\"",
        "}}}",
    ] {
        declarations(text);
    }
    let deep = format!(
        "model A {{\n a Int @x({}\n}}\nmodel B {{ id Int @id }}",
        "[(".repeat(50_000)
    );
    declarations(&deep);
}
