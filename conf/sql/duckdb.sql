-- SPDX-License-Identifier: Apache-2.0
-- The audit log in DuckDB: views over segments as they are, open, closed and compressed with
-- zstd. docs/at-scale.md says how to use them, docs/audit-format.md what the members mean.
--
--     SET VARIABLE optout_log = '/var/log/optout';    -- a folder, or a glob of folders
--     .read /usr/share/optout/sql/duckdb.sql
--     SELECT decision, count(*) FROM optout_exchanges GROUP BY ALL;
--
-- Read this file again when there are new segments: the list of files is made here.
-- DuckDB 1.4 or newer. It passes over what is cut short or damaged without a word: run
-- `optout audit query --count-by node` first, whose exit status 3 tells.

SET VARIABLE optout_log = coalesce(getvariable('optout_log'), '.');
SET TimeZone = 'UTC';

-- Each segment once: while one is compressed, both its files are there.
SET VARIABLE optout_files = (
    SELECT list(file ORDER BY file) FROM (
        SELECT min(file) AS file
        FROM glob(getvariable('optout_log') || '/*.jsonl*')
        WHERE regexp_matches(file, '(^|/)[^./][^/]*\.jsonl(\.open|\.zst)?$')
        GROUP BY regexp_replace(file, '(\.open|\.zst)$', '')));

-- Lines as they are written. What is no whole line becomes a row of NULLs, and is left out.
CREATE OR REPLACE VIEW optout_lines AS
SELECT regexp_extract(file, '([^/]*?)(\.open|\.zst)?$', 1) AS segment, * EXCLUDE (file)
FROM read_json(getvariable('optout_files'), format = 'newline_delimited', ignore_errors = true,
    hive_partitioning = false, maximum_object_size = 4194304, filename = 'file', columns = {
        v: 'UTINYINT', event: 'VARCHAR', id: 'VARCHAR', time: 'TIMESTAMPTZ',
        vector: 'VARCHAR', profile: 'VARCHAR', client: 'VARCHAR', agent: 'VARCHAR',
        transaction: 'VARCHAR', method: 'VARCHAR', url: 'VARCHAR', url_cut: 'BOOLEAN',
        status: 'INTEGER', media_type: 'VARCHAR', length: 'BIGINT', seen: 'BIGINT',
        whole: 'BOOLEAN', sha256: 'VARCHAR', seen_sha256: 'VARCHAR', inspected: 'VARCHAR',
        decision: 'VARCHAR', action: 'VARCHAR', would: 'VARCHAR', mode: 'VARCHAR',
        undecided: 'VARCHAR[]', usage: 'MAP(VARCHAR, VARCHAR)',
        signals: 'STRUCT(standard VARCHAR, carrier VARCHAR, scope VARCHAR, agent VARCHAR,
            place JSON, raw VARCHAR, raw_cut BOOLEAN, grade VARCHAR, phrase VARCHAR,
            preferences MAP(VARCHAR, VARCHAR), confidence VARCHAR, url VARCHAR, image VARCHAR,
            page VARCHAR, note VARCHAR, deciding BOOLEAN)[]',
        signals_omitted: 'INTEGER', conflicts: 'VARCHAR[]',
        site: 'STRUCT(id VARCHAR, rules STRUCT(file VARCHAR, line BIGINT)[], stale VARCHAR[])[]',
        contact: 'VARCHAR', earlier: 'VARCHAR', released: 'BIGINT', config: 'VARCHAR',
        micros: 'BIGINT',
        -- of config, site and gap lines
        node: 'VARCHAR', profiles: 'STRUCT(name VARCHAR, purpose VARCHAR[], mode VARCHAR)[]',
        settings: 'VARCHAR', bundle: 'JSON',
        reason: 'VARCHAR', torn_bytes: 'BIGINT', lost: 'BIGINT' })
WHERE v IS NOT NULL;

CREATE OR REPLACE VIEW optout_gaps AS
SELECT segment, id, time, node, reason, coalesce(torn_bytes, 0) AS torn_bytes, lost
FROM optout_lines WHERE event = 'gap';

CREATE OR REPLACE VIEW optout_configs AS
SELECT segment, id, any_value(sha256) AS sha256, any_value(node) AS node,
    any_value(profile) AS profile, any_value(profiles) AS profiles, any_value(settings) AS settings
FROM optout_lines WHERE event = 'config' GROUP BY segment, id;

-- What was known of a site: one row for each text that was ever relied on.
CREATE OR REPLACE VIEW optout_sites AS
SELECT id, any_value(bundle) AS bundle, any_value(bundle->>'$.origin') AS origin
FROM optout_lines WHERE event = 'site' GROUP BY id;

-- Records, with what is left out filled in. A host is written as in the URL.
CREATE OR REPLACE VIEW optout_records AS
SELECT r.segment, coalesce(r.event, 'final') AS event, r.id, r.time, c.node,
    coalesce(r.vector, 'respmod') AS vector,
    coalesce(r.profile, c.profile) AS profile,
    list_filter(c.profiles, lambda p: p.name = coalesce(r.profile, c.profile))[1].purpose AS purpose,
    coalesce(r.mode, list_filter(c.profiles,
        lambda p: p.name = coalesce(r.profile, c.profile))[1].mode) AS mode,
    r.client, r.agent, r.transaction, coalesce(r.method, 'GET') AS method, r.url,
    regexp_extract(regexp_replace(r.url, '^[^/?]*://', ''), '^(\[[^]]*\]|[^/?#\\:]*)', 1) AS host,
    coalesce(r.url_cut, false) AS url_cut,
    coalesce(r.status, CASE WHEN r.vector IS NULL THEN 200 END) AS status, r.media_type,
    coalesce(r.length, CASE WHEN coalesce(r.whole, r.sha256 IS NOT NULL)
        THEN coalesce(r.seen, 0) END) AS length,
    coalesce(r.seen, 0) AS seen,
    coalesce(r.whole, r.sha256 IS NOT NULL) AS whole,
    r.sha256, r.seen_sha256, r.inspected,
    coalesce(r.decision, 'pending') AS decision,
    CASE WHEN r.event IS NULL THEN coalesce(r.action, 'pass') END AS action,
    r.would, coalesce(r.undecided, []) AS undecided,
    coalesce(r.usage, MAP {}) AS usage, coalesce(r.signals, []) AS signals,
    coalesce(r.signals_omitted, 0) AS signals_omitted, coalesce(r.conflicts, []) AS conflicts,
    coalesce(r.site, []) AS site, r.contact, r.earlier, r.released, r.config, r.micros
FROM optout_lines r LEFT JOIN optout_configs c ON c.segment = r.segment AND c.id = r.config
WHERE r.event IS NULL OR r.event IN ('final', 'pending');

-- One row for each exchange: a pending record only where its final one is not there.
CREATE OR REPLACE VIEW optout_exchanges AS
SELECT * FROM optout_records WHERE event = 'final'
UNION ALL
SELECT * FROM optout_records p WHERE event = 'pending' AND NOT EXISTS (
    SELECT 1 FROM optout_lines f
    WHERE f.id = p.id AND (f.event IS NULL OR f.event = 'final'));

-- One row for each statement of an exchange.
CREATE OR REPLACE VIEW optout_signals AS
SELECT id, time, host, decision, s.standard, s.carrier, s.scope, s.agent, s.place, s.raw,
    s.grade, s.phrase, coalesce(s.preferences, MAP {}) AS preferences,
    coalesce(s.confidence, 'exact') AS confidence, s.url, s.image, s.page, s.note,
    coalesce(s.deciding, false) AS deciding
FROM (SELECT id, time, host, decision, unnest(signals) AS s FROM optout_exchanges);
