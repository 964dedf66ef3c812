# SPDX-License-Identifier: MIT
"""The laws that every audit database keeps, whatever was captured.

usage: laws.py DB...                              looks at databases that exist
       laws.py --captures BINARY FILE|FOLDER...   makes two databases of each capture, looks at both
                                                  and holds one against the other

Each law is a function that yields what breaks it. Prints a line per complaint; exits 1 if any.
"""
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

APPLICATION_ID = 0x57333034

VIEWS = {
    "run": "program_version options thresholds inputs started_us first_us last_us packets dropped_by_kernel"
           " dropped_by_interface caps_reached",
    "totals": "exchanges observed_bytes avoidable_certain avoidable_likely avoidable_possible opportunity_bytes"
              " retransmitted_bytes connection_bytes unseen_bytes",
    "exchanges": "id connection_id outer_exchange_id client_key client client_port server server_port forwarded_for"
                 " version method scheme host target url url_pattern status outcome request_file request_frame"
                 " response_file response_frame requested_us request_end_us responded_us response_end_us rtt_us"
                 " request_header_bytes request_body_bytes response_header_bytes response_body_bytes wire_bytes"
                 " retransmitted_bytes body_hash ending aborted_by flaws is_conditional if_none_match"
                 " if_modified_since range request_cache_control user_agent etag last_modified cache_control expires"
                 " vary age date content_type content_encoding content_length content_range cache_status via"
                 " server_software lifetime_s age_s avoidable_bytes opportunity_bytes",
    "findings": "id issue_id rule variant severity confidence party norm section exchange_id reference_exchange_id url"
                " request_frame response_frame found_us message avoidable_bytes opportunity_bytes standalone_bytes",
    "issues": "id key rule variant severity party host server server_software url_pattern first_finding_id exchanges"
              " avoidable_bytes opportunity_bytes first_us last_us",
    "checks": "rule outcome guard exchanges",
    "connections": "id transport client client_port server server_port protocol tls_version alpn server_name"
                   " first_file first_frame opened_us closed_us packets wire_bytes overhead_bytes lost_bytes"
                   " exchanges",
    "coverage": "transport protocol server_name reason connections packets bytes unseen_bytes exchanges",
    "heads": "exchange_id request_head response_head",
}

# For each (view, column): the values it may have beside NULL, and whether it may be NULL.
WORDS = {
    ("exchanges", "outcome"): ("first not-modified refreshed-same refreshed-changed refetched-same refetched-changed"
                               " other", False),
    ("exchanges", "ending"): ("complete closed reset gap timeout limit capture-ended", False),
    ("exchanges", "aborted_by"): ("client server", True),
    ("exchanges", "version"): ("HTTP/0.9 HTTP/1.0 HTTP/1.1 HTTP/2 HTTP/3", True),
    ("findings", "severity"): ("error warning waste info", False),
    ("findings", "confidence"): ("certain likely possible", False),
    ("findings", "norm"): ("MUST SHOULD", True),
    ("issues", "severity"): ("error warning waste info", False),
    ("checks", "outcome"): ("passed fired withheld", False),
    ("coverage", "reason"): ("no-keys unknown-cipher lost-at-tap snaplen began-before-capture unsupported cap", True),
}

# Laws as queries: each row that comes back breaks it.
QUERIES = {
    "an exchange claims what its findings claim":
        """SELECT e.id, e.avoidable_bytes, e.opportunity_bytes, sum(f.avoidable_bytes), sum(f.opportunity_bytes)
           FROM exchanges e LEFT JOIN findings f ON f.exchange_id = e.id GROUP BY e.id
           HAVING coalesce(e.avoidable_bytes, -1) != coalesce(sum(f.avoidable_bytes), 0)
               OR coalesce(e.opportunity_bytes, -1) != coalesce(sum(f.opportunity_bytes), 0)""",
    "claims fit into the four byte counters":
        """SELECT id FROM exchanges WHERE avoidable_bytes + opportunity_bytes > request_header_bytes
           + request_body_bytes + response_header_bytes + response_body_bytes""",
    "no claim is negative":
        "SELECT id FROM findings WHERE avoidable_bytes < 0 OR opportunity_bytes < 0 OR standalone_bytes < 0",
    "what is saved and what is left is what was seen":
        "SELECT scenario, rule, capacity_bytes FROM what_if WHERE saved_bytes + left_bytes != (SELECT observed_bytes FROM totals)",
    "a remedy saves at most what its findings would claim alone":
        """SELECT w.rule FROM what_if w WHERE w.rule IS NOT NULL AND (w.saved_bytes > (SELECT coalesce(sum(standalone_bytes), 0) FROM findings f WHERE f.rule = w.rule)
           + coalesce((SELECT standalone_bytes FROM let_go_by_rule g WHERE g.rule = w.rule), 0) OR w.possible_bytes > w.saved_bytes OR w.round_trips > w.exchanges)""",
    "a larger cache leaves no more":
        """SELECT a.capacity_bytes FROM what_if a JOIN what_if b ON a.scenario = 'shared-cache' AND b.scenario = a.scenario
           AND (b.capacity_bytes IS NULL OR a.capacity_bytes < b.capacity_bytes) WHERE b.left_bytes > a.left_bytes""",
    "round trips that need not have been are claimed as a whole":
        """SELECT n.exchange_id FROM needless_round_trips n JOIN exchanges e ON e.id = n.exchange_id JOIN findings f
           ON f.exchange_id = e.id AND f.rule = n.rule WHERE f.standalone_bytes != request_header_bytes + request_body_bytes
           + response_header_bytes + response_body_bytes""",
    "frames are conserved":
        """SELECT * FROM (SELECT (SELECT coalesce(sum(wire_bytes), 0) FROM exchanges) AS e,
                  (SELECT coalesce(sum(overhead_bytes), 0) FROM connections) AS o,
                  (SELECT coalesce(sum(wire_bytes - coalesce(let_go_wire_bytes, 0)), 0) FROM connections) AS c) WHERE e + o != c""",
    "frames that were let go are conserved too":
        """SELECT * FROM let_go g WHERE g.wire_bytes + g.overhead_bytes != g.connection_wire_bytes
           + (SELECT coalesce(sum(let_go_wire_bytes), 0) FROM connections)""",
    "frames are conserved in each connection":
        """SELECT c.id, c.wire_bytes, c.overhead_bytes, sum(e.wire_bytes) FROM connections c
           LEFT JOIN exchanges e ON e.connection_id = c.id GROUP BY c.id
           HAVING coalesce(sum(e.wire_bytes), 0) + c.overhead_bytes + coalesce(c.let_go_wire_bytes, 0) != c.wire_bytes""",
    "a connection counts its exchanges":
        """SELECT c.id, c.exchanges, count(e.id) FROM connections c LEFT JOIN exchanges e ON e.connection_id = c.id
           GROUP BY c.id HAVING count(e.id) + coalesce(c.let_go_exchanges, 0) != c.exchanges""",
    "an exchange has its connection":
        "SELECT id, connection_id FROM exchanges WHERE connection_id NOT IN (SELECT id FROM connections)",
    "what was repeated is a part":
        "SELECT id FROM exchanges WHERE retransmitted_bytes > wire_bytes OR retransmitted_bytes < 0",
    "a round trip takes time":
        "SELECT id FROM exchanges WHERE rtt_us < 0",
    "totals add up":
        """SELECT t.* FROM totals t, (SELECT count(*) AS n, coalesce(sum(avoidable_bytes), 0) AS a,
             coalesce(sum(opportunity_bytes), 0) AS o, coalesce(sum(request_header_bytes + request_body_bytes
             + response_header_bytes + response_body_bytes), 0) AS b FROM exchanges WHERE outer_exchange_id IS NULL) s
           JOIN let_go g WHERE t.exchanges != s.n + g.exchanges
              OR t.avoidable_certain + t.avoidable_likely + t.avoidable_possible
                 != s.a + g.avoidable_certain + g.avoidable_likely + g.avoidable_possible
              OR t.opportunity_bytes != s.o + g.opportunity_bytes OR t.observed_bytes != s.b + g.observed_bytes""",
    "no exchange is behind itself":
        """SELECT i.id FROM exchanges i JOIN exchanges o ON o.id = i.outer_exchange_id
           WHERE i.id = o.id OR o.outer_exchange_id = i.id""",
    "hours add up to the totals":
        """SELECT t.*, h.* FROM totals t, (SELECT coalesce(sum(exchanges), 0) AS n, coalesce(sum(observed_bytes), 0) AS b,
             coalesce(sum(avoidable_certain), 0) AS c, coalesce(sum(avoidable_likely), 0) AS l,
             coalesce(sum(avoidable_possible), 0) AS p, coalesce(sum(opportunity_bytes), 0) AS o FROM hours) h
           WHERE t.exchanges != h.n OR t.observed_bytes != h.b OR t.avoidable_certain != h.c OR t.avoidable_likely != h.l
              OR t.avoidable_possible != h.p OR t.opportunity_bytes != h.o""",
    "what can be avoided was observed":
        """SELECT * FROM totals WHERE avoidable_certain + avoidable_likely + avoidable_possible + opportunity_bytes
           > observed_bytes""",
    "a finding accuses an exchange, with its URL and frames":
        """SELECT f.id FROM findings f LEFT JOIN exchanges e ON e.id = f.exchange_id
           WHERE e.id IS NULL OR f.url IS NOT e.url OR f.request_frame IS NOT e.request_frame
              OR f.response_frame IS NOT e.response_frame""",
    "a finding rests on an exchange":
        """SELECT id FROM findings WHERE reference_exchange_id IS NOT NULL
           AND reference_exchange_id NOT IN (SELECT id FROM exchanges)""",
    "one finding per rule and exchange":
        "SELECT rule, exchange_id FROM findings GROUP BY rule, variant, exchange_id HAVING count(*) > 1",
    "an error is not merely possible":
        "SELECT id FROM findings WHERE severity = 'error' AND confidence = 'possible'",
    "an issue folds its findings":
        """SELECT i.id FROM issues i LEFT JOIN findings f ON f.issue_id = i.id GROUP BY i.id
           HAVING count(DISTINCT f.exchange_id) + coalesce(i.let_go_exchanges, 0) != i.exchanges
               OR coalesce(sum(f.avoidable_bytes), 0) + coalesce(i.let_go_avoidable_bytes, 0) != i.avoidable_bytes
               OR coalesce(sum(f.opportunity_bytes), 0) + coalesce(i.let_go_opportunity_bytes, 0) != i.opportunity_bytes
               OR min(f.id) IS NOT i.first_finding_id OR i.first_finding_id IS NULL AND i.let_go_exchanges IS NULL
               OR count(DISTINCT f.rule) != (count(f.id) > 0) OR min(f.rule) != i.rule""",
    "a finding belongs to an issue":
        "SELECT id FROM findings WHERE issue_id IS NULL OR issue_id NOT IN (SELECT id FROM issues)",
    "what fired was counted":
        """SELECT r.rule, n, fired FROM (SELECT f.rule AS rule, count(DISTINCT f.exchange_id) AS n,
             coalesce((SELECT sum(c.exchanges) FROM checks c WHERE c.rule = f.rule AND c.outcome = 'fired'), 0)
             AS fired FROM findings f GROUP BY f.rule) r WHERE n
             + coalesce((SELECT exchanges FROM let_go_by_rule g WHERE g.rule = r.rule), 0) != fired""",
    "a check is withheld by a guard":
        "SELECT rule, outcome, guard FROM checks WHERE (outcome = 'withheld') != (guard IS NOT NULL)",
    "a digest has 16 octets":
        "SELECT id FROM exchanges WHERE body_hash IS NOT NULL AND (typeof(body_hash) != 'blob' OR length(body_hash) != 16)",
    "the kinds of traffic differ":
        """SELECT transport, protocol, server_name, reason FROM coverage
           GROUP BY transport, protocol, server_name, reason HAVING count(*) > 1""",
    "a half that was seen has its frame":
        """SELECT id FROM exchanges WHERE (request_frame IS NULL) != (requested_us IS NULL)
           OR (response_frame IS NULL) != (responded_us IS NULL) OR coalesce(request_frame, response_frame) IS NULL
           OR request_frame < 1 OR response_frame < 1""",
}

NUMBERS = re.compile(r"(_us|_bytes|_s|_port|_frame|_id|^id|^exchanges|^packets|^status|^connections|^bytes)$")
SECRET = re.compile(rb"^(cookie|set-cookie|authorization|proxy-authorization)[ \t]*:[ \t]*(.*?)\r?$",
                    re.IGNORECASE | re.MULTILINE)


def open_database(path):
    con = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    con.text_factory = lambda octets: octets.decode("utf-8", "replace")
    return con


def columns_of(con, view):
    return [row[1] for row in con.execute(f"PRAGMA table_info({view})")]


def law_identity(con):
    if con.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        yield "application_id is not ours"
    if con.execute("PRAGMA user_version").fetchone()[0] < 1:
        yield "user_version is not set"
    if con.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
        yield "SQLite says that it is damaged"


def law_views(con):
    for view, names in VIEWS.items():
        kind = con.execute("SELECT type FROM sqlite_master WHERE name = ?", (view,)).fetchone()
        if kind != ("view",):
            yield f"{view} is not a view"
            continue
        there = columns_of(con, view)
        missing = [name for name in names.split() if name not in there]
        if missing:
            yield f"{view} lacks {' '.join(missing)}"
    for view in ("run", "totals"):
        if con.execute(f"SELECT count(*) FROM {view}").fetchone()[0] != 1:
            yield f"{view} has not one row"


def law_words(con):
    for (view, column), (words, may_be_null) in WORDS.items():
        for (value,) in con.execute(f"SELECT DISTINCT {column} FROM {view}"):
            if value is None and not may_be_null or value is not None and value not in words.split():
                yield f"{view}.{column} is {value!r}"


def law_numbers(con):
    for view, names in VIEWS.items():
        for name in names.split():
            if not NUMBERS.search(name) or name == "outer_exchange_id":
                continue
            for (kind,) in con.execute(f"SELECT DISTINCT typeof({name}) FROM {view}"):
                if kind not in ("integer", "null"):
                    yield f"{view}.{name} is {kind}"


def law_json(con):
    for column in ("options", "thresholds", "inputs", "caps_reached"):
        text = con.execute(f"SELECT {column} FROM run").fetchone()[0]
        try:
            json.loads(text)
        except (TypeError, ValueError):
            yield f"run.{column} is not JSON: {str(text)[:60]}"


def law_secrets(con):
    for exchange, *heads in con.execute("SELECT exchange_id, request_head, response_head FROM heads"):
        for head in heads:
            octets = head.encode() if isinstance(head, str) else head or b""
            for name, value in SECRET.findall(octets):
                if value.strip(b"* \t"):
                    yield f"heads: exchange {exchange} shows its {name.decode()}"


def law_queries(con):
    for law, query in QUERIES.items():
        rows = con.execute(query).fetchmany(3)
        if rows:
            yield f"{law}: {rows}"


LAWS = (law_identity, law_views, law_words, law_numbers, law_json, law_secrets, law_queries)


def complaints(path):
    """What is wrong with this database, as a list of lines."""
    wrong = []
    con = open_database(path)
    for law in LAWS:
        try:
            wrong += list(law(con))
        except sqlite3.Error as trouble:
            wrong.append(f"{law.__name__}: {trouble}")
    con.close()
    return wrong


def differences(one, other):
    """The same input gives the same rows."""
    wrong = []
    a, b = open_database(one), open_database(other)
    for view in VIEWS:
        rows = [sorted(con.execute(f"SELECT * FROM {view}").fetchall(), key=repr) for con in (a, b)]
        if rows[0] != rows[1]:
            lost = [row for row in rows[0] if row not in rows[1]][:1]
            wrong.append(f"{view} differs between two runs: {str(lost)[:200]}")
    a.close()
    b.close()
    return wrong


def analyze(binary, capture, database, *options, timeout=600):
    """Runs the program; returns its exit status and what it said on standard error."""
    run = subprocess.run([binary, "analyze", "-q", *options, "-o", database, capture],
                         capture_output=True, timeout=timeout, check=False)
    return run.returncode, run.stderr.decode("utf-8", "replace")


def sanitizer_said(text):
    return "Sanitizer" in text or "runtime error:" in text or "Assertion" in text


def captures_of(names):
    for name in names:
        if os.path.isdir(name):
            yield from (os.path.join(name, entry) for entry in sorted(os.listdir(name))
                        if re.search(r"\.(pcap|pcapng)(\.gz|\.zst)?$", entry))
        else:
            yield name


def judge_captures(binary, names):
    wrong, n = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for capture in captures_of(names):
            n += 1
            one, other = f"{folder}/one.db", f"{folder}/other.db"
            said = []
            for database in (one, other):
                status, text = analyze(binary, capture, database)
                if status not in (0, 3, 5) or sanitizer_said(text):
                    said.append(f"exit {status}: {text.strip()[-500:]}")
            if not said:
                said = complaints(one) + differences(one, other)
            for line in said:
                print(f"{os.path.basename(capture)}: {line}")
            wrong += len(said)
    print(f"{n} captures, {wrong} complaints")
    return wrong > 0 or n == 0


def main():
    if len(sys.argv) > 3 and sys.argv[1] == "--captures":
        return judge_captures(os.path.abspath(sys.argv[2]), sys.argv[3:])
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    wrong = [(path, line) for path in sys.argv[1:] for line in complaints(path)]
    for path, line in wrong:
        print(f"{path}: {line}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
