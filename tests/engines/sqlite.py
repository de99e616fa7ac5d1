"""Runs the statements of its input on a database, and prints what they say of their plans."""

import sqlite3
import sys

connection = sqlite3.connect(sys.argv[1], isolation_level=None)
statement = ""
for line in sys.stdin:
    if line.startswith("\\echo "):
        print(line.removeprefix("\\echo "), end="")
        continue
    statement += line
    if sqlite3.complete_statement(statement):
        try:
            for row in connection.execute(statement):
                print(row[-1])
        except sqlite3.Error as error:
            print(statement, error, file=sys.stderr)
        statement = ""
connection.close()
