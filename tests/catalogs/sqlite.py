"""Prints the tables of an SQLite database as JSON."""

import json
import re
import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1])


def parts(text):
    """The parts of a list that stand between its commas, not those within parentheses."""
    depth, part = 0, ""
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            break
        if letter == "," and depth == 0:
            yield part
            part = ""
        else:
            part += letter
    yield part


def index(name, is_unique, is_partial):
    (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", [name]).fetchone()
    rows = connection.execute(f'PRAGMA index_xinfo("{name}")').fetchall()
    columns = [(column, is_descending) for _, _, column, is_descending, _, is_key in rows if is_key]
    written = list(parts(re.split(r"\bON\b[^(]*\(", sql, maxsplit=1)[1])) if sql else []
    keys = []
    for position, (column, is_descending) in enumerate(columns):
        # What is computed has no name.
        key = column or re.sub(r"\s+(ASC|DESC)\s*$", "", written[position])
        keys.append(key + (" DESC" if is_descending else ""))
    condition = re.search(r"\bWHERE\b(.*)$", sql, re.S).group(1) if is_partial else None
    return {
        "keys": keys, "method": "btree", "unique": bool(is_unique), "primary": False,
        "condition": condition,
    }


tables = []
for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
    columns = connection.execute(f'PRAGMA table_info("{name}")').fetchall()
    key = sorted((position, column) for _, column, _, _, _, position in columns if position)
    indexes = [
        index(made, is_unique, is_partial)
        for _, made, is_unique, origin, is_partial in connection.execute(f'PRAGMA index_list("{name}")').fetchall()
        if origin != "pk"
    ]
    if key:
        indexes.append({
            "keys": [column for _, column in key], "method": "btree", "unique": True,
            "primary": True, "condition": None,
        })
    references = {}
    for number, _, target, column, *_ in connection.execute(f'PRAGMA foreign_key_list("{name}")'):
        references.setdefault((number, target), []).append(column)
    tables.append({
        "name": name,
        "columns": [{"name": column[1], "nullable": not column[3]} for column in columns],
        "indexes": indexes,
        "foreign_keys": [
            {"columns": columns, "target": target} for (_, target), columns in references.items()
        ],
    })
print(json.dumps(tables))
