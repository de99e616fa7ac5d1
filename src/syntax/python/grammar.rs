//! The Python grammar's node kinds and fields, as enums looked up by id.

use std::sync::LazyLock;

use tree_sitter::{Language, Node, TreeCursor};

use crate::source::Span;

/// The grammar with its tables, made once per process.
pub(super) static GRAMMAR: LazyLock<Grammar> = LazyLock::new(Grammar::new);

/// See [`GRAMMAR`].
pub(super) struct Grammar {
    pub(super) language: Language,
    kinds: Vec<Kind>,
    fields: Vec<Field>,
}

impl Grammar {
    fn new() -> Self {
        let language = Language::from(tree_sitter_python::LANGUAGE);
        let kinds = (0..language.node_kind_count() as u16)
            .map(|id| {
                let name = language.node_kind_for_id(id).unwrap_or("");
                if language.node_kind_is_named(id) {
                    Kind::of_node(name)
                } else {
                    Kind::of_token(name)
                }
            })
            .collect();
        let fields = (0..=language.field_count() as u16)
            .map(|id| Field::of_name(language.field_name_for_id(id).unwrap_or("")))
            .collect();
        Self {
            language,
            kinds,
            fields,
        }
    }

    /// A node with its kind.
    pub(super) fn part<'t>(&self, node: Node<'t>) -> Part<'t> {
        // The id of an erroneous node lies outside the table.
        let id = usize::from(node.kind_id());
        let kind = self.kinds.get(id).copied().unwrap_or(Kind::Error);
        let field = Field::None;
        Part { node, kind, field }
    }

    /// The role of the node under a cursor.
    pub(super) fn role(&self, cursor: &TreeCursor<'_>) -> Field {
        cursor
            .field_id()
            .map_or(Field::None, |id| self.fields[usize::from(id.get())])
    }
}

/// A node of the syntax tree, its kind and its role in the node above.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'t> {
    pub(super) node: Node<'t>,
    pub(super) kind: Kind,
    pub(super) field: Field,
}

impl Part<'_> {
    /// Exactly the node's bytes.
    pub(super) fn span(&self) -> Span {
        Span::new(self.node.start_byte(), self.node.end_byte())
    }
}

/// The children of a node, without punctuation and comments.
#[derive(Debug)]
pub(super) struct Parts<'t>(pub(super) smallvec::SmallVec<[Part<'t>; 6]>);

impl<'t> Parts<'t> {
    /// The child in a role.
    pub(super) fn field(&self, field: Field) -> Option<Part<'t>> {
        self.all(field).next()
    }

    /// All children in a role.
    pub(super) fn all(&self, field: Field) -> impl Iterator<Item = Part<'t>> {
        self.0.iter().copied().filter(move |p| p.field == field)
    }

    /// The first child of a kind.
    pub(super) fn of_kind(&self, kind: Kind) -> Option<Part<'t>> {
        self.0.iter().copied().find(|p| p.kind == kind)
    }

    /// The children that are not tokens.
    pub(super) fn nodes(&self) -> impl DoubleEndedIterator<Item = Part<'t>> {
        self.0.iter().copied().filter(|p| !p.kind.is_token())
    }

    /// The first child that is not a token.
    pub(super) fn first(&self) -> Option<Part<'t>> {
        self.nodes().next()
    }

    /// The last child that is not a token.
    pub(super) fn last(&self) -> Option<Part<'t>> {
        self.nodes().next_back()
    }
}

macro_rules! kinds {
    (tokens { $($token:ident = $($text:literal)|+,)* } nodes { $($node:ident = $($name:literal)|+,)* }) => {
        /// What a node is; kinds the front end treats alike share one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Kind {
            /// Punctuation, keywords and comments, dropped at once.
            Ignored,
            $($token,)*
            /// A node without a meaning of its own.
            Other,
            /// A part the parser could not make sense of.
            Error,
            $($node,)*
        }

        impl Kind {
            fn of_token(text: &str) -> Self {
                match text {
                    $($($text)|+ => Self::$token,)*
                    _ => Self::Ignored,
                }
            }

            fn of_node(name: &str) -> Self {
                match name {
                    "comment" | "line_continuation" => Self::Ignored,
                    $($($name)|+ => Self::$node,)*
                    // Aliases of two tokens, `not in`, count as named in some versions.
                    _ if name.contains(' ') => Self::of_token(name),
                    _ => Self::Other,
                }
            }
        }
    };
}

kinds! {
    tokens {
        Async = "async",
        From = "from",
        Colon = ":",
        Underscore = "_",
        Plus = "+" | "+=",
        Minus = "-" | "-=",
        Star = "*" | "*=",
        Slash = "/" | "/=" | "//" | "//=",
        Percent = "%" | "%=",
        Ampersand = "&" | "&=",
        Bar = "|" | "|=",
        Operator = "**" | "**=" | "@" | "@=" | "^" | "^=" | "<<" | "<<=" | ">>" | ">>=" | "~",
        Less = "<",
        LessEqual = "<=",
        Greater = ">",
        GreaterEqual = ">=",
        Equal = "==",
        NotEqual = "!=" | "<>",
        In = "in",
        NotIn = "not in",
        Is = "is",
        IsNot = "is not",
        And = "and",
        Or = "or",
    }
    nodes {
        // Statements, in a row: see `is_statement`.
        ImportStatement = "import_statement",
        ImportFromStatement = "import_from_statement" | "future_import_statement",
        PrintStatement = "print_statement" | "exec_statement",
        AssertStatement = "assert_statement",
        ExpressionStatement = "expression_statement",
        ReturnStatement = "return_statement",
        DeleteStatement = "delete_statement",
        RaiseStatement = "raise_statement",
        PassStatement = "pass_statement",
        BreakStatement = "break_statement",
        ContinueStatement = "continue_statement",
        GlobalStatement = "global_statement",
        NonlocalStatement = "nonlocal_statement",
        TypeAliasStatement = "type_alias_statement",
        IfStatement = "if_statement",
        ForStatement = "for_statement",
        WhileStatement = "while_statement",
        TryStatement = "try_statement",
        WithStatement = "with_statement",
        FunctionDefinition = "function_definition",
        ClassDefinition = "class_definition",
        DecoratedDefinition = "decorated_definition",
        MatchStatement = "match_statement",
        // Expressions, in a row: see `is_expression`.
        Identifier = "identifier",
        String = "string",
        ConcatenatedString = "concatenated_string",
        Integer = "integer",
        Float = "float",
        True = "true",
        False = "false",
        NoneLiteral = "none",
        Ellipsis = "ellipsis",
        Attribute = "attribute",
        Subscript = "subscript",
        Slice = "slice",
        Call = "call",
        Await = "await",
        Yield = "yield",
        Lambda = "lambda",
        List = "list",
        Tuple = "tuple",
        ExpressionList = "expression_list",
        Set = "set",
        Dictionary = "dictionary",
        Pair = "pair",
        ListComprehension = "list_comprehension",
        SetComprehension = "set_comprehension",
        DictionaryComprehension = "dictionary_comprehension",
        GeneratorExpression = "generator_expression",
        ParenthesizedExpression = "parenthesized_expression",
        UnaryOperator = "unary_operator",
        NotOperator = "not_operator",
        BinaryOperator = "binary_operator",
        BooleanOperator = "boolean_operator",
        ComparisonOperator = "comparison_operator",
        ConditionalExpression = "conditional_expression",
        NamedExpression = "named_expression",
        AsPattern = "as_pattern",
        Assignment = "assignment",
        AugmentedAssignment = "augmented_assignment",
        KeywordArgument = "keyword_argument",
        Splat = "list_splat" | "dictionary_splat" | "splat_type",
        GenericType = "generic_type",
        UnionType = "union_type",
        MemberType = "member_type",
        Type = "type",
        // Targets.
        ListPattern = "list_pattern",
        TuplePattern = "tuple_pattern",
        PatternList = "pattern_list",
        ListSplatPattern = "list_splat_pattern",
        DictionarySplatPattern = "dictionary_splat_pattern",
        AsPatternTarget = "as_pattern_target",
        // Parts of other nodes.
        Module = "module",
        Block = "block",
        ElifClause = "elif_clause",
        ElseClause = "else_clause",
        ExceptClause = "except_clause" | "except_group_clause",
        FinallyClause = "finally_clause",
        WithClause = "with_clause",
        WithItem = "with_item",
        CaseClause = "case_clause",
        ForInClause = "for_in_clause",
        IfClause = "if_clause",
        Decorator = "decorator",
        ArgumentList = "argument_list",
        TypedParameter = "typed_parameter",
        DefaultParameter = "default_parameter",
        TypedDefaultParameter = "typed_default_parameter",
        KeywordSeparator = "keyword_separator",
        TypeParameter = "type_parameter",
        RelativeImport = "relative_import",
        ImportPrefix = "import_prefix",
        DottedName = "dotted_name",
        AliasedImport = "aliased_import",
        WildcardImport = "wildcard_import",
        StringContent = "string_content",
        Interpolation = "interpolation",
        CasePattern = "case_pattern",
        KeywordPattern = "keyword_pattern",
        SplatPattern = "splat_pattern",
        ClassPattern = "class_pattern",
        UnionPattern = "union_pattern",
        DictPattern = "dict_pattern",
    }
}

impl Kind {
    /// Whether it is an operator or a keyword.
    pub(super) fn is_token(self) -> bool {
        self < Self::Other
    }

    /// Whether it can stand in a block.
    pub(super) fn is_statement(self) -> bool {
        (Self::ImportStatement..=Self::MatchStatement).contains(&self)
    }

    /// Whether it has a value.
    pub(super) fn is_expression(self) -> bool {
        (Self::Identifier..=Self::Type).contains(&self)
    }

    /// Whether its children are statements.
    pub(super) fn holds_statements(self) -> bool {
        matches!(self, Self::Module | Self::Block | Self::Error)
    }
}

macro_rules! fields {
    ($($field:ident = $name:literal,)*) => {
        /// The role of a node in the one above it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Field {
            /// No role, or one that was not asked for.
            None,
            $($field,)*
        }

        impl Field {
            fn of_name(name: &str) -> Self {
                match name {
                    $($name => Self::$field,)*
                    _ => Self::None,
                }
            }
        }
    };
}

fields! {
    Alias = "alias",
    Alternative = "alternative",
    Body = "body",
    Cause = "cause",
    Condition = "condition",
    Consequence = "consequence",
    Definition = "definition",
    Expression = "expression",
    Guard = "guard",
    Key = "key",
    Left = "left",
    ModuleName = "module_name",
    Name = "name",
    Parameters = "parameters",
    ReturnType = "return_type",
    Right = "right",
    Subject = "subject",
    Subscript = "subscript",
    Superclasses = "superclasses",
    Type = "type",
    Value = "value",
}
