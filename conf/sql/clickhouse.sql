-- SPDX-License-Identifier: Apache-2.0
-- The audit log in ClickHouse: views over segments as they are, open, closed and compressed with
-- zstd. docs/at-scale.md says how to use them, docs/audit-format.md what the members mean.
--
--     cd /var/log/optout
--     cat /usr/share/optout/sql/clickhouse.sql question.sql | clickhouse local --multiquery
--
-- A server reads segments below its user_files_path alone: put their folder into the first view.
-- Lines are taken as lines and then parsed, for the parser of JSONEachRow throws good lines away
-- with a damaged one beside them. ClickHouse passes over a file that is cut short without a word:
-- run `optout audit query --count-by node` first, whose exit status 3 tells.

-- The files of this folder. While a segment is compressed both its files are there: a line is
-- then there twice.
CREATE OR REPLACE VIEW optout_raw AS
SELECT replaceRegexpOne(_file, '(\\.open|\\.zst)$', '') AS segment, line
FROM file('*.jsonl*', 'LineAsString', 'line String', 'auto')
WHERE match(_file, '^[^.].*\\.jsonl(\\.open|\\.zst)?$') AND isValidJSON(line);

-- Lines as they are written, each member by its own name; what is left out is NULL or empty.
CREATE OR REPLACE VIEW optout_lines AS
SELECT segment,
    said.event AS event, said.id AS id, said.time AS time, said.vector AS vector,
    said.profile AS profile, said.client AS client, said.agent AS agent,
    said.transaction AS transaction, said.method AS method, said.url AS url,
    said.url_cut AS url_cut, said.status AS status, said.media_type AS media_type,
    said.length AS length, said.seen AS seen, said.whole AS whole, said.sha256 AS sha256,
    said.seen_sha256 AS seen_sha256, said.inspected AS inspected, said.decision AS decision,
    said.action AS action, said.would AS would, said.mode AS mode, said.undecided AS undecided,
    said.usage AS usage, said.signals AS signals, said.signals_omitted AS signals_omitted,
    said.conflicts AS conflicts, said.site AS site, said.contact AS contact,
    said.earlier AS earlier, said.released AS released, said.config AS config,
    said.micros AS micros, said.node AS node, said.profiles AS profiles,
    said.settings AS settings, said.reason AS reason, said.torn_bytes AS torn_bytes,
    said.lost AS lost
FROM (SELECT segment, JSONExtract(line, 'Tuple(v UInt8, event Nullable(String), id String,
    time Nullable(String), vector Nullable(String), profile Nullable(String),
    client Nullable(String), agent Nullable(String), transaction Nullable(String),
    method Nullable(String), url Nullable(String), url_cut Bool, status Nullable(Int32),
    media_type Nullable(String), length Nullable(Int64), seen Int64, whole Bool,
    sha256 Nullable(String), seen_sha256 Nullable(String), inspected Nullable(String),
    decision Nullable(String), action Nullable(String), would Nullable(String),
    mode Nullable(String), undecided Array(String), usage Map(String, String),
    signals Array(Tuple(standard String, carrier String, scope Nullable(String),
        agent Nullable(String), raw Nullable(String), grade Nullable(String),
        phrase Nullable(String), preferences Map(String, String), confidence Nullable(String),
        url Nullable(String), image Nullable(String), page Nullable(String),
        note Nullable(String), deciding Bool)),
    signals_omitted Int32, conflicts Array(String),
    site Array(Tuple(id String, rules Array(Tuple(file String, line Int64)), stale Array(String))),
    contact Nullable(String), earlier Nullable(String), released Nullable(Int64),
    config Nullable(String), micros Nullable(Int64),
    node Nullable(String), profiles Array(Tuple(name String, purpose Array(String), mode String)),
    settings Nullable(String), reason Nullable(String), torn_bytes Int64, lost Nullable(Int64))') AS said
    FROM optout_raw)
WHERE said.v > 0;

CREATE OR REPLACE VIEW optout_gaps AS
SELECT segment, id, parseDateTime64BestEffort(assumeNotNull(time), 3, 'UTC') AS time, node, reason,
    torn_bytes, lost
FROM optout_lines WHERE event = 'gap';

CREATE OR REPLACE VIEW optout_configs AS
SELECT segment, id, any(sha256) AS sha256, any(node) AS node, any(profile) AS profile,
    any(profiles) AS profiles, any(settings) AS settings
FROM optout_lines WHERE event = 'config' GROUP BY segment, id;

-- What was known of a site: one row for each text that was ever relied on.
CREATE OR REPLACE VIEW optout_sites AS
SELECT JSONExtractString(line, 'id') AS id, any(JSONExtractRaw(line, 'bundle')) AS bundle,
    any(JSONExtractString(line, 'bundle', 'origin')) AS origin
FROM optout_raw WHERE JSONExtractString(line, 'event') = 'site' GROUP BY id;

-- Records, with what is left out filled in. A host is written as in the URL.
CREATE OR REPLACE VIEW optout_records AS
SELECT * EXCEPT its FROM (
SELECT r.segment AS segment, ifNull(r.event, 'final') AS event, r.id AS id,
    parseDateTime64BestEffort(assumeNotNull(r.time), 3, 'UTC') AS time, c.node AS node,
    ifNull(r.vector, 'respmod') AS vector, ifNull(r.profile, c.profile) AS profile,
    arrayFirst(p -> p.name = ifNull(r.profile, c.profile), c.profiles) AS its,
    its.purpose AS purpose, ifNull(r.mode, its.mode) AS mode,
    r.client AS client, r.agent AS agent, r.transaction AS transaction,
    ifNull(r.method, 'GET') AS method, r.url AS url,
    extract(replaceRegexpOne(ifNull(r.url, ''), '^[^/?]*://', ''),
        '^(\\[[^\\]]*\\]|[^/?#\\\\:]*)') AS host,
    r.url_cut AS url_cut,
    ifNull(r.status, if(r.vector IS NULL, 200, NULL)) AS status, r.media_type AS media_type,
    r.whole OR r.sha256 IS NOT NULL AS whole,
    ifNull(r.length, if(whole, r.seen, NULL)) AS length, r.seen AS seen,
    r.sha256 AS sha256, r.seen_sha256 AS seen_sha256, r.inspected AS inspected,
    ifNull(r.decision, 'pending') AS decision,
    if(r.event IS NULL OR r.event = 'final', ifNull(r.action, 'pass'), NULL) AS action,
    r.would AS would, r.undecided AS undecided, r.usage AS usage, r.signals AS signals,
    r.signals_omitted AS signals_omitted, r.conflicts AS conflicts, r.site AS site,
    r.contact AS contact, r.earlier AS earlier, r.released AS released, r.config AS config,
    r.micros AS micros
FROM (SELECT * FROM optout_lines WHERE event IS NULL OR event IN ('final', 'pending')) AS r
LEFT JOIN optout_configs AS c ON c.segment = r.segment AND c.id = assumeNotNull(r.config));

-- One row for each exchange: a pending record only where its final one is not there.
CREATE OR REPLACE VIEW optout_exchanges AS
SELECT * FROM optout_records
WHERE event = 'final' OR id NOT IN (
    SELECT id FROM optout_lines WHERE event IS NULL OR event = 'final');

-- One row for each statement of an exchange.
CREATE OR REPLACE VIEW optout_signals AS
SELECT id, time, host, decision, s.standard AS standard, s.carrier AS carrier, s.scope AS scope,
    s.agent AS agent, s.raw AS raw, s.grade AS grade, s.phrase AS phrase,
    s.preferences AS preferences, ifNull(s.confidence, 'exact') AS confidence, s.url AS url,
    s.image AS image, s.page AS page, s.note AS note, s.deciding AS deciding
FROM optout_exchanges ARRAY JOIN signals AS s;
