WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
INSERT INTO customers
SELECT n, 'user' || n || '@example.org', 'Name ' || n, n % 1000, n % 2 = 0,
       datetime('2020-01-01', ((n * 7919 % 100000) * 15) || ' minutes')
FROM numbers;

WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000)
INSERT INTO orders
SELECT n, n * 31 % 100000 + 1, n * 7919 % 100000, n * 6007 % 1000,
       CASE n % 1000 WHEN 0 THEN 'new' WHEN 1 THEN 'paid' WHEN 2 THEN 'sent' ELSE 'done' END,
       n * 6151 % 100000, 'R-' || hex(n * 1000003),
       datetime('2020-01-01', ((n * 104729 % 100000) * 15) || ' minutes'),
       CASE WHEN n % 2 = 0 THEN datetime('2020-02-01', ((n * 1299709 % 100000) * 15) || ' minutes') END,
       CASE WHEN n % 1000 = 0 THEN datetime('2022-01-01') END
FROM numbers;
