INSERT INTO customers
SELECT n, 'user' || n || '@example.org', 'Name ' || n, n % 1000, n % 2 = 0,
       timestamp '2020-01-01' + (n::bigint * 7919 % 100000) * interval '15 minutes'
FROM generate_series(1, 100000) AS n;

INSERT INTO orders
SELECT n, n * 31 % 100000 + 1, n::bigint * 7919 % 100000, n * 6007 % 1000,
       CASE n % 1000 WHEN 0 THEN 'new' WHEN 1 THEN 'paid' WHEN 2 THEN 'sent' ELSE 'done' END,
       n * 6151 % 100000, 'R-' || md5(n::text),
       timestamp '2020-01-01' + (n::bigint * 104729 % 100000) * interval '15 minutes',
       CASE WHEN n % 2 = 0 THEN timestamp '2020-02-01' + (n::bigint * 1299709 % 100000) * interval '15 minutes' END,
       CASE WHEN n % 1000 = 0 THEN timestamp '2022-01-01' END
FROM generate_series(1, 100000) AS n;

INSERT INTO documents
SELECT n, 'Title ' || md5(n::text), ARRAY['tag' || n % 1000, 'kind' || n % 50],
       jsonb_build_object('number', n, 'shelf', 'S' || n % 2000)
FROM generate_series(1, 100000) AS n;

ANALYZE;
