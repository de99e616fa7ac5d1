//! Which rules run: `select` and `ignore` of the configuration and of the command line.

use crate::catalogue::{self, Page};
use crate::finding::RuleId;

/// What one entry of `select` or `ignore` names, from the widest to the narrowest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Selector {
    All,
    Category(String),
    Rule(RuleId),
}

impl Selector {
    /// Reads a name; if there is no such rule or category, says so and what was probably meant.
    pub(super) fn parse(name: &str, pages: &[Page]) -> Result<Self, String> {
        if name == "all" {
            return Ok(Self::All);
        }
        if pages.iter().any(|page| page.category == name) {
            return Ok(Self::Category(name.to_owned()));
        }
        rule(name, pages)
            .map(Self::Rule)
            .map_err(|_| unknown("rule or category", name, names(pages)))
    }

    fn matches(&self, page: &Page) -> bool {
        match self {
            Self::All => true,
            Self::Category(category) => *category == page.category,
            Self::Rule(rule) => *rule == page.id,
        }
    }

    /// How narrow it is; narrower wins.
    fn strength(&self) -> usize {
        match self {
            Self::All => 1,
            Self::Category(_) => 2,
            Self::Rule(_) => 3,
        }
    }
}

/// `select` and `ignore` from one source.
#[derive(Debug, Clone, Default)]
pub(super) struct Selection {
    pub(super) select: Option<Vec<Selector>>,
    pub(super) ignore: Vec<Selector>,
}

/// The rules that run, in the order of the catalogue.
///
/// A `select` on the command line replaces that of the configuration. Within one source the
/// narrower entry decides, and `ignore` where both are as narrow. `--ignore` wins over a `select`
/// of the configuration; `--select` over an `ignore` of the configuration that is not narrower,
/// so that `--select database` keeps what the project has silenced by name.
pub(super) fn rules(
    pages: &'static [Page],
    configuration: &Selection,
    arguments: &Selection,
) -> Vec<RuleId> {
    let is_on = |page: &Page| {
        let selected = match (&arguments.select, &configuration.select) {
            (Some(select), _) | (None, Some(select)) => strongest(select, page),
            (None, None) => (!page.advice).then_some(0),
        };
        let Some(selected) = selected else {
            return false;
        };
        let by_configuration = strongest(&configuration.ignore, page);
        let by_arguments = strongest(&arguments.ignore, page);
        if arguments.select.is_some() {
            by_configuration <= Some(selected) && by_arguments < Some(selected)
        } else {
            by_configuration < Some(selected) && by_arguments.is_none()
        }
    };
    pages
        .iter()
        .filter(|page| is_on(page))
        .map(|page| page.id)
        .collect()
}

/// The rules that any of the selectors names, in the order of the catalogue.
pub(super) fn matching(pages: &'static [Page], selectors: &[Selector]) -> Vec<RuleId> {
    let named = |page: &&Page| selectors.iter().any(|selector| selector.matches(page));
    pages.iter().filter(named).map(|page| page.id).collect()
}

/// The id of a rule; if there is none, says so and what was probably meant.
pub(super) fn rule(name: &str, pages: &[Page]) -> Result<RuleId, String> {
    let page = pages.iter().find(|page| page.id == name);
    page.map(|page| page.id)
        .ok_or_else(|| unknown("rule", name, pages.iter().map(|page| page.id)))
}

/// `unknown rule "n+1", did you mean "n-plus-one"?`
pub(super) fn unknown<'a>(
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> String {
    match catalogue::nearest(name, known) {
        Some(near) => format!("unknown {what} \"{name}\", did you mean \"{near}\"?"),
        None => format!("unknown {what} \"{name}\""),
    }
}

fn strongest(selectors: &[Selector], page: &Page) -> Option<usize> {
    let matching = selectors.iter().filter(|selector| selector.matches(page));
    matching.map(Selector::strength).max()
}

fn names(pages: &[Page]) -> impl Iterator<Item = &str> {
    let categories = pages.iter().map(|page| page.category.as_str());
    pages
        .iter()
        .map(|page| page.id)
        .chain(categories)
        .chain(["all"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::pages;

    fn selection(select: &[&str], ignore: &[&str]) -> Selection {
        let parse = |names: &[&str]| -> Vec<Selector> {
            let parsed = names.iter().map(|name| Selector::parse(name, pages()));
            parsed.collect::<Result<_, _>>().expect("known names")
        };
        Selection {
            select: (!select.is_empty()).then(|| parse(select)),
            ignore: parse(ignore),
        }
    }

    fn check(configuration: (&[&str], &[&str]), arguments: (&[&str], &[&str]), expected: &[&str]) {
        let configuration = selection(configuration.0, configuration.1);
        let arguments = selection(arguments.0, arguments.1);
        assert_eq!(rules(pages(), &configuration, &arguments), expected);
    }

    #[test]
    fn advice_is_off_unless_selected() {
        check(
            (&[], &[]),
            (&[], &[]),
            &["n-plus-one", "select-star", "await-in-loop"],
        );
        check((&["default-pool"], &[]), (&[], &[]), &["default-pool"]);
        check(
            (&[], &[]),
            (&["all"], &["async"]),
            &["n-plus-one", "select-star", "default-pool"],
        );
    }

    #[test]
    fn narrower_selectors_win() {
        check(
            (&["database"], &["select-star"]),
            (&[], &[]),
            &["n-plus-one", "default-pool"],
        );
        check(
            (&["n-plus-one"], &["database"]),
            (&[], &[]),
            &["n-plus-one"],
        );
        check((&["all"], &["all"]), (&[], &[]), &[]);
    }

    #[test]
    fn command_line_wins_over_configuration() {
        check((&["database"], &[]), (&["async"], &[]), &["await-in-loop"]);
        check(
            (&[], &["n-plus-one"]),
            (&["n-plus-one"], &[]),
            &["n-plus-one"],
        );
        check(
            (&[], &["select-star"]),
            (&["all"], &[]),
            &["n-plus-one", "default-pool", "await-in-loop"],
        );
        check((&["n-plus-one"], &[]), (&[], &["database"]), &[]);
        check(
            (&[], &["select-star"]),
            (&["database"], &[]),
            &["n-plus-one", "default-pool"],
        );
    }

    #[test]
    fn unknown_names_come_with_a_guess() {
        let error = |name| Selector::parse(name, pages()).expect_err("an unknown name");
        assert_eq!(
            error("n+1"),
            "unknown rule or category \"n+1\", did you mean \"n-plus-one\"?"
        );
        assert_eq!(
            error("databse"),
            "unknown rule or category \"databse\", did you mean \"database\"?"
        );
        assert_eq!(error("zzzzzzzz"), "unknown rule or category \"zzzzzzzz\"");
    }
}
