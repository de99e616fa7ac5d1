//! Schemas of GraphQL: which types the fields of a type give, and whether in lists.
//!
//! ```graphql
//! type Query { search(term: String!): SearchResponse! }
//! type SearchResponse { items: [Book!]! }
//! ```
//!
//! Queries, inputs, enumerations and scalars say nothing of that.

use crate::ir::entity::TypeLead;

/// The type whose fields a request starts with, where a schema gives it another name.
const ROOT: &str = "Query";

/// What leads to what in a text that declares types; nothing in any other text.
pub(super) fn leads(text: &str) -> Vec<TypeLead> {
    let mut reader = Reader {
        tokens: tokens(text),
        at: 0,
        found: Vec::new(),
    };
    while let Some(token) = reader.next() {
        match token {
            "type" | "interface" => reader.object(),
            "union" => reader.union(),
            "schema" if reader.peek() == Some("{") => reader.fields(ROOT),
            // Their fields are what is handed in.
            "input" | "enum" | "query" | "mutation" | "subscription" | "fragment" => {
                reader.skip_block();
            }
            _ => {}
        }
    }
    reader.found
}

struct Reader<'t> {
    tokens: Vec<&'t str>,
    at: usize,
    found: Vec<TypeLead>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Option<&'t str> {
        self.at += 1;
        self.tokens.get(self.at - 1).copied()
    }

    fn peek(&self) -> Option<&'t str> {
        self.tokens.get(self.at).copied()
    }

    fn next_is(&mut self, token: &str) -> bool {
        let is_so = self.peek() == Some(token);
        self.at += usize::from(is_so);
        is_so
    }

    fn lead(&mut self, from: &str, to: &str, is_many: bool) {
        self.found.push(TypeLead {
            from: from.to_owned(),
            to: to.to_owned(),
            is_many,
        });
    }

    /// `Book implements Node & Product @key(fields: "id") { … }`
    fn object(&mut self) {
        let Some(name) = self.next().filter(|name| is_name(name)) else {
            return;
        };
        if self.next_is("implements") {
            while let Some(token) = self.peek() {
                if is_name(token) {
                    self.lead(token, name, false);
                } else if token != "&" {
                    break;
                }
                self.at += 1;
            }
        }
        self.directives();
        if self.peek() == Some("{") {
            self.fields(name);
        }
    }

    /// `Result = Book | Author`
    fn union(&mut self) {
        let Some(name) = self.next().filter(|name| is_name(name)) else {
            return;
        };
        self.directives();
        if !self.next_is("=") {
            return;
        }
        self.next_is("|");
        while let Some(member) = self.peek().filter(|member| is_name(member)) {
            self.lead(name, member, false);
            self.at += 1;
            if !self.next_is("|") {
                break;
            }
        }
    }

    /// `{ authors(first: Int): [Author!]! @deprecated }`
    fn fields(&mut self, owner: &str) {
        self.at += 1;
        while let Some(token) = self.next() {
            if token == "}" {
                return;
            }
            if !is_name(token) {
                continue;
            }
            if self.peek() == Some("(") {
                self.skip_parens();
            }
            if !self.next_is(":") {
                continue;
            }
            let mut is_many = false;
            while self.next_is("[") {
                is_many = true;
            }
            if let Some(of) = self.peek().filter(|of| is_name(of)) {
                self.lead(owner, of, is_many);
                self.at += 1;
            }
            while self.next_is("!") || self.next_is("]") {}
            self.directives();
        }
    }

    fn directives(&mut self) {
        while self.next_is("@") {
            self.at += 1;
            if self.peek() == Some("(") {
                self.skip_parens();
            }
        }
    }

    fn skip_parens(&mut self) {
        let mut depth = 0;
        while let Some(token) = self.next() {
            match token {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// Skips up to the end of the block that comes next.
    fn skip_block(&mut self) {
        let mut depth = 0;
        while let Some(token) = self.next() {
            match token {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => continue,
            }
            if depth <= 0 {
                return;
            }
        }
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// The names and marks of a text, without comments, descriptions and other strings.
fn tokens(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' if rest.starts_with("\"\"\"") => {
                rest[3..].find("\"\"\"").map_or(rest.len(), |end| end + 6)
            }
            '"' => {
                let mut is_escaped = false;
                let end = rest[1..].find(|c| {
                    let is_end = (c == '"' && !is_escaped) || c == '\n';
                    is_escaped = c == '\\' && !is_escaped;
                    is_end
                });
                end.map_or(rest.len(), |end| end + 2)
            }
            _ if first.is_ascii_alphanumeric() || first == '_' => {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
                let end = end.unwrap_or(rest.len());
                found.push(&rest[..end]);
                end
            }
            _ => {
                let end = first.len_utf8();
                if !first.is_whitespace() && first != ',' {
                    found.push(&rest[..end]);
                }
                end
            }
        };
        rest = &rest[length..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::leads;

    fn check(text: &str, expect: &[&str]) {
        let found: Vec<String> = leads(text)
            .iter()
            .map(|lead| {
                let arrow = if lead.is_many { "->>" } else { "->" };
                format!("{} {arrow} {}", lead.from, lead.to)
            })
            .collect();
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn fields_lead_to_their_types() {
        check(
            "\"All of it: { type X }\"\ntype Query {\n  # one: Nothing\n  search(term: In = {a: \"}\"}): Found! @cost(by: 1)\n  books: [[Book!]!]!\n}",
            &["Query -> Found", "Query ->> Book"],
        );
    }

    #[test]
    fn members_come_where_their_union_and_interface_do() {
        check(
            "union Result @a = | Book | Author type Book implements Node & Entry @key(fields: \"id\") { id: ID! }",
            &[
                "Result -> Book",
                "Result -> Author",
                "Node -> Book",
                "Entry -> Book",
                "Book -> ID",
            ],
        );
    }

    #[test]
    fn schema_names_the_roots() {
        check("schema { query: Root }", &["Query -> Root"]);
    }

    #[test]
    fn queries_and_inputs_lead_nowhere() {
        check(
            "input A { b: [B] } query Q($a: A) { books { type name } }",
            &[],
        );
        check("the type of book, and {what: ever}", &[]);
    }
}
