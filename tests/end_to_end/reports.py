# SPDX-License-Identifier: MIT
"""Reports of every format, held against the database they are made from.

usage: reports.py BINARY FORGE SOURCE [TEST...]    runs every function below whose name begins with test_
       reports.py BINARY FORGE SOURCE --bless      writes the expected reports anew

The hostile capture is reports/hostile.http: URLs and fields that want to be scripts, formulas, table
cells, escape sequences or text in another encoding. Prints a line per complaint; exits 1 if any.
"""
import contextlib
import csv
import difflib
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

BINARY, FORGE, SOURCE = (os.path.abspath(path) for path in sys.argv[1:4])
HERE = os.path.join(SOURCE, "tests/end_to_end/reports")
HAR_SCHEMA = "/usr/share/nodejs/har-schema/lib"
SECRETS = (b"secret-of-the-test", b"c2VjcmV0LW9mLXRoZS10ZXN0")
RULES = "304-missing-etag,304-missing-vary"  # few and stable: new rules change no expected report

FORMATS = {
    "terminal": ("txt", ()),
    "json": ("json", ()),
    "ndjson": ("ndjson", ()),
    "csv": ("csv", ("--table", "exchanges")),
    "markdown": ("md", ()),
    "har": ("har", ()),
    "trace": ("trace", ()),
}
WASTE = ("avoidable_certain", "avoidable_likely", "avoidable_possible", "opportunity_bytes")


def run(*arguments, code=0, folder=None, stdout=subprocess.PIPE):
    done = subprocess.run([BINARY, *arguments], cwd=folder, stdout=stdout, stderr=subprocess.PIPE, timeout=600, check=False,
                          env={**os.environ, "TZ": "UTC", "NO_COLOR": "1"})
    assert done.returncode == code, f"{arguments}: exit {done.returncode}: {done.stderr.decode('utf-8', 'replace')}"
    return done.stdout


def report(database, name, *more):
    return run("report", "--format", name, *FORMATS.get(name, ("", ()))[1], *more, os.path.basename(database),
               folder=os.path.dirname(database))


@contextlib.contextmanager
def audits():
    """The hostile capture, as {name: database}: with few rules, with all, and the example."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([FORGE, os.path.join(HERE, "hostile.http"), os.path.join(folder, "hostile.pcap")], check=True)
        shutil.copy(os.path.join(SOURCE, "examples/shop.pcap"), folder)
        run("analyze", "-q", "--only", RULES, "-o", "few.db", "hostile.pcap", folder=folder)
        run("analyze", "-q", "--heads", "all", "-o", "hostile.db", "hostile.pcap", folder=folder)
        run("analyze", "-q", "--heads", "none", "-o", "headless.db", "hostile.pcap", folder=folder)
        run("analyze", "-q", "-o", "shop.db", "shop.pcap", folder=folder)
        yield {name: os.path.join(folder, f"{name}.db") for name in ("few", "hostile", "headless", "shop")}


def rows(database, query):
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as con:
        con.text_factory = lambda octets: octets.decode("utf-8", "replace")
        con.row_factory = sqlite3.Row
        return [dict(row) for row in con.execute(query)]


# ---------------------------------------------------------------- as blessed

def stable(name, text):
    """Without what changes with every rule, threshold and remedy of the catalogue."""
    if name == "json":
        text = re.sub(r'^"thresholds":.*\n', "", text, flags=re.M)
        text = re.sub(r'^"rules":\[\n.*?^\],\n', "", text, flags=re.M | re.S)
    if name == "markdown":
        text = re.sub(r"^- (What to do|In ).*\n", "", text, flags=re.M)
    if name == "terminal":
        text = re.sub(r"\nNot checked, .*?\n\n", "\n", text, flags=re.S)
    return text


def test_reports_are_as_blessed(audit):
    for name, (suffix, _) in FORMATS.items():
        now = stable(name, report(audit["few"], name).decode("utf-8"))
        with open(os.path.join(HERE, f"hostile.{suffix}"), encoding="utf-8", newline="") as file:
            expected = file.read()
        if now != expected:
            yield f"{name} differs:\n" + "".join(difflib.unified_diff(expected.splitlines(True), now.splitlines(True), "expected", "now"))


def bless():
    with audits() as audit:
        for name, (suffix, _) in FORMATS.items():
            with open(os.path.join(HERE, f"hostile.{suffix}"), "w", encoding="utf-8", newline="") as file:
                file.write(stable(name, report(audit["few"], name).decode("utf-8")))


# ---------------------------------------------------------------- valid

def test_json_keeps_its_schema(audit):
    import jsonschema
    with open(os.path.join(SOURCE, "docs/audit.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for name, database in audit.items():
        for more in ((), ("--rule", "304-*", "--top", "1", "--severity", "warning", "--since", "+1s", "--host", "*")):
            for error in validator.iter_errors(json.loads(report(database, "json", *more))):
                yield f"{name} {more}: {list(error.absolute_path)}: {error.message[:200]}"


def test_json_names_every_column(audit):
    """The schema knows what the views have, so that it can be read instead of them."""
    with open(os.path.join(SOURCE, "docs/audit.schema.json"), encoding="utf-8") as file:
        known = json.load(file)["$defs"]
    for view, name in (("exchanges", "exchange"), ("findings", "finding"), ("issues", "issue"), ("coverage", "coverage"),
                       ("checks", "check"), ("connections", "connection"), ("totals", "totals"), ("run", "run"), ("accepted", "accepted"), ("what_if", "what_if"),
                       ("waste_by_host", "host"), ("waste_by_url_pattern", "url_pattern"), ("waste_by_client", "client")):
        columns = {row["name"] for row in rows(audit["shop"], f"SELECT name FROM pragma_table_info('{view}')")}
        if columns ^ set(known[name]["properties"]):
            yield f"{view}: {columns ^ set(known[name]['properties'])}"


def har_validator():
    import jsonschema
    import warnings
    warnings.simplefilter("ignore")
    schemas = {}
    for file in os.listdir(HAR_SCHEMA):
        if file.endswith(".json"):
            with open(os.path.join(HAR_SCHEMA, file), encoding="utf-8") as text:
                schemas[file] = json.load(text)
    store = {key: schema for file, schema in schemas.items() for key in (file, file + "#")}
    resolver = jsonschema.RefResolver("har.json", schemas["har.json"], store=store)
    return jsonschema.Draft6Validator(schemas["har.json"], resolver=resolver, format_checker=jsonschema.FormatChecker())


def test_har_is_valid(audit):
    if not os.path.isdir(HAR_SCHEMA):
        return
    validator = har_validator()
    assert list(validator.iter_errors({"log": {"version": "1.2", "creator": {}, "entries": [{}]}})), "the schema says nothing"
    for name, database in audit.items():
        for error in validator.iter_errors(json.loads(report(database, "har"))):
            yield f"{name}: {list(error.absolute_path)}: {error.message[:200]}"


def test_har_has_what_browsers_want(audit):
    uri = re.compile(r"^https?://[A-Za-z0-9._~%!$&'()*+,;=:@\[\]-]+/([A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*$")
    for name, database in audit.items():
        log = json.loads(report(database, "har"))["log"]
        if log["version"] != "1.2" or len(log["entries"]) != len(rows(database, "SELECT id FROM exchanges")):
            yield f"{name}: {log['version']}, {len(log['entries'])} entries"
        for entry in log["entries"]:
            if not uri.match(entry["request"]["url"]):
                yield f"{name}: {entry['request']['url']} is no URL"
            if not re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$", entry["startedDateTime"]):
                yield f"{name}: {entry['startedDateTime']}"
            if abs(sum(entry["timings"].values()) - entry["time"]) > 0.01:
                yield f"{name}: timings do not add up to {entry['time']}"
            if not entry["request"]["headers"] or not all(set(h) == {"name", "value"} for h in entry["request"]["headers"]):
                yield f"{name}: headers {entry['request']['headers']}"
        found = [f["id"] for entry in log["entries"] for f in entry["_wire304"]["findings"]]
        if sorted(found) != [row["id"] for row in rows(database, "SELECT id FROM findings ORDER BY id")]:
            yield f"{name}: not each finding is at one entry"


# ---------------------------------------------------------------- what went in comes out

def plain(value):
    return value.hex() if isinstance(value, bytes) and len(value) == 16 else \
        value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def test_json_sums_are_the_totals(audit):
    for name, database in audit.items():
        document = json.loads(report(database, "json"))
        totals = rows(database, "SELECT * FROM totals")[0]
        if document["totals"] != totals:
            yield f"{name}: totals {document['totals']}"
        outer = [e for e in document["exchanges"] if "outer_exchange_id" not in e]
        if sum(e["avoidable_bytes"] for e in outer) != sum(totals[key] for key in WASTE[:3]) or len(outer) != totals["exchanges"]:
            yield f"{name}: the exchanges do not add up"
        for part in ("hosts", "url_patterns", "clients"):
            for key in WASTE + ("exchanges", "observed_bytes"):
                if sum(row[key] for row in document[part]) != totals[key]:
                    yield f"{name}: {part}: {key} does not add up"
        for part, view in (("exchanges", "exchanges"), ("findings", "findings"), ("issues", "issues")):
            want = [{k: plain(v) for k, v in row.items() if v is not None} for row in rows(database, f"SELECT * FROM {view}")]
            if sorted(document[part], key=lambda r: r["id"]) != sorted(want, key=lambda r: r["id"]):
                yield f"{name}: {part} are not those of the database"


def test_ndjson_has_each_exchange_and_finding(audit):
    for name, database in audit.items():
        events = [json.loads(line) for line in report(database, "ndjson").decode("utf-8").splitlines()]
        http = [e for e in events if e["event_type"] == "http"]
        alerts = [e for e in events if e["event_type"] == "alert"]
        totals = rows(database, "SELECT * FROM totals")[0]
        if len(http) != len(rows(database, "SELECT id FROM exchanges")) or len(alerts) != len(rows(database, "SELECT id FROM findings")):
            yield f"{name}: {len(http)} exchanges, {len(alerts)} findings"
        if sum(e["wire304"]["avoidable_bytes"] for e in alerts) != sum(totals[key] for key in WASTE[:3]):
            yield f"{name}: the findings do not add up"
        for event in events:
            if not re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000$", event["timestamp"]):
                yield f"{name}: timestamp {event['timestamp']}"
            if not {"src_ip", "src_port", "dest_ip", "dest_port", "proto", "flow_id", "http", "wire304"} <= set(event):
                yield f"{name}: {sorted(event)}"


def spreadsheet(text):
    """What csv_put_text makes of a text, apart from the apostrophe."""
    hidden = r"[\x80-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
    text = re.sub(hidden, "\ufffd", text)
    return "".join(chr(0x2400 + ord(c)) if ord(c) < 32 else "\u2421" if c == "\x7f" else c for c in text)


def test_csv_is_read_back(audit):
    views = "run totals exchanges findings issues checks connections coverage heads waste_by_url_pattern waste_by_host" \
            " waste_by_client violations_by_server_software revalidation_outcomes etag_history".split()
    for name, database in audit.items():
        for view in views:
            octets = run("report", "--format", "csv", "--table", view, database)
            if not octets.endswith(b"\r\n") or octets.count(b"\n") != octets.count(b"\r\n"):
                yield f"{name}: {view}: line ends"
            lines = list(csv.reader(io.StringIO(octets.decode("utf-8"), newline=""), strict=True))
            want = rows(database, f"SELECT * FROM {view}")
            if len(lines) != len(want) + 1 or (want and lines[0] != list(want[0])):
                yield f"{name}: {view}: {len(lines)} lines, {len(want)} rows"
                continue
            cells = [["" if v is None else spreadsheet(str(plain(v))) for v in row.values()] for row in want]
            bare = [[cell[1:] if cell.startswith("'") and cell not in flat else cell for cell, flat in zip(line, [set(sum(cells, []))] * len(line))]
                    for line in lines[1:]]
            if sorted(bare) != sorted(cells):
                yield f"{name}: {view} is not what the database has: {[x for x in bare if x not in cells][:1]}"


def test_trace_is_of_numbers(audit):
    for name, database in audit.items():
        lines = report(database, "trace").decode("ascii").splitlines()
        if lines[0] != "time,id,size":
            yield f"{name}: {lines[0]}"
        sizes, last = {}, 0
        for line in lines[1:]:
            time, number, size = map(int, line.split(","))
            if time < last or size <= 0 or not 0 <= number < 2**63 or sizes.setdefault(number, size) != size:
                yield f"{name}: {line}"
            last = time
        want = rows(database, """SELECT count(*) AS n, count(DISTINCT url) AS urls FROM exchanges WHERE method = 'GET' AND
            status IN (200, 304) AND url IN (SELECT url FROM exchanges WHERE status = 200 AND ending = 'complete' AND method = 'GET')""")[0]
        if (len(lines) - 1, len(sizes)) != (want["n"], want["urls"]):
            yield f"{name}: {len(lines) - 1} lines of {len(sizes)} URLs, {want}"


# ---------------------------------------------------------------- harmless

def test_nothing_steers_a_terminal(audit):
    """No control octet but line ends, no hidden or turning character, nothing that is no UTF-8."""
    for name, database in audit.items():
        for kind in FORMATS:
            text = report(database, kind).decode("utf-8", "strict")
            ends = "\r\n" if kind == "csv" else "\n"
            bad = {c for c in text if (c < " " and c not in ends) or "\x7f" <= c <= "\x9f" or c in "\u202e\u200b\u2028\ufeff"}
            if bad:
                yield f"{name}: {kind} has {bad}"


def test_no_secret_is_told(audit):
    for name, database in audit.items():
        for kind in FORMATS:
            if any(secret in report(database, kind) for secret in SECRETS):
                yield f"{name}: {kind} tells a credential"
        if any(secret in run("report", "--format", "csv", "--table", "heads", database) for secret in SECRETS):
            yield f"{name}: heads tell a credential"


def test_json_ends_no_script(audit):
    for kind in ("json", "ndjson", "har"):
        if re.search(rb"[<>&]", report(audit["hostile"], kind)):
            yield f"{kind} has a character that HTML would see"


def test_csv_has_no_formula(audit):
    for view in ("exchanges", "findings", "issues", "heads"):
        text = run("report", "--format", "csv", "--table", view, audit["hostile"]).decode("utf-8")
        for line in csv.reader(io.StringIO(text, newline="")):
            for cell in line:
                if cell.lstrip(" \t\r\n")[:1] in ("=", "+", "-", "@") and not re.fullmatch(r"-?\d+", cell):
                    yield f"{view}: {cell!r} is a formula"


def test_markdown_is_text(audit):
    if not shutil.which("cmark-gfm"):
        return
    for more in ((), ("--top", "1000")):
        text = report(audit["hostile"], "markdown", *more)
        html = subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough"], input=text,
                              stdout=subprocess.PIPE, check=True).stdout.decode("utf-8")
        if re.search(r"<(script|img|a|em|del)\b", html):
            yield f"markup from the wire: {re.findall(r'<(?:script|img|a|em|del)[^>]*>', html)}"
        for table in re.findall(r"<table>.*?</table>", html, re.S):
            cells = {len(re.findall(r"<t[hd]\b", row)) for row in re.findall(r"<tr>.*?</tr>", table, re.S)}
            if len(cells) != 1:
                yield f"rows have {cells} cells"
        if "&lt;script&gt;alert(1)&lt;/script&gt;" not in html:
            yield "the URL is not shown as it is"


# ---------------------------------------------------------------- parts

def part(database, *more):
    return json.loads(report(database, "json", *more))


CHOICES = (
    (("--host", "static.*"), "host LIKE 'static.%'"),
    (("--host", "192.0.2.80"), "server = '192.0.2.80'"),
    (("--url", "*/assets/*"), "url LIKE '%/assets/%'"),
    (("--url", "/index.html", "--url", "/basket.html"), "target IN ('/index.html', '/basket.html')"),
    (("--client", "192.0.2.12"), "client = '192.0.2.12'"),
    (("--since", "+5s"), "requested_us >= 5000000 + (SELECT first_us FROM run)"),
    (("--until", "2026-11-22T10:16:40Z"), "requested_us <= 1795342600000000"),
    (("--since", "1795342600", "--host", "shop.*"), "requested_us >= 1795342600000000 AND host = 'shop.example'"),
    (("--host", "nobody"), "0"),
)


def test_a_part_is_that_part(audit):
    for options, where in CHOICES:
        document = part(audit["shop"], *options)
        ids = [row["id"] for row in rows(audit["shop"], f"SELECT id FROM exchanges WHERE {where} ORDER BY id")]
        found = [row["id"] for row in rows(audit["shop"], f"SELECT id FROM findings WHERE exchange_id IN (SELECT id FROM exchanges WHERE {where})")]
        if [e["id"] for e in document["exchanges"]] != ids:
            yield f"{options}: exchanges {[e['id'] for e in document['exchanges']]}, not {ids}"
        if [f["id"] for f in document["findings"]] != found:
            yield f"{options}: findings"


def test_the_laws_hold_in_a_part(audit):
    for options in [choice for choice, _ in CHOICES] + [("--rule", "304-*"), ("--rule", "waste", "--host", "shop.*")]:
        document = part(audit["shop"], *options)
        totals = document["totals"]
        claims = {}
        for finding in document["findings"]:
            for key in ("avoidable_bytes", "opportunity_bytes"):
                claims[finding["exchange_id"], key] = claims.get((finding["exchange_id"], key), 0) + finding[key]
        for exchange in document["exchanges"]:
            for key in ("avoidable_bytes", "opportunity_bytes"):
                if exchange[key] != claims.get((exchange["id"], key), 0):
                    yield f"{options}: exchange {exchange['id']} claims {exchange[key]}"
        if sum(f["avoidable_bytes"] for f in document["findings"]) != sum(totals[key] for key in WASTE[:3]):
            yield f"{options}: totals are not the sums"
        if sum(h["observed_bytes"] for h in document["hosts"]) != totals["observed_bytes"]:
            yield f"{options}: hosts are not the whole"
        for issue in document["issues"]:
            own = [f for f in document["findings"] if f["issue_id"] == issue["id"]]
            if issue["exchanges"] != len({f["exchange_id"] for f in own}) or issue["first_finding_id"] != min(f["id"] for f in own) \
                    or issue["avoidable_bytes"] != sum(f["avoidable_bytes"] for f in own):
                yield f"{options}: issue {issue['id']} does not fold its findings"


def test_rules_and_severities_choose_findings(audit):
    document = part(audit["shop"], "--rule", "304-missing-vary")
    if {f["rule"] for f in document["findings"]} != {"304-missing-vary"} or len(document["issues"]) < 2:
        yield f"--rule: {document['findings'][:1]}"
    concerned = {f["exchange_id"] for f in document["findings"]} | {f["reference_exchange_id"] for f in document["findings"]}
    if {e["id"] for e in document["exchanges"]} != concerned:
        yield "--rule lists other exchanges than those that are concerned"
    document = part(audit["shop"], "--severity", "warning")
    if {f["severity"] for f in document["findings"]} != {"error", "warning"} or not document["totals"]["avoidable_possible"]:
        yield "--severity changes more than what is shown"
    document = part(audit["shop"], "--top", "2")
    lengths = {key: len(document[key]) for key in ("issues", "findings", "exchanges", "hosts", "url_patterns")}
    if set(lengths.values()) != {2} or document["issues"][0]["avoidable_bytes"] == 0:
        yield f"--top 2: {lengths}"


def test_people_are_told_of_a_part(audit):
    for kind in ("terminal", "markdown"):
        if b"--host shop.*" not in report(audit["shop"], kind, "--host", "shop.*") or b"part" in report(audit["shop"], kind):
            yield f"{kind} does not say what was chosen"


# ---------------------------------------------------------------- compare

def conversation(after, times, reloads=True):
    """A service before and after a repair, as a transcript: of /a the tag was ignored, and is heeded; /b lacks its
    ETag in 304s, and still does; of /c the same, and nobody asks for it any more; /d is new, and as bad as /a was."""
    lines = ["# RFC 9110 §13.1.2: a tag that matches is answered by 304."]

    def exchange(path, response, *fields):
        lines.extend([">>>", f"GET /{path} HTTP/1.1", "Host: www.example.com", *fields, "", "<<<", *response, "", "### after 5s"])

    def sent(tag):
        return ["HTTP/1.1 200 OK", "Date: {{date}}", "Cache-Control: no-cache", f'ETag: "{tag}"', "Content-Length: {{length}}",
                "", "{{body 3000 %s}}" % tag]

    def unchanged(*fields):
        return ["HTTP/1.1 304 Not Modified", "Date: {{date}}", "Cache-Control: no-cache", *fields]

    paths = "abd" if after else "abc"
    for path in paths:
        exchange(path, sent(path))
    for _ in range(times):
        for path in paths:
            heeded = path == "a" and after
            exchange(path, unchanged('ETag: "a"') if heeded else sent(path) if path in "ad" else unchanged(),
                     f'If-None-Match: "{path}"')
    return "\n".join(lines + ["=== clean"])


def audit_of(folder, name, text):
    for suffix, content in ((".http", text),):
        with open(os.path.join(folder, name + suffix), "w", encoding="utf-8") as file:
            file.write(content)
    subprocess.run([FORGE, f"{name}.http", f"{name}.pcap"], cwd=folder, check=True)
    run("analyze", "-q", "-o", f"{name}.db", f"{name}.pcap", folder=folder)
    return f"{name}.db"


def compared(folder, *arguments, code=0):
    document = json.loads(run("compare", "--format", "json", *arguments, folder=folder, code=code))
    return document, {(row["rule"], row["url_pattern"]): row["state"] for row in document["issues"]}


def test_compare_knows_four_states(audit):
    folder = os.path.dirname(audit["shop"])
    before, after = (audit_of(folder, name, conversation(name == "after", 25)) for name in ("before", "after"))
    document, states = compared(folder, before, after)
    want = {("inm-match-got-200", "/a"): "fixed", ("304-missing-etag", "/b"): "remaining",
            ("304-missing-etag", "/c"): "not-exercised", ("inm-match-got-200", "/d"): "new"}
    if states != want:
        yield f"{states}"
    fixed = [row for row in document["issues"] if row["state"] == "fixed"]
    if document["saved_bytes"] != fixed[0]["avoidable_before"] * fixed[0]["requests_after"] // fixed[0]["requests_before"]:
        yield f"saved {document['saved_bytes']}"
    if sum(row["issues"] for row in document["states"].values()) != len(document["issues"]):
        yield f"{document['states']}"
    _, states = compared(folder, after, before)
    if states["inm-match-got-200", "/a"] != "new" or states["inm-match-got-200", "/d"] != "not-exercised":
        yield f"the other way round: {states}"
    if set(compared(folder, before, before)[1].values()) != {"remaining"}:
        yield "an audit differs from itself"


def test_compare_saves_nothing_on_a_guess(audit):
    """Asked for too seldom, or by a run that did not look: not exercised."""
    folder = os.path.dirname(audit["shop"])
    before, after = (audit_of(folder, name, conversation(name == "after", 25)) for name in ("before", "after"))
    few = audit_of(folder, "few-asked", conversation(True, 5))
    for name, arguments in (("too seldom", (before, few)), ("a higher bar", ("--min-exercised", "26", before, after))):
        document, states = compared(folder, *arguments)
        if states["inm-match-got-200", "/a"] != "not-exercised" or document["saved_bytes"]:
            yield f"{name}: {states}"
    run("analyze", "-q", "--skip", "inm-match-got-200", "-o", "blind.db", "after.pcap", folder=folder)
    if compared(folder, before, "blind.db")[1]["inm-match-got-200", "/a"] != "not-exercised":
        yield "a rule that was off counts as kept"


def test_compare_fails_on_what_is_new(audit):
    folder = os.path.dirname(audit["shop"])
    before, after = (audit_of(folder, name, conversation(name == "after", 25)) for name in ("before", "after"))
    for what, code in (("new-error", 1), ("new", 1), ("remaining-error", 1), ("remaining-waste", 1)):
        compared(folder, "--fail-on", what, before, after, code=code)
    compared(folder, "--fail-on", "new", before, before)
    for kind in ("terminal", "markdown"):
        text = run("compare", "--format", kind, "--fail-on", "new-error", before, after, folder=folder, code=1).decode("utf-8")
        if not all(word in text for word in ("Fixed", "Remaining", "New", "Not exercised", "www.example.com/d")):
            yield f"{kind}: {text}"
    analyze = ("analyze", "-o", "later.db", "--baseline", before, "--fail-on")
    text = run(*analyze, "new-error", "after.pcap", folder=folder, code=1).decode("utf-8")
    if "Fixed: 1 issue" not in text or "Avoidable: " not in text:
        yield f"analyze --baseline: {text}"
    if run(*analyze, "new-error", "-q", "before.pcap", folder=folder):
        yield "analyze --baseline --quiet prints"
    run("analyze", "-o", before, "--baseline", before, "after.pcap", folder=folder, code=2)
    run("analyze", "-o", "later.db", "--fail-on", "new-error", "after.pcap", folder=folder, code=2)
    run("analyze", "-o", "later.db", "--baseline", "none.db", "after.pcap", folder=folder, code=3)
    for pair in (("none.db", after), (before, "none.db"), ("absent", after)):
        run("compare", *pair, folder=folder, code=3)
    run("compare", "-o", after, before, after, folder=folder, code=4)
    if not rows(os.path.join(folder, after), "SELECT id FROM issues"):
        yield "an audit was overwritten"


# ---------------------------------------------------------------- files and exit codes

def test_what_is_written_is_whole(audit):
    folder = os.path.dirname(audit["shop"])
    for kind in FORMATS:
        out = os.path.join(folder, f"out.{kind}")
        run("report", "--format", kind, "-o", out, audit["shop"])
        with open(out, "rb") as file:
            if file.read() != run("report", "--format", kind, audit["shop"]):
                yield f"{kind}: -o writes something else"
        if os.stat(out).st_mode & 0o77:
            yield f"{kind}: others may read it"


def test_exit_codes(audit):
    folder = os.path.dirname(audit["shop"])
    with open(os.path.join(folder, "none.db"), "w", encoding="utf-8") as file:
        file.write("no database")
    shutil.copy(audit["shop"], os.path.join(folder, "newer.db"))
    con = sqlite3.connect(os.path.join(folder, "newer.db"))
    con.execute("PRAGMA user_version = 999")
    con.close()
    for kind in FORMATS:
        for name in ("none.db", "newer.db", "absent.db"):
            run("report", "--format", kind, "-o", "kept", name, code=3, folder=folder)
        run("report", "--format", kind, "-o", "no/such/folder/x", "shop.db", code=4, folder=folder)
        run("report", "--format", kind, "-o", "few.db", "shop.db", code=4, folder=folder)
        with open("/dev/full", "wb") as full:
            run("report", "--format", kind, "shop.db", code=4, folder=folder, stdout=full)
    if [name for name in os.listdir(folder) if name == "kept" or name.endswith(".tmp")]:
        yield f"left behind: {os.listdir(folder)}"


def main():
    if sys.argv[4:] == ["--bless"]:
        return bless()
    names = sys.argv[4:] or [name for name in globals() if name.startswith("test_")]
    complaints = []
    with audits() as audit:
        for name in names:
            try:
                complaints += [f"{name}: {complaint}" for complaint in globals()[name](audit)]
            except Exception as trouble:  # pylint: disable=broad-except
                complaints.append(f"{name}: {type(trouble).__name__}: {trouble}")
    print("\n".join(complaints) or f"{len(names)} passed")
    return 1 if complaints else 0


sys.exit(main())
