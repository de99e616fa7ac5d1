//! Which engine a database runs on, by what the code names: drivers, addresses, settings.

use rayon::prelude::*;

use crate::ir::schema::Dialect;
use crate::link::modules::Manifest;
use crate::link::world::World;
use crate::source::{Context, FileId};

/// Packages of drivers, and modules of libraries for one engine.
const IMPORTS: &[(&str, Dialect)] = &[
    ("psycopg", Dialect::PostgreSql),
    ("psycopg2", Dialect::PostgreSql),
    ("asyncpg", Dialect::PostgreSql),
    ("django.contrib.postgres", Dialect::PostgreSql),
    ("sqlalchemy.dialects.postgresql", Dialect::PostgreSql),
    ("pg", Dialect::PostgreSql),
    ("postgres", Dialect::PostgreSql),
    ("drizzle-orm/pg-core", Dialect::PostgreSql),
    ("@mikro-orm/postgresql", Dialect::PostgreSql),
    ("@neondatabase/serverless", Dialect::PostgreSql),
    ("MySQLdb", Dialect::MySql),
    ("pymysql", Dialect::MySql),
    ("aiomysql", Dialect::MySql),
    ("mysql2", Dialect::MySql),
    ("mysql", Dialect::MySql),
    ("sqlalchemy.dialects.mysql", Dialect::MySql),
    ("drizzle-orm/mysql-core", Dialect::MySql),
    ("@mikro-orm/mysql", Dialect::MySql),
    ("better-sqlite3", Dialect::Sqlite),
    ("aiosqlite", Dialect::Sqlite),
    ("drizzle-orm/sqlite-core", Dialect::Sqlite),
    ("@mikro-orm/sqlite", Dialect::Sqlite),
];

/// How addresses and the settings of libraries start.
const TEXTS: &[(&str, Dialect)] = &[
    ("postgresql://", Dialect::PostgreSql),
    ("postgresql+", Dialect::PostgreSql),
    ("postgres://", Dialect::PostgreSql),
    ("django.db.backends.postgresql", Dialect::PostgreSql),
    ("django.contrib.postgres", Dialect::PostgreSql),
    ("mysql://", Dialect::MySql),
    ("mysql+", Dialect::MySql),
    ("django.db.backends.mysql", Dialect::MySql),
    ("sqlite://", Dialect::Sqlite),
    ("django.db.backends.sqlite3", Dialect::Sqlite),
];

/// Texts that name an engine, as options of a connection have them.
const NAMES: &[(&str, Dialect)] = &[
    ("postgres", Dialect::PostgreSql),
    ("postgresql", Dialect::PostgreSql),
    ("mysql", Dialect::MySql),
    ("mariadb", Dialect::MySql),
];

/// How the names of images of servers start.
const IMAGES: &[(&str, Dialect)] = &[
    ("postgres", Dialect::PostgreSql),
    ("postgis", Dialect::PostgreSql),
    ("pgvector", Dialect::PostgreSql),
    ("timescaledb", Dialect::PostgreSql),
    ("mysql", Dialect::MySql),
    ("mariadb", Dialect::MySql),
    ("percona", Dialect::MySql),
];

/// The engine whose image the project's compose files start (`image: mariadb:10.11`); none if
/// there are several.
pub fn started(manifests: &[Manifest]) -> Option<Dialect> {
    let files = manifests
        .iter()
        .filter(|manifest| !manifest.path.ends_with(".json"));
    let images = files.flat_map(|manifest| {
        let lines = manifest.text.lines();
        lines.filter_map(|line| line.trim_start().strip_prefix("image:"))
    });
    let mut engines = images.filter_map(|image| {
        let name = image.trim().trim_matches(['"', '\'']);
        let name = name.rsplit('/').next()?;
        let mut known = IMAGES.iter();
        known
            .find(|(start, _)| name.starts_with(start))
            .map(|(_, dialect)| *dialect)
    });
    let first = engines.next()?;
    engines.all(|engine| engine == first).then_some(first)
}

/// How often each file names each engine.
pub(super) fn named(world: &World, contexts: &[Context]) -> Vec<[usize; 3]> {
    world
        .par_files()
        .map(|file| match contexts[file.index()] {
            Context::Test => [0; 3],
            _ => named_in(world, file),
        })
        .collect()
}

/// The engine of a group of files; none if nothing or more than one is named.
pub(super) fn of_group(groups: &[String], named: &[[usize; 3]], group: &str) -> Option<Dialect> {
    if let Some(folder) = group.rsplit('/').next()
        && let Some((_, dialect)) = NAMES.iter().find(|(name, _)| *name == folder)
    {
        return Some(*dialect);
    }
    let count = |is_near: bool| {
        let mut sum = [0; 3];
        for (counts, of) in named.iter().zip(groups) {
            if !is_near || of == group {
                sum.iter_mut()
                    .zip(counts)
                    .for_each(|(sum, count)| *sum += count);
            }
        }
        sum
    };
    decide(count(true)).or_else(|| decide(count(false)))
}

/// SQLite is what tests and first steps run on; it counts where nothing else is named.
fn decide([postgres, mysql, sqlite]: [usize; 3]) -> Option<Dialect> {
    match (postgres > 0, mysql > 0, sqlite > 0) {
        (true, false, _) => Some(Dialect::PostgreSql),
        (false, true, _) => Some(Dialect::MySql),
        (true, true, _) if postgres > 4 * mysql => Some(Dialect::PostgreSql),
        (true, true, _) if mysql > 4 * postgres => Some(Dialect::MySql),
        (false, false, true) => Some(Dialect::Sqlite),
        _ => None,
    }
}

/// How often a file names each engine.
fn named_in(world: &World, file: FileId) -> [usize; 3] {
    let module = &world.unit(file).facts.module;
    let mut counts = [0; 3];
    let mut add = |dialect: Dialect| match dialect {
        Dialect::PostgreSql => counts[0] += 1,
        Dialect::MySql => counts[1] += 1,
        Dialect::Sqlite => counts[2] += 1,
        Dialect::Mongo => {}
    };
    for import in &module.imports {
        let name = module.text(import.module);
        for &(wanted, dialect) in IMPORTS {
            let rest = name.strip_prefix(wanted);
            if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/'])) {
                add(dialect);
            }
        }
    }
    for text in module.strings() {
        for &(start, dialect) in TEXTS {
            if text.starts_with(start) {
                add(dialect);
            }
        }
        for &(name, dialect) in NAMES {
            if text == name {
                add(dialect);
            }
        }
    }
    counts
}
