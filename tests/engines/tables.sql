-- The tables that all pairs are about. Each pair adds its own indexes.
CREATE TABLE customers (
    id integer PRIMARY KEY,
    email varchar(80) NOT NULL,
    name varchar(80) NOT NULL,
    tenant integer NOT NULL,
    is_active boolean NOT NULL,
    joined timestamp NOT NULL
);

CREATE TABLE orders (
    id integer PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers (id),
    number integer NOT NULL,
    batch integer NOT NULL,
    status varchar(20) NOT NULL,
    total integer NOT NULL,
    reference varchar(80) NOT NULL,
    created timestamp NOT NULL,
    shipped timestamp,
    deleted timestamp
);
