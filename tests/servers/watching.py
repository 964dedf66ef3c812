#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who looks on while `wire304 live` runs: Prometheus, a reader of --ndjson.

usage: watching.py BINARY [scenario ...]

In a network namespace of its own. Exits 77 (skipped) where that or the tools are not to be had.
"""
import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import live
from live import stop

PORT, REQUESTS = 9304, 1500
URL = f"http://127.0.0.1:{PORT}/metrics"
SCENARIOS = {}
SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')


def scenario(f):
    return live.scenario(f, SCENARIOS)


def scrape(url=URL, patience=live.PATIENCE):
    with urllib.request.urlopen(url, timeout=patience) as answer:
        return answer.read().decode()


def value(text, name, **labels):
    """The sum of the samples of that name that have these labels; None where there is none."""
    found = None
    for line in text.splitlines():
        match = SAMPLE.match(line)
        if match and match[1] == name and all(f'{key}="{word}"' in (match[2] or "") for key, word in labels.items()):
            found = (found or 0) + float(match[3])
    return found


def eventually(what, seconds=live.PATIENCE):
    """True once what() is; False after so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.1)
    return False


def raw(request, port=PORT):
    """A connection that has said `request` and nothing else."""
    connection = socket.create_connection(("127.0.0.1", port), live.PATIENCE)
    connection.sendall(request)
    return connection


@scenario
def metrics_are_what_the_database_says(place):
    p = place.live("--metrics", str(PORT), "--filter", "tcp port 8304")
    place.listening(p)
    for _ in range(3):
        place.visit()
    wrong = []
    if not eventually(lambda: value(scrape(), "wire304_exchanges_total") == 9):
        wrong.append(f"exchanges {value(scrape(), 'wire304_exchanges_total')}, not 9")
    eventually(lambda: (value(scrape(), "wire304_coverage_bytes", reason="read") or 0) > 0)
    text, findings = "", 0

    def told_the_same():  # a finding may come later than its exchange, and be counted in the next commit
        nonlocal text, findings
        text, findings = scrape(), place.ask("SELECT count(*) FROM findings")[0][0]
        return findings and value(text, "wire304_findings_total") == findings
    eventually(told_the_same)
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
    if checked.returncode or checked.stderr or checked.stdout:
        wrong.append(f"promtool: {checked.stdout}{checked.stderr}")
    series = [line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")]
    if len(series) != len(set(series)):
        wrong.append("a series twice")
    if stop(p):
        wrong.append(f"exit {p.returncode}: {p.said}")
    for query, name, labels in (
            (f"SELECT {findings}", "wire304_findings_total", {}),
            ("SELECT count(*) FROM exchanges WHERE outcome = 'not-modified'", "wire304_exchanges_total", {"outcome": "not-modified"}),
            ("SELECT sum(response_body_bytes) FROM exchanges", "wire304_exchange_bytes_total", {"message": "response", "part": "body"}),
            ("SELECT sum(status BETWEEN 300 AND 399) FROM exchanges", "wire304_responses_total", {"class": "3xx"})):
        told, there = value(text, name, **labels), place.ask(query)[0][0]
        if told != there:
            wrong.append(f"{name}{labels}: {told}, the database says {there}")
    if not value(text, "wire304_findings_total") or value(text, "wire304_capture_interface_up", interface="lo") != 1 or value(text, "wire304_database_commits_total") < 1:
        wrong.append("something was not counted at all")
    return wrong


@scenario
def the_dashboard_is_promql(place):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/grafana.json"), encoding="utf-8") as f:
        queries = [target["expr"] for panel in json.load(f)["panels"] for target in panel.get("targets", [])]
    rules = [{"record": f"query:{i}", "expr": query.replace("$__rate_interval", "5m")} for i, query in enumerate(queries)]
    path = f"{place.folder}/rules.yml"
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, f)  # JSON is YAML
    checked = subprocess.run(["promtool", "check", "rules", path], text=True, capture_output=True)
    return [] if checked.returncode == 0 and f"{len(queries)} rules found" in checked.stdout else [checked.stdout + checked.stderr]


@scenario
def who_names_a_metric_names_one_that_is_served(place):
    """The dashboard's queries, by name and label, and the manual's table, which names all of them."""
    docs = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs")
    with open(f"{docs}/grafana.json", encoding="utf-8") as f:
        queries = " ".join(target["expr"] for panel in json.load(f)["panels"] for target in panel.get("targets", []))
    with open(f"{docs}/live.md", encoding="utf-8") as f:
        rows = re.findall(r"^\| `(\w+)` \| (?:gauge|counter) \| (.*?) \|", f.read(), re.M)
    table = {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    p = place.live("--metrics", str(PORT), "--filter", "tcp port 8304")
    place.listening(p)
    for _ in range(3):
        place.visit()
    eventually(lambda: (value(scrape(), "wire304_coverage_bytes", reason="read") or 0) > 0)
    text = scrape()
    stop(p)
    served = set(re.findall(r"^# TYPE (\w+) ", text, re.M))
    labels = {}
    for line in text.splitlines():
        if match := SAMPLE.match(line):
            labels.setdefault(match[1], set()).update(re.findall(r'(\w+)="', match[2] or ""))
    wrong = [f"the dashboard names {name}" for name in sorted(set(re.findall(r"\b(?:wire304|process)_\w+", queries)) - served)]
    known = set().union(*table.values())
    wrong += [f"the dashboard groups by {label}" for group in re.findall(r"\bby \(([^)]*)\)", queries) for label in re.split(r"[,\s]+", group)
              if label and label not in known | {"instance", "job"}]
    wrong += [f"live.md and what is served differ in {name}" for name in sorted(served ^ set(table))]
    wrong += [f"{name} has {labels[name]}, live.md says {table[name]}" for name in sorted(set(labels) & set(table)) if labels[name] != table[name]]
    return wrong or ([] if len(served) > 25 else [f"only {len(served)} metrics were served"])


@scenario
def the_socket_is_for_this_machine_alone(place):
    p = place.live("--metrics", str(PORT))
    place.listening(p)
    sockets = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True).stdout
    wrong = [] if f"127.0.0.1:{PORT}" in sockets else [f"listens at {sockets}"]
    for path, method, status in (("/", "GET", 404), ("/metrics", "POST", 405), ("/metrics/../x", "GET", 404)):
        try:
            urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", method=method), timeout=live.PATIENCE)
            wrong.append(f"{method} {path} was answered")
        except urllib.error.HTTPError as error:
            if error.code != status:
                wrong.append(f"{method} {path}: {error.code}, not {status}")
    with open(f"/proc/{p.pid}/status") as f:
        if "Seccomp:\t2" not in f.read():
            wrong.append("no seccomp")
    stop(p)
    return wrong


@scenario
def clients_that_dawdle_do_not_stop_the_capture(place):
    """Silent ones, ones that ask and never read, half requests: the capture goes on, and after 10 s others are served."""
    p = place.live("--metrics", str(PORT), "--filter", "tcp port 8304")
    place.listening(p)
    began = time.monotonic()
    for _ in range(3):
        place.visit()
    eventually(lambda: place.exchanges() == 9)
    usual = time.monotonic() - began  # on this machine, as busy as it is
    held = []
    for i in range(60):  # four times what it takes at once
        request = (b"", b"GET /metrics HTTP/1.1\r\nHost: x\r\n", b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 20)[i % 3]
        with contextlib.suppress(OSError):
            held.append(raw(request))
    over = threading.Event()

    def drip():
        while not over.is_set():
            for connection in held:
                with contextlib.suppress(OSError):
                    connection.send(b"X: y\r\n")
            time.sleep(1)
    dripper = threading.Thread(target=drip, daemon=True)
    dripper.start()
    began = time.monotonic()
    for _ in range(3):
        place.visit()
    wrong = []
    if not eventually(lambda: place.exchanges() == 18, 5 + 4 * usual):
        wrong.append(f"exchanges {place.exchanges()} after {time.monotonic() - began:.1f} s, not 18; without them it took {usual:.1f} s")
    descriptors = len(os.listdir(f"/proc/{p.pid}/fd"))
    if descriptors > 16 + 20:
        wrong.append(f"{descriptors} descriptors")
    while time.monotonic() - began < 2 * live.PATIENCE:
        with contextlib.suppress(OSError):
            if value(scrape(patience=5), "wire304_exchanges_total") == 18:
                break
    else:
        wrong.append("nobody else was served")
    over.set()
    dripper.join(5)
    for connection in held:
        connection.close()
    if stop(p):
        wrong.append(f"exit {p.returncode}: {p.said}")
    if value_of_drops := place.ask("SELECT dropped_by_kernel FROM run")[0][0]:
        wrong.append(f"{value_of_drops} packets were dropped")
    return wrong


def lines_of(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.endswith("\n")]  # the last one may be half written


@scenario
def findings_come_as_they_are_made(place):
    told, report = f"{place.folder}/db/told.ndjson", f"{place.folder}/report.ndjson"
    p = place.live("--ndjson", told, "--window", "1s")
    place.listening(p)
    place.visit()
    early = eventually(lambda: len(lines_of(told)) > 0)
    for _ in range(3):
        place.visit()
    code = stop(p)
    subprocess.run([place.binary, "report", "--format", "ndjson", "-o", report, place.database], check=True)
    wrong = [f"exit {code}: {p.said}"] if code else []
    if not early:
        wrong.append("no finding while it ran")
    findings = [line for line in lines_of(report) if line["event_type"] == "alert"]
    if lines_of(told) != findings or not findings:
        wrong.append(f"{len(lines_of(told))} lines, not the {len(findings)} of the report")
    return wrong


def fetch_again_and_again(n):
    connection = http.client.HTTPConnection("127.0.0.1", 8304, timeout=live.PATIENCE)
    for _ in range(n):
        connection.request("GET", "/page.txt")
        connection.getresponse().read()
    connection.close()


@scenario
def a_reader_that_sleeps_or_leaves_does_not_stop_the_capture(place):
    wrong = []
    for leaves in (False, True):
        end, ours = os.pipe()
        if leaves:
            os.close(end)
        p = subprocess.Popen([place.binary, "live", "-i", "lo", "-o", place.database, "--ndjson", "-", "--filter", "tcp port 8304"],
                             stdout=ours, stderr=subprocess.PIPE, text=True, env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
        os.close(ours)
        p.said = []
        p.reader = threading.Thread(target=lambda: p.said.extend(iter(p.stderr.readline, "")), daemon=True)
        p.reader.start()
        place.listening(p)
        before = place.ask("SELECT count(*) FROM exchanges")[0][0]
        fetch_again_and_again(REQUESTS)
        if not eventually(lambda: place.ask("SELECT count(*) FROM exchanges")[0][0] == before + REQUESTS):
            wrong.append(f"exchanges {place.ask('SELECT count(*) FROM exchanges')}, not {before + REQUESTS}")
        code = stop(p)
        if code:
            wrong.append(f"exit {code}: {p.said}")
        if not any(f"were not written: its reader is {'gone' if leaves else 'too slow'}" in line for line in p.said):
            wrong.append(f"not told: {p.said}")
        if not leaves:
            os.close(end)
    return wrong


@scenario
def a_service_manager_is_told(place):
    """As the unit starts it: another user, CAP_NET_RAW alone, a socket to tell."""
    path = f"{place.folder}/notify"
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(path)
    manager.settimeout(live.PATIENCE)
    os.chmod(path, 0o777)
    shutil.chown(f"{place.folder}/db", "nobody", "nogroup")
    environment = dict(os.environ, NOTIFY_SOCKET=path, WATCHDOG_USEC="400000", ASAN_OPTIONS="detect_leaks=0")
    environment.pop("WATCHDOG_PID", None)
    p = subprocess.Popen(["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--inh-caps", "-all,+net_raw", "--ambient-caps", "-all,+net_raw",
                          "--bounding-set", "-all,+net_raw", "--no-new-privs", place.binary, "live", "--plain", "-i", "lo", "-o", place.database, "--metrics", str(PORT)],
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
    p.said = []
    p.reader = threading.Thread(target=lambda: p.said.extend(iter(p.stderr.readline, "")), daemon=True)
    p.reader.start()
    wrong, told = [], []

    def hear(text, times=1):
        with contextlib.suppress(socket.timeout):
            while sum(text in line for line in told) < times:
                told.append(manager.recv(4096).decode())
            return
        wrong.append(f"not told {text}: {told}, {p.said}")
    hear("READY=1")
    with open(f"/proc/{p.pid}/status", encoding="utf-8") as f:
        if not {"CapEff:\t0000000000000000\n", "CapPrm:\t0000000000000000\n", "Seccomp:\t2\n"} <= set(f):
            wrong.append(f"ready before it had given up its rights: {p.said}")
    if not eventually(lambda: any("no capabilities" in line for line in p.said)):  # what it says a thread of this test reads
        wrong.append(f"it does not say that it has: {p.said}")
    place.visit()
    hear("WATCHDOG=1", 8)
    hear("STATUS=")
    if "wire304_build_info" not in scrape():
        wrong.append("no metrics")
    code = stop(p)
    hear("STOPPING=1")
    if code or place.ask("SELECT count(*) FROM exchanges")[0][0] < 3:
        wrong.append(f"exit {code}: {p.said}")
    return wrong


class Terminal:
    """A live run in a tmux of its own, whose screen can be read and typed at."""

    def __init__(self, place, *options, columns=110, lines=36, locale="C.UTF-8"):
        self.socket = f"wire304-{os.getpid()}"
        command = [place.binary, "live", "-i", "lo", "-o", place.database, "--filter", "tcp portrange 8304-8305", *options]
        subprocess.run(["tmux", "-L", self.socket, "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(lines),
                        "env", "ASAN_OPTIONS=detect_leaks=0", f"LC_ALL={locale}", "TERM=screen-256color", "sh", "-c", 'trap : INT; "$@"; echo "exit $?"; sleep 1000', "sh", *command],
                       check=True)

    def tmux(self, *words):
        done = subprocess.run(["tmux", "-L", self.socket, *words], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"tmux {words}: {done.stderr}")
        return done.stdout

    def shown(self):
        return self.tmux("capture-pane", "-p")

    def said(self):
        """With what was scrolled away."""
        return self.tmux("capture-pane", "-p", "-S", "-200")

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def shows(self, *texts, seconds=live.PATIENCE):
        return eventually(lambda: all(text in self.shown() for text in texts), seconds)

    def has_said(self, *texts):
        return eventually(lambda: all(text in self.said() for text in texts))

    def close(self):
        subprocess.run(["tmux", "-L", self.socket, "kill-server"], capture_output=True)


def refuse_everything_once(request):
    """A server that answers a request with 304, whatever it was."""
    with socket.create_server(("127.0.0.1", 8305)) as server:
        client = socket.create_connection(server.getsockname())
        peer, _ = server.accept()
        client.sendall(request)
        peer.recv(4096)
        peer.sendall(b"HTTP/1.1 304 Not Modified\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\n\r\n")
        client.recv(4096)
        client.close()
        peer.close()


@scenario
def the_screen_shows_what_goes_on(place):
    terminal = Terminal(place)
    wrong = []

    def expect(*texts, what):
        if not terminal.shows(*texts):
            wrong.append(f"{what}: {texts} not on\n{terminal.shown()}")
    try:
        expect("wire304 live  lo", "no issue yet", "q quit", what="at the start")
        for _ in range(3):
            place.visit()
        raw(b"GET /none HTTP/1.1\r\nHost: h\r\n\r\n", 8304).close()
        refuse_everything_once(b"GET /\x1b]0;stolen\x07\x1b[2J\xc3\xa9?\xe2\x80\xaex HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        expect("11 exchanges", "avoidable", "100% of the bytes", "unconditional-refetch", what="after four visits")
        expect("304-unsolicited", "evil.example/", "stolen", what="a violation whose URL would steer a terminal")
        if "wire304 live" not in terminal.shown():
            wrong.append("the wire steered the terminal")
        terminal.type("s")
        expect("issues by what another policy", what="sorted")
        terminal.type("s", "s", "s", "Enter")
        expect("avoidable", "held against", "finding", "Esc back", what="a card")
        terminal.type("Down", "Escape")
        expect("latest errors and warnings", what="back")
        terminal.type("?")
        expect("sort the issues", what="help")
        terminal.type("x", "p")
        expect("PAUSED", what="paused")
        terminal.type("p")
        terminal.tmux("resize-window", "-x", "80", "-y", "24")
        expect(" avoidable ", "by the interface", "11 exchanges", "0 findings/s", "unconditional-refetch ", "304-unsolicited ", "? help", what="80 x 24, where nothing of ours is cut")
        terminal.tmux("resize-window", "-x", "60", "-y", "14")
        expect("wire304 live", "issues by", "? help", what="60 x 14")
        terminal.tmux("resize-window", "-x", "30", "-y", "6")
        expect("too small", what="30 x 6")
        terminal.tmux("resize-window", "-x", "200", "-y", "50")
        expect("latest errors and warnings", what="200 x 50")
        terminal.type("q")
        if not terminal.shows("exit 0") or not terminal.has_said("sandbox: user", "11 HTTP exchanges"):
            wrong.append(f"after it was left:\n{terminal.said()}")
    finally:
        terminal.close()
    return wrong


@scenario
def plain_is_a_line(place):
    terminal = Terminal(place, "--plain")
    try:
        place.visit() if terminal.shows("sandbox") else None
        if not terminal.shows("3 exchanges, ", "could be audited"):
            return [terminal.shown()]
        terminal.type("C-c")
        return [] if terminal.shows("exit 0") else [terminal.shown()]
    finally:
        terminal.close()


if __name__ == "__main__":
    sys.exit(live.main(SCENARIOS, __file__, ("nginx", "curl", "promtool", "ss", "tmux", "setpriv")))
