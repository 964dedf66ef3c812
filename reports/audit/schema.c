/* SPDX-License-Identifier: MIT */
/*
 * Below the nine views lie narrow tables, made for writing half a million exchanges per second of
 * disk: an exchange is a row of small integers, and what repeats is a row of its own, met by
 * number:
 *
 *   link       a connection as its exchanges know it
 *   url        target, URL, host, pattern
 *   requester  who asks, and how: client, method, agent
 *   condition  validators and range asked with
 *   response   the fields that stay while a representation does
 *   moment     the fields that move with time
 *   flaws      a set of flaws, in words
 *   verdict    rule, variant and weight of a finding
 *   pair       the exchanges that a proxy sent because of another one, mostly known later
 *
 * A row that repeats may have a second copy (intern.h), so only values are ever compared. The views
 * fetch them by scalar sub-selects, which cost nothing unless the column is asked for; a join would
 * be paid by every query. No index over exchanges exists but the table itself.
 *
 * Times of an exchange after its first are kept as differences, which are small. A finding's bytes
 * are summed per exchange in `claim`, and per issue in `issue_sum`, once, when all are known.
 */

#include "reports/audit/schema.h"

#include "reports/audit/words.h"

// clang-format off
const char schema_tables[] =
"CREATE TABLE input (id INTEGER PRIMARY KEY, name);"
"CREATE TABLE link (id INTEGER PRIMARY KEY, client TEXT, client_port INTEGER, server TEXT,"
"  server_port INTEGER, rtt_us INTEGER);"
"CREATE TABLE url (id INTEGER PRIMARY KEY, scheme TEXT, host, target, url, url_pattern);"
"CREATE TABLE requester (id INTEGER PRIMARY KEY, client_key, forwarded_for, method, user_agent,"
"  cache_control);"
"CREATE TABLE condition (id INTEGER PRIMARY KEY, if_none_match, if_modified_since, range);"
"CREATE TABLE response (id INTEGER PRIMARY KEY, etag, last_modified, cache_control, vary,"
"  content_type, content_encoding, content_length, content_range,"
"  content_location, via, server_software, lifetime_s INTEGER);"
"CREATE TABLE moment (id INTEGER PRIMARY KEY, date, expires, age, cache_status);"
"CREATE TABLE flaws (id INTEGER PRIMARY KEY, words TEXT);"
"CREATE TABLE exchange (id INTEGER PRIMARY KEY, link INTEGER, url INTEGER,"
"  requester INTEGER, condition INTEGER, response INTEGER, moment INTEGER,"
"  bits INTEGER, flaws INTEGER, request_frame INTEGER, response_frame INTEGER,"
"  start_us INTEGER, request_end INTEGER, responded INTEGER, response_end INTEGER," /* after start_us */
"  request_header INTEGER, request_body INTEGER, response_header INTEGER, response_body INTEGER,"
"  wire INTEGER, retransmitted INTEGER, body_hash BLOB, age_s INTEGER);"
"CREATE TABLE pair (inner INTEGER PRIMARY KEY, outer INTEGER);"
"CREATE TABLE connection (id INTEGER PRIMARY KEY, transport TEXT, protocol TEXT, tls_version, alpn,"
"  server_name, first_file INTEGER, first_frame INTEGER, opened_us INTEGER, closed_us INTEGER,"
"  packets INTEGER, wire INTEGER, overhead INTEGER, retransmitted INTEGER, lost INTEGER,"
"  exchanges INTEGER);"
"CREATE TABLE verdict (id INTEGER PRIMARY KEY, rule TEXT, variant TEXT, severity INTEGER,"
"  confidence INTEGER, party TEXT, norm INTEGER, section TEXT, form TEXT);"
"CREATE TABLE finding (id INTEGER PRIMARY KEY, issue INTEGER, verdict INTEGER, exchange INTEGER,"
"  reference INTEGER, found_us INTEGER, message, avoidable INTEGER, opportunity INTEGER,"
"  standalone INTEGER, saves INTEGER);"
"CREATE TABLE issue (id INTEGER PRIMARY KEY, key TEXT UNIQUE, first_finding INTEGER,"
"  heads INTEGER, software TEXT);"
"CREATE TABLE head (id INTEGER PRIMARY KEY, request BLOB, response BLOB);"
"CREATE TABLE looked_at (id INTEGER PRIMARY KEY, rule TEXT, outcome INTEGER, guard TEXT,"
"  exchanges INTEGER);"
"CREATE TABLE traffic (id INTEGER PRIMARY KEY, transport TEXT, protocol TEXT, server_name,"
"  reason TEXT, connections INTEGER, packets INTEGER, bytes INTEGER, unseen INTEGER,"
"  exchanges INTEGER);"
"CREATE TABLE total (exchanges INTEGER, observed_bytes INTEGER, avoidable_certain INTEGER,"
"  avoidable_likely INTEGER, avoidable_possible INTEGER, opportunity_bytes INTEGER,"
"  retransmitted_bytes INTEGER, connection_bytes INTEGER, unseen_bytes INTEGER,"
"  accepted_bytes INTEGER, needless_round_trips INTEGER, needless_time_us INTEGER,"
"  possible_round_trips INTEGER, possible_time_us INTEGER);"
"CREATE TABLE run_row (program_version TEXT, options TEXT, thresholds TEXT, inputs TEXT,"
"  started_us INTEGER, first_us INTEGER, last_us INTEGER, packets INTEGER,"
"  dropped_by_kernel INTEGER, dropped_by_interface INTEGER, caps_reached TEXT, price TEXT);"
"CREATE TABLE ideal (scenario TEXT, capacity INTEGER, exchanges INTEGER, saved INTEGER,"
"  left_over INTEGER, time_us INTEGER, sampled_ppm INTEGER, PRIMARY KEY (scenario, capacity));"
"CREATE TABLE needless (exchange INTEGER PRIMARY KEY, verdict INTEGER, confidence INTEGER,"
"  time_us INTEGER);"
"CREATE TABLE remedy (rule TEXT PRIMARY KEY, account TEXT, exchanges INTEGER, saved INTEGER,"
"  possible INTEGER, round_trips INTEGER, time_us INTEGER);"
"CREATE TABLE acceptance (key TEXT PRIMARY KEY, until TEXT, until_us INTEGER, reason);"
"CREATE TABLE claim (id INTEGER PRIMARY KEY, avoidable INTEGER, opportunity INTEGER);"
"CREATE TABLE issue_sum (id INTEGER PRIMARY KEY, severity INTEGER, exchanges INTEGER,"
"  avoidable INTEGER, opportunity INTEGER, first_us INTEGER, last_us INTEGER);"
"CREATE TABLE forgotten (exchanges INTEGER, bytes INTEGER);" /* a row each time: forget.c */
"CREATE TABLE waiting (id INTEGER PRIMARY KEY);" /* exchanges not settled yet: live alone */
/* What was let go (deletion.c): all of it, by hour, rule, remedy, issue and connection. */
"CREATE TABLE past (exchanges INTEGER, observed INTEGER, certain INTEGER, likely INTEGER,"
"  possible INTEGER, opportunity INTEGER, accepted INTEGER, findings INTEGER, wire INTEGER,"
"  connections INTEGER, connection_wire INTEGER, overhead INTEGER, retransmitted INTEGER,"
"  needless INTEGER, needless_us INTEGER, possibly INTEGER, possibly_us INTEGER);"
"INSERT INTO past VALUES (0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0);"
"CREATE TABLE hour (hour_us INTEGER PRIMARY KEY, exchanges INTEGER, observed INTEGER,"
"  certain INTEGER, likely INTEGER, possible INTEGER, opportunity INTEGER);"
"CREATE TABLE rule_past (rule TEXT PRIMARY KEY, exchanges INTEGER, standalone INTEGER);"
"CREATE TABLE remedy_past (rule TEXT PRIMARY KEY, account TEXT, exchanges INTEGER, saved INTEGER,"
"  possible INTEGER, round_trips INTEGER, time_us INTEGER);"
"CREATE TABLE issue_past (id INTEGER PRIMARY KEY, verdict INTEGER, host, server, server_software,"
"  url_pattern, exchanges INTEGER, avoidable INTEGER, opportunity INTEGER);"
"CREATE TABLE link_past (id INTEGER PRIMARY KEY, exchanges INTEGER, wire INTEGER);"
/* Where each table of repeats was when an epoch of retention.c began. */
"CREATE TABLE epoch (id INTEGER PRIMARY KEY, url INTEGER, requester INTEGER, condition INTEGER,"
"  response INTEGER, moment INTEGER);";

/* What remedies save, and which exchanges need not have been, by the findings of `which`. */
#define SETTLE_SAVINGS(which)                                                                      \
"INSERT INTO needless SELECT f.exchange, f.verdict, max((SELECT confidence FROM verdict"           \
"  WHERE id = f.verdict)), " SCHEMA_TIME_OF("f.exchange")                                          \
"  FROM finding f WHERE f.saves = 2 AND " which " AND " SCHEMA_COUNTS("f.exchange")                \
"  GROUP BY f.exchange ON CONFLICT(exchange) DO UPDATE SET"                                        \
"  confidence = max(confidence, excluded.confidence);"                                             \
SCHEMA_REMEDIES("remedy", which)
#define NEEDLESS(sum, comparison, past)                                                            \
    "(SELECT coalesce(" sum ", 0) FROM needless WHERE confidence " comparison " 0)"                \
    " + (SELECT " past " FROM past)"

/* One run's caches after another's, where a database grows: each began empty. */
const char schema_ideal[] =
"INSERT INTO ideal VALUES (?,?,?,?,?,?,?) ON CONFLICT(scenario, capacity) DO UPDATE SET"
"  exchanges = exchanges + excluded.exchanges, saved = saved + excluded.saved,"
"  left_over = left_over + excluded.left_over, time_us = time_us + excluded.time_us,"
"  sampled_ppm = min(sampled_ppm, excluded.sampled_ppm)";

const char schema_savings[] = "DELETE FROM needless; DELETE FROM remedy;" SETTLE_SAVINGS("1")
"INSERT INTO remedy SELECT * FROM remedy_past WHERE 1" SCHEMA_ADD_REMEDIES;

#define SUMS_OF_FINDINGS                                                                           \
"INSERT INTO claim SELECT exchange, sum(avoidable), sum(opportunity) FROM finding"                 \
"  GROUP BY exchange HAVING sum(avoidable) > 0 OR sum(opportunity) > 0;"                           \
"INSERT INTO issue_sum SELECT issue, max((SELECT severity FROM verdict WHERE id = f.verdict)),"    \
"  count(DISTINCT exchange), sum(avoidable), sum(opportunity), min(found_us), max(found_us)"       \
"  FROM finding f GROUP BY issue;"
const char schema_sums[] = SUMS_OF_FINDINGS;

const char schema_settle[] =
"INSERT INTO input SELECT key, json_extract(value, '$.file') FROM json_each("
"  (SELECT inputs FROM run_row));"
SUMS_OF_FINDINGS
SETTLE_SAVINGS("1");

const char schema_total[] =
"WITH inners AS (SELECT e.* FROM pair JOIN exchange e ON e.id = pair.inner)"
"INSERT INTO total SELECT ?1 - (SELECT count(*) FROM inners),"
"  ?2 - (SELECT coalesce(sum(request_header + request_body + response_header + response_body), 0)"
"        FROM inners), coalesce(sum(avoidable) FILTER (WHERE c = 2), 0) + (SELECT certain FROM past),"
"  coalesce(sum(avoidable) FILTER (WHERE c = 1), 0) + (SELECT likely FROM past),"
"  coalesce(sum(avoidable) FILTER (WHERE c = 0), 0) + (SELECT possible FROM past),"
"  coalesce(sum(opportunity), 0) + (SELECT opportunity FROM past),"
"  ?3 - (SELECT coalesce(sum(retransmitted), 0) FROM inners), ?4, ?5,"
"  (SELECT accepted FROM past) +"
"  (SELECT coalesce(sum(f.avoidable), 0) FROM acceptance a JOIN issue i ON i.key = a.key"
"   JOIN finding f ON f.issue = i.id WHERE coalesce(a.until_us >= (SELECT last_us FROM run_row), 1)"
"   AND (SELECT confidence FROM verdict WHERE id = f.verdict) > 0"
"   AND NOT EXISTS (SELECT 1 FROM pair WHERE inner = f.exchange)),"
"  " NEEDLESS("count(*)", ">", "needless") ", " NEEDLESS("sum(time_us)", ">", "needless_us") ","
"  " NEEDLESS("count(*)", "=", "possibly") ", " NEEDLESS("sum(time_us)", "=", "possibly_us") " FROM"
"  (SELECT avoidable, opportunity, (SELECT confidence FROM verdict WHERE id = f.verdict) AS c"
"   FROM finding f WHERE (avoidable > 0 OR opportunity > 0)"
"   AND NOT EXISTS (SELECT 1 FROM pair WHERE inner = f.exchange))";

/* Checks and coverage are told as sums of this run: what earlier runs left is kept beside and added
 * each time. `settled`: up to which finding claims and issues are summed, and the sums over all
 * exchanges, those that a proxy sent for others included. */
const char schema_grow[] =
"CREATE TABLE IF NOT EXISTS settled (finding INTEGER, exchanges INTEGER, observed INTEGER,"
"  retransmitted INTEGER, overhead INTEGER);"
"INSERT INTO settled SELECT 0, 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM settled);"
"DELETE FROM waiting;"
"DROP TABLE IF EXISTS temp.now_looked_at; DROP TABLE IF EXISTS temp.now_traffic;"
"DROP TABLE IF EXISTS temp.then_looked_at; DROP TABLE IF EXISTS temp.then_traffic;"
"CREATE TEMP TABLE now_looked_at (id INTEGER PRIMARY KEY, rule, outcome, guard, exchanges);"
"CREATE TEMP TABLE now_traffic (id INTEGER PRIMARY KEY, transport, protocol, server_name, reason,"
"  connections, packets, bytes, unseen, exchanges);"
"CREATE TEMP TABLE then_looked_at AS SELECT * FROM looked_at;"
"CREATE TEMP TABLE then_traffic AS SELECT * FROM traffic;";

const char schema_begin[] =
"DELETE FROM now_looked_at; DELETE FROM now_traffic;";

#define NEW_FINDINGS "id > (SELECT finding FROM settled)"
#define NEW_AVOIDABLE(code) "coalesce((SELECT sum(avoidable) FROM finding f WHERE " NEW_FINDINGS    \
    " AND (SELECT confidence FROM verdict WHERE id = f.verdict) = " code                            \
    " AND f.exchange NOT IN (SELECT inner FROM pair)), 0)"
const char schema_stand[] =
"DELETE FROM looked_at;"
"INSERT INTO looked_at SELECT NULL, rule, outcome, guard, sum(exchanges) FROM"
"  (SELECT * FROM then_looked_at UNION ALL SELECT * FROM now_looked_at)"
"  GROUP BY rule, outcome, guard;"
"DELETE FROM traffic;"
"INSERT INTO traffic SELECT NULL, transport, protocol, server_name, reason, sum(connections),"
"  sum(packets), sum(bytes), sum(unseen), sum(exchanges) FROM"
"  (SELECT * FROM then_traffic UNION ALL SELECT * FROM now_traffic)"
"  GROUP BY transport, protocol, server_name, reason;"
"INSERT OR REPLACE INTO input SELECT key, json_extract(value, '$.file') FROM json_each("
"  (SELECT inputs FROM run_row));"
"INSERT INTO claim SELECT exchange, sum(avoidable), sum(opportunity) FROM finding"
"  WHERE " NEW_FINDINGS " GROUP BY exchange HAVING sum(avoidable) > 0 OR sum(opportunity) > 0"
"  ON CONFLICT(id) DO UPDATE SET avoidable = avoidable + excluded.avoidable,"
"  opportunity = opportunity + excluded.opportunity;"
"INSERT INTO issue_sum SELECT issue, max((SELECT severity FROM verdict WHERE id = f.verdict)),"
"  count(DISTINCT exchange), sum(avoidable), sum(opportunity), min(found_us), max(found_us)"
"  FROM finding f WHERE " NEW_FINDINGS " GROUP BY issue ON CONFLICT(id) DO UPDATE SET"
"  severity = max(severity, excluded.severity), exchanges = exchanges + excluded.exchanges,"
"  avoidable = avoidable + excluded.avoidable, opportunity = opportunity + excluded.opportunity,"
"  first_us = min(first_us, excluded.first_us), last_us = max(last_us, excluded.last_us);"
"UPDATE total SET avoidable_certain = avoidable_certain + " NEW_AVOIDABLE("2") ","
"  avoidable_likely = avoidable_likely + " NEW_AVOIDABLE("1") ","
"  avoidable_possible = avoidable_possible + " NEW_AVOIDABLE("0") ","
"  opportunity_bytes = opportunity_bytes + coalesce((SELECT sum(opportunity) FROM finding f"
"    WHERE " NEW_FINDINGS " AND f.exchange NOT IN (SELECT inner FROM pair)), 0),"
"  accepted_bytes = accepted_bytes + coalesce((SELECT sum(avoidable) FROM finding f"
"    WHERE " NEW_FINDINGS " AND f.exchange NOT IN (SELECT inner FROM pair) AND f.issue IN"
"    (SELECT i.id FROM acceptance a JOIN issue i ON i.key = a.key WHERE"
"     coalesce(a.until_us >= (SELECT last_us FROM run_row), 1))"
"    AND (SELECT confidence FROM verdict WHERE id = f.verdict) > 0), 0),"
"  unseen_bytes = (SELECT coalesce(sum(unseen), 0) FROM traffic);"
SETTLE_SAVINGS("f.id > (SELECT finding FROM settled)")
"UPDATE total SET needless_round_trips = " NEEDLESS("count(*)", ">", "needless") ","
"  needless_time_us = " NEEDLESS("sum(time_us)", ">", "needless_us") ","
"  possible_round_trips = " NEEDLESS("count(*)", "=", "possibly") ","
"  possible_time_us = " NEEDLESS("sum(time_us)", "=", "possibly_us") ";"
"WITH inners AS (SELECT e.* FROM pair JOIN exchange e ON e.id = pair.inner)"
"UPDATE total SET exchanges = (SELECT exchanges FROM settled) - (SELECT count(*) FROM inners),"
"  observed_bytes = (SELECT observed FROM settled) - (SELECT coalesce(sum(request_header +"
"    request_body + response_header + response_body), 0) FROM inners),"
"  retransmitted_bytes = (SELECT retransmitted FROM settled) -"
"    (SELECT coalesce(sum(retransmitted), 0) FROM inners),"
"  connection_bytes = (SELECT overhead FROM settled);"
"UPDATE settled SET finding = (SELECT coalesce(max(id), 0) FROM finding);";

#define DIGITS_(number) #number
#define DIGITS(number) DIGITS_(number)
#define BITS(shift, mask) "(e.bits >> " DIGITS(shift) " & " mask ")"
#define LOOKED_UP(table, column) "(SELECT " column " FROM " #table " WHERE id = e." #table ")"
#define JOINED(table, column) #table "_." column
#define JOIN(table) " LEFT JOIN " #table " AS " #table "_ ON " #table "_.id = e." #table
#define CLAIMED(column) "CASE WHEN e.id NOT IN waiting THEN"                                        \
    " coalesce((SELECT " column " FROM claim WHERE id = e.id), 0) END"
#define OF_VERDICT(column) "(SELECT " column " FROM verdict WHERE id = f.verdict)"

/* Of an issue; NULL where it is not accepted, or no longer at the capture's end. */
#define ACCEPTANCE(column) "(SELECT " column " FROM acceptance WHERE key = i.key AND"              \
    " coalesce(until_us >= (SELECT last_us FROM run_row), 1))"

#define LET_GO_OF_ISSUE(column) "(SELECT " column " FROM issue_past WHERE id = i.id)"

/* `OF` says how a column of another table is come by: looked up, each for itself, which costs nothing
 * unless it is asked for; or from a join, where all of them are. */
#define EXCHANGE_COLUMNS(OF)                                                                       \
"SELECT e.id AS id, e.link AS connection_id,"                                                      \
"  (SELECT outer FROM pair WHERE inner = e.id) AS outer_exchange_id,"                              \
"  " OF(requester, "client_key") " AS client_key,"                                                 \
"  " OF(link, "client") " AS client, " OF(link, "client_port") " AS client_port,"                  \
"  " OF(link, "server") " AS server, " OF(link, "server_port") " AS server_port,"                  \
"  " OF(requester, "forwarded_for") " AS forwarded_for,"                                           \
"  " WORD(WORDS_OF_VERSION, BITS(BITS_VERSION, "7")) " AS version,"                                \
"  " OF(requester, "method") " AS method,"                                                         \
"  " OF(url, "scheme") " AS scheme, " OF(url, "host") " AS host,"                                  \
"  " OF(url, "target") " AS target, " OF(url, "url") " AS url,"                                    \
"  " OF(url, "url_pattern") " AS url_pattern,"                                                     \
"  CASE " BITS(BITS_STATUS, "1023") " WHEN 0 THEN NULL ELSE " BITS(BITS_STATUS, "1023") " END AS status,"\
"  " WORD(WORDS_OF_OUTCOME, BITS(BITS_OUTCOME, "7")) " AS outcome,"                                \
"  CASE WHEN e.request_frame NOT NULL THEN (SELECT name FROM input WHERE"                          \
"  id = " BITS(BITS_REQUEST_FILE, "1048575") ") END AS request_file,"                              \
"  e.request_frame AS request_frame,"                                                              \
"  CASE WHEN e.response_frame NOT NULL THEN (SELECT name FROM input WHERE"                         \
"  id = " BITS(BITS_RESPONSE_FILE, "1048575") ") END AS response_file,"                            \
"  e.response_frame AS response_frame,"                                                            \
"  CASE WHEN e.request_frame NOT NULL THEN e.start_us END AS requested_us,"                        \
"  e.start_us + e.request_end AS request_end_us, e.start_us + e.responded AS responded_us,"        \
"  e.start_us + e.response_end AS response_end_us, " OF(link, "rtt_us") " AS rtt_us,"              \
"  e.request_header AS request_header_bytes, e.request_body AS request_body_bytes,"                \
"  e.response_header AS response_header_bytes, e.response_body AS response_body_bytes,"            \
"  e.wire AS wire_bytes, e.retransmitted AS retransmitted_bytes, e.body_hash AS body_hash,"        \
"  " WORD(WORDS_OF_ENDING, BITS(BITS_ENDING, "7")) " AS ending, " WORD(WORDS_OF_ABORTER, BITS(BITS_ABORTER, "3")) " AS aborted_by,"\
"  (SELECT words FROM flaws WHERE id = e.flaws) AS flaws,"                                         \
"  " BITS(BITS_CONDITIONAL, "1") " AS is_conditional,"                                             \
"  " OF(condition, "if_none_match") " AS if_none_match,"                                           \
"  " OF(condition, "if_modified_since") " AS if_modified_since,"                                   \
"  " OF(condition, "range") " AS range,"                                                           \
"  " OF(requester, "cache_control") " AS request_cache_control,"                                   \
"  " OF(requester, "user_agent") " AS user_agent,"                                                 \
"  " OF(response, "etag") " AS etag, " OF(response, "last_modified") " AS last_modified,"          \
"  " OF(response, "cache_control") " AS cache_control, " OF(moment, "expires") " AS expires,"      \
"  " OF(response, "vary") " AS vary, " OF(moment, "age") " AS age, " OF(moment, "date") " AS date,"\
"  " OF(response, "content_type") " AS content_type,"                                              \
"  " OF(response, "content_encoding") " AS content_encoding,"                                      \
"  " OF(response, "content_length") " AS content_length,"                                          \
"  " OF(response, "content_range") " AS content_range,"                                            \
"  " OF(response, "content_location") " AS content_location,"                                      \
"  " OF(moment, "cache_status") " AS cache_status, " OF(response, "via") " AS via,"                \
"  " OF(response, "server_software") " AS server_software,"                                        \
"  " OF(response, "lifetime_s") " AS lifetime_s, e.age_s AS age_s,"                                \
"  " CLAIMED("avoidable") " AS avoidable_bytes, " CLAIMED("opportunity") " AS opportunity_bytes"

const char schema_listed[] = EXCHANGE_COLUMNS(JOINED) " FROM exchange e" JOIN(link) JOIN(url)
    JOIN(requester) JOIN(condition) JOIN(response) JOIN(moment);

const char schema_views[] =
"CREATE VIEW run AS SELECT program_version, options, thresholds, inputs, started_us, first_us,"
"  last_us, packets, dropped_by_kernel, dropped_by_interface, caps_reached, price,"
"  (SELECT coalesce(sum(exchanges), 0) FROM forgotten) AS forgotten_exchanges,"
"  (SELECT coalesce(sum(bytes), 0) FROM forgotten) AS forgotten_bytes FROM run_row;"

"CREATE VIEW totals AS SELECT exchanges, observed_bytes, avoidable_certain, avoidable_likely,"
"  avoidable_possible, opportunity_bytes, retransmitted_bytes, connection_bytes, unseen_bytes,"
"  accepted_bytes, needless_round_trips, needless_time_us, possible_round_trips,"
"  possible_time_us FROM total;"

"CREATE VIEW exchanges AS " EXCHANGE_COLUMNS(LOOKED_UP) " FROM exchange e;"

"CREATE VIEW findings AS SELECT f.id AS id, f.issue AS issue_id, " OF_VERDICT("rule") " AS rule,"
"  " OF_VERDICT("variant") " AS variant, " WORD(WORDS_OF_SEVERITY, OF_VERDICT("severity")) " AS severity,"
"  " WORD(WORDS_OF_CONFIDENCE, OF_VERDICT("confidence")) " AS confidence, " OF_VERDICT("party") " AS party,"
"  " WORD(WORDS_OF_NORM, OF_VERDICT("norm")) " AS norm, " OF_VERDICT("section") " AS section,"
"  f.exchange AS exchange_id,"
"  (SELECT id FROM exchange WHERE id = f.reference) AS reference_exchange_id,"
"  (SELECT url FROM url WHERE id = (SELECT url FROM exchange WHERE id = f.exchange)) AS url,"
"  (SELECT request_frame FROM exchange WHERE id = f.exchange) AS request_frame,"
"  (SELECT response_frame FROM exchange WHERE id = f.exchange) AS response_frame,"
"  f.found_us AS found_us, f.message AS message, f.avoidable AS avoidable_bytes,"
"  f.opportunity AS opportunity_bytes, f.standalone AS standalone_bytes FROM finding f;"

"CREATE VIEW issues AS SELECT i.id AS id, i.key AS key, v.rule AS rule, v.variant AS variant,"
"  " WORD(WORDS_OF_SEVERITY, "s.severity") " AS severity, v.party AS party,"
"  " LOOKED_UP(url, "host") " AS host, " LOOKED_UP(link, "server") " AS server,"
"  " LOOKED_UP(response, "server_software") " AS server_software, " LOOKED_UP(url, "url_pattern") " AS url_pattern,"
"  i.first_finding AS first_finding_id, s.exchanges AS exchanges,"
"  s.avoidable AS avoidable_bytes, s.opportunity AS opportunity_bytes,"
"  s.first_us AS first_us, s.last_us AS last_us, i.software AS software,"
"  " ACCEPTANCE("reason") " AS accepted, " ACCEPTANCE("until") " AS accepted_until,"
"  " LET_GO_OF_ISSUE("exchanges") " AS let_go_exchanges,"
"  " LET_GO_OF_ISSUE("avoidable") " AS let_go_avoidable_bytes,"
"  " LET_GO_OF_ISSUE("opportunity") " AS let_go_opportunity_bytes"
"  FROM issue i JOIN issue_sum s ON s.id = i.id JOIN finding f ON f.id = i.first_finding"
"  JOIN verdict v ON v.id = f.verdict JOIN exchange e ON e.id = f.exchange"
" UNION ALL SELECT i.id, i.key, v.rule, v.variant, " WORD(WORDS_OF_SEVERITY, "s.severity") ", v.party,"
"  p.host, p.server, p.server_software, p.url_pattern,"
"  (SELECT min(id) FROM finding WHERE issue = i.id), s.exchanges, s.avoidable, s.opportunity,"
"  s.first_us, s.last_us, i.software, " ACCEPTANCE("reason") ", " ACCEPTANCE("until") ","
"  p.exchanges, p.avoidable, p.opportunity"
"  FROM issue_past p JOIN issue i ON i.id = p.id JOIN issue_sum s ON s.id = i.id"
"  JOIN verdict v ON v.id = p.verdict WHERE i.first_finding IS NULL;"

"CREATE VIEW checks AS SELECT c.rule AS rule, " WORD(WORDS_OF_CHECK, "c.outcome") " AS outcome,"
"  c.guard AS guard, c.exchanges AS exchanges FROM looked_at c;"

"CREATE VIEW connections AS SELECT c.id AS id, c.transport AS transport, l.client AS client,"
"  l.client_port AS client_port, l.server AS server, l.server_port AS server_port,"
"  c.protocol AS protocol, c.tls_version AS tls_version, c.alpn AS alpn,"
"  c.server_name AS server_name,"
"  (SELECT name FROM input WHERE id = c.first_file) AS first_file, c.first_frame AS first_frame,"
"  c.opened_us AS opened_us, c.closed_us AS closed_us, c.packets AS packets,"
"  c.wire AS wire_bytes, c.overhead AS overhead_bytes, c.lost AS lost_bytes,"
"  c.exchanges AS exchanges, p.exchanges AS let_go_exchanges,"
"  p.wire AS let_go_wire_bytes"
"  FROM connection c JOIN link l ON l.id = c.id LEFT JOIN link_past p ON p.id = c.id;"

"CREATE VIEW hours AS SELECT hour_us, sum(exchanges) AS exchanges, sum(observed) AS observed_bytes,"
"  sum(certain) AS avoidable_certain, sum(likely) AS avoidable_likely,"
"  sum(possible) AS avoidable_possible, sum(opportunity) AS opportunity_bytes FROM"
"  (SELECT * FROM hour UNION ALL " SCHEMA_HOURS("1", "1") ") GROUP BY hour_us;"

"CREATE VIEW let_go AS SELECT exchanges, observed AS observed_bytes, certain AS avoidable_certain,"
"  likely AS avoidable_likely, possible AS avoidable_possible, opportunity AS opportunity_bytes,"
"  accepted AS accepted_bytes, findings, wire AS wire_bytes, connections,"
"  connection_wire AS connection_wire_bytes, overhead AS overhead_bytes FROM past;"

"CREATE VIEW let_go_by_rule AS SELECT rule, exchanges, standalone AS standalone_bytes FROM rule_past;"

"CREATE VIEW coverage AS SELECT transport, protocol, server_name, reason, connections, packets,"
"  bytes, unseen AS unseen_bytes, exchanges FROM traffic;"

"CREATE VIEW needless_round_trips AS SELECT n.exchange AS exchange_id, v.rule AS rule,"
"  " WORD(WORDS_OF_CONFIDENCE, "n.confidence") " AS confidence,"
"  (SELECT rtt_us FROM link WHERE id = (SELECT link FROM exchange WHERE id = n.exchange)) AS rtt_us,"
"  n.time_us AS time_us FROM needless n JOIN verdict v ON v.id = n.verdict;"

"CREATE VIEW what_if AS SELECT 'remedy' AS scenario, r.rule AS rule, r.account AS account,"
"  NULL AS capacity_bytes, r.exchanges AS exchanges, r.saved AS saved_bytes,"
"  t.observed_bytes - r.saved AS left_bytes, r.possible AS possible_bytes,"
"  r.round_trips AS round_trips, r.time_us AS time_us, NULL AS sampled_ppm"
"  FROM remedy r JOIN total t UNION ALL SELECT scenario, NULL, NULL, nullif(capacity, -1), exchanges, saved,"
"  left_over, NULL, exchanges, time_us, sampled_ppm FROM ideal;"

"CREATE VIEW accepted AS SELECT a.key AS key, i.id AS issue_id, a.until AS until,"
"  a.reason AS reason, CASE WHEN a.until_us < (SELECT last_us FROM run_row) THEN 'expired'"
"  WHEN i.id IS NULL THEN 'not-seen' ELSE 'accepted' END AS state"
"  FROM acceptance a LEFT JOIN issue i ON i.key = a.key;"

"CREATE VIEW heads AS SELECT id AS exchange_id, request AS request_head,"
"  response AS response_head FROM head;";
// clang-format on
