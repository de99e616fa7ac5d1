CREATE EXTENSION pg_trgm;

CREATE TABLE documents (
    id integer PRIMARY KEY,
    title varchar(80) NOT NULL,
    tags text[] NOT NULL,
    body jsonb NOT NULL
);
