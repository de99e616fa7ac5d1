-- The tables of a PostgreSQL database as JSON.
SELECT coalesce(json_agg(json_build_object(
    'name', t.relname,
    'columns', (
        SELECT coalesce(json_agg(json_build_object('name', a.attname, 'nullable', NOT a.attnotnull)), '[]')
        FROM pg_attribute a
        WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    ),
    'indexes', (
        SELECT coalesce(json_agg(json_build_object(
            'keys', (
                SELECT json_agg(
                    pg_get_indexdef(i.indexrelid, k, true)
                    || CASE WHEN c.opcdefault THEN '' ELSE ' ' || c.opcname END
                    || CASE i.indoption[k - 1] WHEN 0 THEN '' WHEN 1 THEN ' DESC NULLS LAST'
                        WHEN 2 THEN ' NULLS FIRST' ELSE ' DESC' END
                    ORDER BY k
                )
                FROM generate_series(1, i.indnkeyatts) k
                JOIN pg_opclass c ON c.oid = i.indclass[k - 1]
            ),
            'method', m.amname,
            'unique', i.indisunique,
            'primary', i.indisprimary,
            'condition', pg_get_expr(i.indpred, i.indrelid)
        )), '[]')
        FROM pg_index i
        JOIN pg_class n ON n.oid = i.indexrelid
        JOIN pg_am m ON m.oid = n.relam
        WHERE i.indrelid = t.oid
    ),
    'foreign_keys', (
        SELECT coalesce(json_agg(json_build_object(
            'columns', (
                SELECT json_agg(a.attname ORDER BY k.position)
                FROM unnest(f.conkey) WITH ORDINALITY k(attnum, position)
                JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
            ),
            'target', f.confrelid::regclass::text
        )), '[]')
        FROM pg_constraint f
        WHERE f.conrelid = t.oid AND f.contype = 'f'
    )
)), '[]')
FROM pg_class t
JOIN pg_namespace s ON s.oid = t.relnamespace
WHERE t.relkind IN ('r', 'p') AND s.nspname = 'public';
