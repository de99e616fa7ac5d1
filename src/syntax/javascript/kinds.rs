//! The node kinds and fields of the three grammars, as dense enums found by id.
//!
//! The grammars number their kinds differently and give some names several ids. One table per
//! grammar, made once, turns an id into a [`Kind`] or a [`Field`], so that lowering matches on
//! enums and never compares strings.

use std::sync::LazyLock;

use tree_sitter::Language as Grammar;

use crate::ir::BinaryOp;
use crate::source::Language;

macro_rules! kinds {
    (
        named { $($name:ident = $text:literal,)* }
        trivia { $($trivia:ident = $($trivia_text:literal)|+,)* }
        tokens { $($token:ident = $token_text:literal,)* }
    ) => {
        /// What a node is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub(super) enum Kind {
            $($name,)*
            /// A named node of no interest.
            Other,
            /// A part that did not parse.
            Error,
            // From here on: nodes that are not code by themselves.
            $($trivia,)*
            /// Punctuation and keywords of no interest.
            Token,
            $($token,)*
        }

        impl Kind {
            fn of(text: &str, is_named: bool) -> Self {
                if is_named {
                    match text {
                        $($text => Self::$name,)*
                        $($($trivia_text)|+ => Self::$trivia,)*
                        _ => Self::Other,
                    }
                } else {
                    match text {
                        $($token_text => Self::$token,)*
                        _ => Self::Token,
                    }
                }
            }
        }
    };
}

kinds! {
    named {
        // Leaves of expressions.
        Identifier = "identifier",
        Undefined = "undefined",
        This = "this",
        Super = "super",
        Number = "number",
        String = "string",
        True = "true",
        False = "false",
        Null = "null",
        Regex = "regex",
        MetaProperty = "meta_property",
        Import = "import",
        // Expressions.
        Array = "array",
        ArrowFunction = "arrow_function",
        AsExpression = "as_expression",
        Assignment = "assignment_expression",
        AugmentedAssignment = "augmented_assignment_expression",
        Await = "await_expression",
        Binary = "binary_expression",
        Call = "call_expression",
        Class = "class",
        FunctionExpression = "function_expression",
        GeneratorFunction = "generator_function",
        Instantiation = "instantiation_expression",
        JsxElement = "jsx_element",
        JsxExpression = "jsx_expression",
        JsxSelfClosing = "jsx_self_closing_element",
        Member = "member_expression",
        New = "new_expression",
        NonNull = "non_null_expression",
        Object = "object",
        Parenthesized = "parenthesized_expression",
        Satisfies = "satisfies_expression",
        Sequence = "sequence_expression",
        Spread = "spread_element",
        Subscript = "subscript_expression",
        Template = "template_string",
        Ternary = "ternary_expression",
        TypeAssertion = "type_assertion",
        Unary = "unary_expression",
        Update = "update_expression",
        Yield = "yield_expression",
        // Parts of expressions.
        Arguments = "arguments",
        ComputedName = "computed_property_name",
        JsxAttribute = "jsx_attribute",
        JsxClosing = "jsx_closing_element",
        JsxNamespaceName = "jsx_namespace_name",
        JsxOpening = "jsx_opening_element",
        JsxText = "jsx_text",
        HtmlReference = "html_character_reference",
        MethodDefinition = "method_definition",
        NestedIdentifier = "nested_identifier",
        Pair = "pair",
        PrivateName = "private_property_identifier",
        PropertyName = "property_identifier",
        ShorthandProperty = "shorthand_property_identifier",
        TemplateSubstitution = "template_substitution",
        // Patterns and parameters.
        ArrayPattern = "array_pattern",
        AssignmentPattern = "assignment_pattern",
        FormalParameters = "formal_parameters",
        ObjectAssignmentPattern = "object_assignment_pattern",
        ObjectPattern = "object_pattern",
        OptionalParameter = "optional_parameter",
        PairPattern = "pair_pattern",
        RequiredParameter = "required_parameter",
        RestPattern = "rest_pattern",
        ShorthandPattern = "shorthand_property_identifier_pattern",
        // Statements.
        AbstractClass = "abstract_class_declaration",
        Ambient = "ambient_declaration",
        Break = "break_statement",
        ClassDeclaration = "class_declaration",
        Continue = "continue_statement",
        Debugger = "debugger_statement",
        DoStatement = "do_statement",
        Empty = "empty_statement",
        EnumDeclaration = "enum_declaration",
        ExportStatement = "export_statement",
        ExpressionStatement = "expression_statement",
        ForIn = "for_in_statement",
        ForStatement = "for_statement",
        FunctionDeclaration = "function_declaration",
        FunctionSignature = "function_signature",
        GeneratorDeclaration = "generator_function_declaration",
        If = "if_statement",
        ImportAlias = "import_alias",
        ImportStatement = "import_statement",
        InterfaceDeclaration = "interface_declaration",
        InternalModule = "internal_module",
        Labeled = "labeled_statement",
        LexicalDeclaration = "lexical_declaration",
        ModuleDeclaration = "module",
        Return = "return_statement",
        Block = "statement_block",
        Switch = "switch_statement",
        Throw = "throw_statement",
        Try = "try_statement",
        TypeAlias = "type_alias_declaration",
        UsingDeclaration = "using_declaration",
        VariableDeclaration = "variable_declaration",
        While = "while_statement",
        With = "with_statement",
        // Parts of statements.
        AbstractMethod = "abstract_method_signature",
        AccessibilityModifier = "accessibility_modifier",
        CallSignature = "call_signature",
        CatchClause = "catch_clause",
        ClassBody = "class_body",
        ClassHeritage = "class_heritage",
        StaticBlock = "class_static_block",
        ConstructSignature = "construct_signature",
        Decorator = "decorator",
        ElseClause = "else_clause",
        EnumAssignment = "enum_assignment",
        EnumBody = "enum_body",
        ExportClause = "export_clause",
        ExportSpecifier = "export_specifier",
        ExtendsClause = "extends_clause",
        ExtendsTypeClause = "extends_type_clause",
        FieldDefinition = "field_definition",
        FinallyClause = "finally_clause",
        ImplementsClause = "implements_clause",
        ImportAttribute = "import_attribute",
        ImportClause = "import_clause",
        ImportRequire = "import_require_clause",
        ImportSpecifier = "import_specifier",
        IndexSignature = "index_signature",
        InterfaceBody = "interface_body",
        MethodSignature = "method_signature",
        NamedImports = "named_imports",
        NamespaceExport = "namespace_export",
        NamespaceImport = "namespace_import",
        OverrideModifier = "override_modifier",
        PropertySignature = "property_signature",
        PublicField = "public_field_definition",
        SwitchCase = "switch_case",
        SwitchDefault = "switch_default",
        VariableDeclarator = "variable_declarator",
        // Types.
        ArrayType = "array_type",
        AssertsAnnotation = "asserts_annotation",
        GenericType = "generic_type",
        IntersectionType = "intersection_type",
        LiteralType = "literal_type",
        LookupType = "lookup_type",
        MaybeType = "flow_maybe_type",
        NestedType = "nested_type_identifier",
        FunctionType = "function_type",
        ObjectType = "object_type",
        OptionalType = "optional_type",
        ParenthesizedType = "parenthesized_type",
        PredefinedType = "predefined_type",
        ReadonlyType = "readonly_type",
        RestType = "rest_type",
        TemplateType = "template_literal_type",
        ThisType = "this_type",
        TupleType = "tuple_type",
        TypeAnnotation = "type_annotation",
        TypeArguments = "type_arguments",
        TypeName = "type_identifier",
        TypeParameters = "type_parameters",
        TypePredicate = "type_predicate",
        TypePredicateAnnotation = "type_predicate_annotation",
        TypeQuery = "type_query",
        UnionType = "union_type",
    }
    trivia {
        Comment = "comment" | "html_comment" | "hash_bang_line",
        OptionalChain = "optional_chain",
    }
    tokens {
        OptionalChainToken = "?.",
        Comma = ",",
        Star = "*",
        Async = "async",
        AwaitToken = "await",
        Static = "static",
        StaticGet = "static get",
        Get = "get",
        Set = "set",
        Readonly = "readonly",
        Const = "const",
        Let = "let",
        Var = "var",
        Using = "using",
        Of = "of",
        In = "in",
        Default = "default",
        Type = "type",
        TypeOf = "typeof",
        Delete = "delete",
        Void = "void",
        Assign = "=",
        InstanceOf = "instanceof",
        Plus = "+",
        Minus = "-",
        Slash = "/",
        Percent = "%",
        EqualEqual = "==",
        EqualEqualEqual = "===",
        BangEqual = "!=",
        BangEqualEqual = "!==",
        Less = "<",
        LessEqual = "<=",
        Greater = ">",
        GreaterEqual = ">=",
        AndAnd = "&&",
        OrOr = "||",
        QuestionQuestion = "??",
        Ampersand = "&",
        Bar = "|",
        Bang = "!",
        PlusAssign = "+=",
        MinusAssign = "-=",
        StarAssign = "*=",
        SlashAssign = "/=",
        PercentAssign = "%=",
        AmpersandAssign = "&=",
        BarAssign = "|=",
        AndAndAssign = "&&=",
        OrOrAssign = "||=",
        QuestionQuestionAssign = "??=",
        PlusPlus = "++",
        MinusMinus = "--",
    }
}

impl Kind {
    /// Comments, punctuation and keywords: never lowered by themselves.
    pub(super) fn is_trivia(self) -> bool {
        self >= Self::Comment
    }

    pub(super) fn is_optional_chain(self) -> bool {
        matches!(self, Self::OptionalChain | Self::OptionalChainToken)
    }

    /// A declaration or statement, as opposed to an expression or a part of something.
    pub(super) fn is_statement(self) -> bool {
        self >= Self::AbstractClass && self <= Self::With
    }

    /// An expression without parts.
    pub(super) fn is_leaf(self) -> bool {
        self <= Self::Import
    }

    pub(super) fn is_loop(self) -> bool {
        matches!(
            self,
            Self::ForStatement | Self::ForIn | Self::While | Self::DoStatement
        )
    }

    /// The operator on two values, both evaluated, that a token spells, alone or with `=`.
    pub(super) fn binary_op(self) -> BinaryOp {
        match self {
            Self::Plus | Self::PlusAssign | Self::PlusPlus => BinaryOp::Add,
            Self::Minus | Self::MinusAssign | Self::MinusMinus => BinaryOp::Subtract,
            Self::Star | Self::StarAssign => BinaryOp::Multiply,
            Self::Slash | Self::SlashAssign => BinaryOp::Divide,
            Self::Percent | Self::PercentAssign => BinaryOp::Remainder,
            Self::EqualEqual | Self::EqualEqualEqual => BinaryOp::Equal,
            Self::BangEqual | Self::BangEqualEqual => BinaryOp::NotEqual,
            Self::Less => BinaryOp::Less,
            Self::LessEqual => BinaryOp::LessEqual,
            Self::Greater => BinaryOp::Greater,
            Self::GreaterEqual => BinaryOp::GreaterEqual,
            Self::In => BinaryOp::In,
            Self::InstanceOf => BinaryOp::InstanceOf,
            Self::Ampersand | Self::AmpersandAssign => BinaryOp::BitAnd,
            Self::Bar | Self::BarAssign => BinaryOp::BitOr,
            _ => BinaryOp::Other,
        }
    }
}

macro_rules! fields {
    ($($name:ident = $text:literal,)*) => {
        /// The role of a node in its parent.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Field {
            /// No role, or one of no interest.
            None,
            $($name,)*
        }

        impl Field {
            fn of(text: &str) -> Self {
                match text {
                    $($text => Self::$name,)*
                    _ => Self::None,
                }
            }
        }
    };
}

fields! {
    Alias = "alias",
    Alternative = "alternative",
    Argument = "argument",
    Body = "body",
    CloseTag = "close_tag",
    Condition = "condition",
    Consequence = "consequence",
    Declaration = "declaration",
    Decorator = "decorator",
    Finalizer = "finalizer",
    Handler = "handler",
    Increment = "increment",
    Index = "index",
    IndexType = "index_type",
    Initializer = "initializer",
    Key = "key",
    Label = "label",
    Left = "left",
    Module = "module",
    Name = "name",
    Object = "object",
    OpenTag = "open_tag",
    Parameter = "parameter",
    Parameters = "parameters",
    Pattern = "pattern",
    Property = "property",
    Right = "right",
    Source = "source",
    Type = "type",
    TypeArguments = "type_arguments",
    Value = "value",
}

/// A grammar with its tables.
pub(super) struct Tables {
    pub(super) grammar: Grammar,
    /// Which of the thread's parsers is for it.
    pub(super) slot: usize,
    kinds: Vec<Kind>,
    fields: Vec<Field>,
}

impl Tables {
    /// The tables for a language.
    pub(super) fn of(language: Language) -> &'static Self {
        static JAVASCRIPT: LazyLock<Tables> =
            LazyLock::new(|| Tables::new(tree_sitter_javascript::LANGUAGE.into(), 0));
        static TYPESCRIPT: LazyLock<Tables> =
            LazyLock::new(|| Tables::new(tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(), 1));
        static TSX: LazyLock<Tables> =
            LazyLock::new(|| Tables::new(tree_sitter_typescript::LANGUAGE_TSX.into(), 2));
        match language {
            Language::TypeScript => &TYPESCRIPT,
            Language::Tsx => &TSX,
            _ => &JAVASCRIPT,
        }
    }

    fn new(grammar: Grammar, slot: usize) -> Self {
        let kinds = (0..grammar.node_kind_count() as u16)
            .map(|id| {
                let text = grammar.node_kind_for_id(id).unwrap_or_default();
                Kind::of(text, grammar.node_kind_is_named(id))
            })
            .collect();
        let fields = (0..=grammar.field_count() as u16)
            .map(|id| Field::of(grammar.field_name_for_id(id).unwrap_or_default()))
            .collect();
        Self {
            grammar,
            slot,
            kinds,
            fields,
        }
    }

    pub(super) fn kind(&self, id: u16) -> Kind {
        self.kinds
            .get(usize::from(id))
            .copied()
            .unwrap_or(Kind::Error)
    }

    pub(super) fn field(&self, id: u16) -> Field {
        self.fields
            .get(usize::from(id))
            .copied()
            .unwrap_or(Field::None)
    }
}
