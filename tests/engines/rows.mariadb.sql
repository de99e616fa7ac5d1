INSERT INTO customers
SELECT seq, concat('user', seq, '@example.org'), concat('Name ', seq), seq % 1000, seq % 2 = 0,
       timestamp('2020-01-01') + interval (seq * 7919 % 100000) * 15 minute
FROM seq_1_to_100000;

INSERT INTO orders
SELECT seq, seq * 31 % 100000 + 1, seq * 7919 % 100000, seq * 6007 % 1000,
       CASE seq % 1000 WHEN 0 THEN 'new' WHEN 1 THEN 'paid' WHEN 2 THEN 'sent' ELSE 'done' END,
       seq * 6151 % 100000, concat('R-', md5(seq)),
       timestamp('2020-01-01') + interval (seq * 104729 % 100000) * 15 minute,
       CASE WHEN seq % 2 = 0 THEN timestamp('2020-02-01') + interval (seq * 1299709 % 100000) * 15 minute END,
       CASE WHEN seq % 1000 = 0 THEN timestamp('2022-01-01') END
FROM seq_1_to_100000;

ANALYZE TABLE customers, orders PERSISTENT FOR ALL;
