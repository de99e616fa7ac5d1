//! The floor under every analysis of a tree: finds, reads and parses the files that
//! `slowpath check` analyses, on as many threads, and does nothing with the trees.
//!
//! `cargo run --release --example parse_only -- PATH`; `benches/ratio.sh` compares the two.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result};
use rayon::prelude::*;
use slowpath::config::{Request, Settings};
use slowpath::discover;
use slowpath::source::Language;
use tree_sitter::Parser;

#[expect(clippy::print_stdout, reason = "the result of the measurement")]
fn main() -> Result<()> {
    let started = Instant::now();
    let settings = Settings::load(&Request {
        current_dir: std::env::current_dir()?,
        paths: std::env::args_os().skip(1).map(PathBuf::from).collect(),
        ..Request::default()
    })?;
    let found = discover::files(&settings);
    let parsed: Vec<usize> = found
        .files
        .par_iter()
        .filter_map(|candidate| {
            let file = discover::read(candidate, &settings.root).ok()?.file;
            parse(file.language, &file.text).map(|()| file.text.len())
        })
        .collect();
    let (files, bytes) = (parsed.len(), parsed.iter().sum::<usize>());
    let seconds = started.elapsed().as_secs_f64();
    println!("{files} files, {bytes} bytes, {seconds:.3} s");
    Ok(())
}

/// Parses with the thread's parser for the language; none for SQL, which has no syntax tree.
fn parse(language: Language, text: &str) -> Option<()> {
    thread_local! {
        static PARSERS: RefCell<[Option<Parser>; 4]> =
            const { RefCell::new([const { None }; 4]) };
    }
    let (slot, grammar) = match language {
        Language::Python => (0, tree_sitter_python::LANGUAGE),
        Language::JavaScript => (1, tree_sitter_javascript::LANGUAGE),
        Language::TypeScript => (2, tree_sitter_typescript::LANGUAGE_TYPESCRIPT),
        Language::Tsx => (3, tree_sitter_typescript::LANGUAGE_TSX),
        Language::Sql | Language::Prisma | Language::GraphQl | Language::Template => return None,
    };
    PARSERS.with_borrow_mut(|parsers| {
        if parsers[slot].is_none() {
            let mut parser = Parser::new();
            parser
                .set_language(&grammar.into())
                .context("the grammar does not fit the library")
                .ok()?;
            parsers[slot] = Some(parser);
        }
        let tree = parsers[slot].as_mut()?.parse(text, None)?;
        std::hint::black_box(tree);
        Some(())
    })
}
