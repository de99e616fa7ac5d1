use super::lower;
use crate::ir::pretty;

fn check(source: &str) -> String {
    pretty::module(&lower(source, "shop/templates/shop/list.html"))
}

#[test]
fn loops_and_members_are_those_of_code() {
    insta::assert_snapshot!(check("
        <ul>{% for book in books %}<li>{{ book.author.name|upper }}</li>{% empty %}{{ nothing }}{% endfor %}</ul>
    "), @"
    fn#0 Module _()
      def fn#1
    fn#1 Function list.html(key books, key book, key nothing)
      L0 each book over books
        'upper'(implicit implicit book.author().name())
      nothing
    ");
}

#[test]
fn what_is_inside_brackets_without_an_end_is_text() {
    insta::assert_snapshot!(check("{{ a {% if {{{{{{ {# {%"), @r"
    fn#0 Module _()
      def fn#1
    fn#1 Function list.html()
    ");
}

#[test]
fn branches_nest_and_unknown_tags_are_calls() {
    insta::assert_snapshot!(check("
        {% load shop_extras %}
        {% if a and not b.c %}{{ x }}{% elif d|length > 3 %}{{ y }}{% else %}{% latest 5 by=user as rows %}{% endif %}
        {% with total=cart.items.count %}{% include 'shop/row.html' with cart=cart only %}{% endwith %}
        {% comment %}{{ hidden }}{% endcomment %}
        {# slowpath: ignore[n-plus-one] few #}
    "), @r#"
    import * from "shop_extras"
    fn#0 Module _()
      def fn#1
    fn#1 Function list.html(key a, key b, key x, key d, key y, key user, key cart)
      import shop_extras
      pass
      if (a and not implicit b.c())
        x
      else
        if ('len'(d) > 3)
          y
        else
          'latest'(5, by: user)
          rows = 'latest'(5, by: user)
      pass
      pass
      total = implicit implicit cart.items().count()
      'include'("shop/row.html", cart: cart, total: total)
    "#);
}

#[test]
fn macros_are_functions_that_others_import() {
    insta::assert_snapshot!(check("
        {% from 'forms.html' import field, label as title %}
        {% macro row(book, wide=false) %}{{ book.title() }}{% endmacro %}
        {% set first = books[0] %}{{ row(first) }}{% for k, v in d.items() if v is not none %}{{ k }}{% endfor %}
        {{ books[:5]|sort(attribute='x') }}{{ a.b|slice:':3' }}
    "), @r#"
    import field from "forms.html" as field
    import label from "forms.html" as title
    fn#0 Module _()
      def fn#1
      def fn#2
    fn#1 Function row(book, wide = false)
      book.title()
    fn#2 Function list.html(key books, key first, key d, key k, key v, key a)
      import forms.html
      import forms.html
      first = books[0]
      row(first)
      L0 each (k, v) over d.items()
        (v is not null)
        k
      'list'(books[slice(null, 5, null)])
      implicit a.b()[slice(null, 3, null)]
    "#);
}

/// Each tag with each sequence of four tokens: a loop that takes none would never end.
#[test]
fn tokens_in_any_order_come_to_an_end() {
    let tags = [
        "",
        "with",
        "blocktrans",
        "set",
        "if",
        "for",
        "include",
        "call",
        "regroup",
        "import",
        "from",
        "macro",
        "filter",
        "tag",
    ];
    let words = ["a", "in", "=", "(", "[", "|", ",", ":", ")", "with"];
    for tag in tags {
        for number in 0..words.len().pow(4) {
            let digits = [1000, 100, 10, 1].map(|unit| words[number / unit % 10]);
            let inner = format!("{tag} {}", digits.join(" "));
            let source = if tag.is_empty() {
                format!("{{{{ {inner} }}}}")
            } else {
                format!("{{% {inner} %}}{{{{ a }}}}{{% end{tag} %}}")
            };
            let module = lower(&source, "shop/list.html");
            assert!(module.expr_count() < 100, "{source}");
        }
    }
}
