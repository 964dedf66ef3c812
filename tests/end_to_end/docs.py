# SPDX-License-Identifier: MIT
"""What the manual says, held against the program.

usage: docs.py BINARY SOURCE [TEST...]        runs every function below whose name begins with test_
       docs.py BINARY SOURCE --bless          writes the parts that the program prints anew

Each test yields what is not true. Prints a line per complaint; exits 1 if any.
"""
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

BINARY, SOURCE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
MARK = "<!-- report: printed by the program from examples/shop.pcap -->\n"
BLOCK = re.compile(re.escape(MARK) + r"\n```\n(.*?)```\n", re.S)


def page(name):
    with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
        return file.read()


def run(*arguments, folder=None):
    done = subprocess.run([BINARY, *arguments], cwd=folder, capture_output=True, timeout=600,
                          env={**os.environ, "TZ": "UTC", "NO_COLOR": "1"})
    if done.returncode != 0:
        sys.exit(f"wire304 {' '.join(arguments)}: exit {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode("utf-8")


def analyze_example(folder):
    return run("analyze", "--no-progress", os.path.join(SOURCE, "examples/shop.pcap"), folder=folder)


def example_report():
    with tempfile.TemporaryDirectory() as folder:
        return analyze_example(folder)


def differs(name, text):
    if page(name) != text:
        yield f"{name} is not what the program prints: `cmake --build BUILD --target manual` writes it anew"


def tables(text):
    """Cells of each row of the tables in a page of Markdown, without heads and rules."""
    for line in text.splitlines():
        if line.startswith("|") and not line.startswith("|---"):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


# ---------------------------------------------------------------- what is printed

def test_rules_are_printed():
    yield from differs("docs/rules.md", run("rules", "--format", "markdown"))


def test_manual_page_is_printed():
    yield from differs("docs/wire304.1", run("help", "--man"))


def test_manual_page_is_clean():
    path = os.path.join(SOURCE, "docs/wire304.1")
    for tool in (["man", "--warnings", "-l", path], ["mandoc", "-T", "lint", "-W", "warning", path]):
        if not shutil.which(tool[0]):
            continue
        done = subprocess.run(tool, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "MANPAGER": "cat"})
        said = done.stderr + (done.stdout if tool[0] == "mandoc" else b"")
        if said:
            yield f"{tool[0]}: {said.decode()}"


def test_readme_report_is_printed():
    block = BLOCK.search(page("README.md"))
    if not block:
        yield "README.md has no report after its marker"
    elif block[1] != example_report():
        yield "README.md: the report is not what the program prints: `cmake --build BUILD --target manual`"


# ---------------------------------------------------------------- 304.md

def cards():
    """{rule: (group, section, formerly)} from the program."""
    found = {}
    for rule in re.findall(r"^### (\S+)$", run("rules", "--format", "markdown"), re.M):
        card = run("explain", rule)
        facts = {name: " ".join(text.split()) for name, text in re.findall(r"^  (section|formerly|group) +(.*)$", card, re.M)}
        found[rule] = (facts["group"], facts["section"], facts["formerly"])
    return found


def test_304_names_rules_that_exist():
    text, rules = page("docs/304.md"), cards()
    rows = {row[0].strip("`"): tuple(row[1:]) for row in tables(text) if row[0].startswith("`")}
    body = text[:text.index("## The rules of this page")]
    named = {word for word in re.findall(r"`([a-z0-9-]+)`", body) if word in rules or word.startswith("304-")}
    if len(named) < 20:
        yield f"only {len(named)} rules are named"
    for rule in named - set(rules):
        yield f"docs/304.md names {rule}, which does not exist"
    for rule in named ^ set(rows):
        yield f"docs/304.md: {rule} stands in the text or in the table, and not in both"
    for rule, sections in rows.items():
        if rule in rules and sections != rules[rule][1:]:
            yield f"docs/304.md: sections of {rule} are {sections}, its card says {rules[rule][1:]}"
    for rule, (group, _, _) in rules.items():
        if group == "304-violation" and rule not in named:
            yield f"docs/304.md does not name {rule}"


def test_commands_that_are_shown_exist():
    for name in ["README.md"] + ["docs/" + file for file in sorted(os.listdir(os.path.join(SOURCE, "docs")))
                                if file.endswith(".md")]:
        for rule in re.findall(r"wire304 explain ([a-z0-9][a-z0-9-]+)", page(name)):
            run("explain", rule)
        for option in re.findall(r"`(--[a-z-]+)", page(name)):
            if not any(option in run("help", command) for command in ("compare", "evidence", "analyze", "live", "report", "rules", "explain")) and \
                    option not in ("--help", "--version", "--man", "--with-servers", "--build"):
                yield f"{name}: there is no option {option}"


# ---------------------------------------------------------------- database.md

def columns_of_page():
    """{view: [column...]}, as they stand in the page."""
    views = {}
    part = page("docs/database.md").split("## The views")[1].split("## Laws")[0]
    for section in re.split(r"^### ", part, flags=re.M)[1:]:
        name, _, text = section.partition("\n")
        rows = list(tables(text))[1:]
        views[name] = [column for row in rows for column in re.findall(r"`(\w+)`", row[0])]
    return views


def test_database_has_the_columns():
    with tempfile.TemporaryDirectory() as folder:
        analyze_example(folder)
        db = sqlite3.connect(os.path.join(folder, "shop.wire304.db"))
        views = {name: [row[1] for row in db.execute(f"PRAGMA table_info({name})")]
                 for name, in db.execute("SELECT name FROM sqlite_schema WHERE type = 'view'")}
        identity = db.execute("PRAGMA application_id").fetchone()[0]
    if str(identity) not in page("docs/database.md"):
        yield f"application_id is {identity}"
    written = columns_of_page()
    for view in sorted(set(views) | set(written)):
        if sorted(views.get(view, [])) != sorted(written.get(view, [])):
            yield f"docs/database.md: columns of {view}: {set(views.get(view, [])) ^ set(written.get(view, []))}"


def queries():
    for name in ("docs/sql.md", "docs/database.md", "docs/limits.md"):
        for query in re.findall(r"```sql\n(.*?)```", page(name), re.S):
            yield name, query


def test_queries_run():
    answered = 0
    with tempfile.TemporaryDirectory() as folder:
        analyze_example(folder)
        db = sqlite3.connect(os.path.join(folder, "shop.wire304.db"))
        for name, query in queries():
            try:
                answered += bool(db.execute(query).fetchall())
            except sqlite3.Error as error:
                yield f"{name}: {error}: {query}"
        if db.execute(list(queries())[-2][1]).fetchall() != [(1,)]:
            yield "docs/database.md: the books do not balance"
    if answered < 12:
        yield f"only {answered} queries have an answer in the example"


# ---------------------------------------------------------------- limits.md

def limits():
    """{name: number or text} of every limits.h."""
    found = {}
    for room in ("capture", "decode", "analysis", "reports"):
        text = page(f"{room}/limits.h").replace("\\\n", " ")
        for name, value in re.findall(r"^#define (LIMIT_\w+)\s+(.*?)\s*(?:/\*.*)?$", text, re.M):
            plain = re.sub(r"U?INT64_C\((\d+)\)", r"\1", value)
            plain = re.sub(r"(\d)[uUlL]+\b", r"\1", plain)
            found[name] = eval(plain) if re.fullmatch(r"[\d\s()<*+/-]+", plain) else value.strip("()")
    return found


def spellings(name, value):
    """How a limit may be written."""
    if isinstance(value, str):
        return [value]
    if name.endswith("_NS"):
        return [f"{value // unit} {word}" for unit, word in
                ((3600 * 10**9, "h"), (60 * 10**9, "min"), (10**9, "s"), (10**6, "ms")) if value % unit == 0]
    return [f"{value:,}"] + [f"{value >> shift} {word}" for shift, word in ((30, "GiB"), (20, "MiB"), (10, "KiB"))
                             if value % (1 << shift) == 0]


def test_limits_are_named():
    rows = {re.match(r"`(LIMIT_\w+)`", row[0])[1]: row[1] for row in tables(page("docs/limits.md"))
            if row[0].startswith("`LIMIT_")}
    known = limits()
    if len(known) < 50:
        yield f"only {len(known)} limits were found"
    for name in sorted(set(known) ^ set(rows)):
        yield f"{name} stands in limits.h or in docs/limits.md, and not in both"
    for name in set(known) & set(rows):
        if rows[name] not in spellings(name, known[name]):
            yield f"{name} is {known[name]}, docs/limits.md says {rows[name]}"


def test_caps_are_those_of_the_program():
    known = set()
    for table in ("decode/counters.def", "analysis/counts.def"):
        known |= set(re.findall(r'^(?:COUNTER|COUNT)_ROW\(\w+, "([a-z-]+)"', page(table), re.M))
    for cell in re.findall(r"caps_reached ((?:`[a-z-]+`(?:, )?)+)", page("docs/limits.md")):
        for name in re.findall(r"`([a-z-]+)`", cell):
            if name not in known:
                yield f"docs/limits.md: there is no counter {name}"


# ---------------------------------------------------------------- metrics

def metrics():
    """[(name, type, labels, help)] of metrics.def."""
    return re.findall(r'^METRIC_ROW\(\w+, "(\w+)", "(\w+)", "([^"]*)", "([^"]*)"\)', page("reports/live/metrics.def"), re.M)


def test_metrics_are_named():
    rows = {row[0].strip("`"): (row[1], row[2].replace("`", ""), row[3]) for row in tables(page("docs/live.md"))
            if re.match(r"`(wire304|process)_", row[0])}
    known = {name: tuple(facts) for name, *facts in metrics()}
    if len(known) < 25:
        yield f"only {len(known)} metrics were found"
    for name in sorted(set(rows) | set(known)):
        if rows.get(name) != known.get(name):
            yield f"docs/live.md says of {name}: {rows.get(name)}; metrics.def: {known.get(name)}"


def test_metrics_follow_the_conventions():
    for name, kind, labels, text in metrics():
        if (kind == "counter") != name.endswith("_total"):
            yield f"{name}: a counter ends in _total, and nothing else does"
        if re.search(r"_(ms|us|ns|kb|mb|percent|count)(_|$)", name) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            yield f"{name}: base units and small letters"
        if set(labels.replace(" ", "").split(",")) & {"host", "url", "client", "server"} or "\\" in text:
            yield f"{name}: a label without bound, or a help that would need escapes"


def test_dashboard_asks_for_what_there_is():
    board = json.loads(page("docs/grafana.json"))
    known = {name: set(labels.split(", ")) - {""} for name, _, labels, _ in metrics()}
    asked = set()
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            query = target["expr"]
            names = re.findall(r"\b(?:wire304|process)_\w+", query)
            asked |= set(names)
            own = set().union({"job", "instance"}, *(known.get(name, set()) for name in names))
            labels = set(re.findall(r"(\w+)=~?\"", query)) | set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            for by in re.findall(r"by \(([^)]*)\)", query):
                labels |= set(by.split(", "))
            for name in set(names) - set(known):
                yield f"docs/grafana.json: {panel['title']}: there is no metric {name}"
            for label in labels - own:
                yield f"docs/grafana.json: {panel['title']}: no label {label} in {query}"
    for name in set(known) - asked - {"wire304_build_info", "process_start_time_seconds", "wire304_metrics_scrapes_total",
                                      "wire304_coverage_packets", "wire304_coverage_connections", "wire304_coverage_unseen_bytes",
                                      "wire304_capture_last_packet_timestamp_seconds"}:
        yield f"docs/grafana.json shows nothing of {name}"


# ---------------------------------------------------------------- main

def write(name, text):
    with open(os.path.join(SOURCE, name), "w", encoding="utf-8") as file:
        file.write(text)


def bless():
    write("docs/rules.md", run("rules", "--format", "markdown"))
    write("docs/wire304.1", run("help", "--man"))
    for shell, name in (("bash", "wire304.bash"), ("zsh", "_wire304"), ("fish", "wire304.fish")):
        write(f"cmake/completions/{name}", run("help", "--completions", shell))
    report = example_report()
    write("README.md", BLOCK.sub(lambda _: f"{MARK}\n```\n{report}```\n", page("README.md")))


def main():
    if sys.argv[3:] == ["--bless"]:
        return bless()
    names = sys.argv[3:] or [name for name in globals() if name.startswith("test_")]
    complaints = [f"{name}: {complaint}" for name in names for complaint in globals()[name]()]
    print("\n".join(complaints) or f"{len(names)} passed")
    return 1 if complaints else 0


sys.exit(main())
