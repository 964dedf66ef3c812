#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`wire304 live` on the loopback interface of a network namespace of its own, with real traffic.

usage: live.py BINARY [scenario ...]

What it says while it runs and afterwards, what it may still do, what a kill leaves.
Exits 77 (skipped) where namespaces or nginx and curl are not to be had.
"""
import contextlib
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

SKIP, KILLS, PORT = 77, 50, 8304
SCENARIOS = {}
# without these a sanitized program cannot look for leaks once it may not trace itself
QUIET_LEAKS = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")


def scenario(f, into=SCENARIOS):
    into[f.__name__.replace("_", "-")] = f
    return f


class Place:
    """A folder, an nginx that serves two files in it, and live runs into one database."""

    def __init__(self, binary, folder):
        self.binary, self.folder, self.database = binary, folder, f"{folder}/db/live.db"
        os.makedirs(f"{folder}/site")
        os.makedirs(f"{folder}/db")
        with open(f"{folder}/site/page.txt", "w") as f:
            f.writelines(f"line {i} of a page\n" for i in range(500))
        with open(f"{folder}/conf", "w") as f:
            temp = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            f.write(f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/log; events {{ worker_connections 64; }}\n"
                    f"http {{ access_log off; {temp} server {{ listen 127.0.0.1:{PORT}; root {folder}/site; }} }}\n")
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        self.nginx = subprocess.Popen(["nginx", "-c", f"{folder}/conf", "-e", f"{folder}/log"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", PORT), 1):
                return
            time.sleep(0.05)
        raise RuntimeError("nginx did not start")

    def close(self):
        self.nginx.terminate()
        self.nginx.wait(5)

    def live(self, *options, **how):
        p = subprocess.Popen([self.binary, "live", "-i", "lo", "-o", self.database, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             text=True, env=QUIET_LEAKS, **how)
        p.said = []
        p.reader = threading.Thread(target=lambda: p.said.extend(iter(p.stderr.readline, "")), daemon=True)
        p.reader.start()
        p.printer = threading.Thread(target=p.stdout.read, daemon=True)
        p.printer.start()
        return p

    def listening(self, p):
        """Waits until it has lost its privileges, which it says."""
        for _ in range(200):
            if any("sandbox" in line for line in p.said) or p.poll() is not None:
                return
            time.sleep(0.05)
        raise RuntimeError("live did not start")

    def curl(self, *options, port=PORT):
        subprocess.run(["curl", "-s", "--max-time", "10", "-o", "/dev/null", *options, f"http://127.0.0.1:{port}/page.txt"], check=True)

    def proxy(self):
        """An nginx in front of the other one, on the next port; to be terminated."""
        with open(f"{self.folder}/proxy.conf", "w") as f:
            temp = "".join(f"{kind}_temp_path {self.folder}/p-{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            f.write(f"daemon off; master_process off; pid {self.folder}/proxy.pid; error_log {self.folder}/log; events {{ worker_connections 64; }}\n"
                    f"http {{ access_log off; {temp} server {{ listen {PORT + 1}; location / {{ proxy_pass http://127.0.0.1:{PORT};\n"
                    f"proxy_set_header Via '1.1 proxy'; proxy_set_header X-Forwarded-For $remote_addr; add_header Via '1.1 proxy'; }} }} }}\n")
        proxy = subprocess.Popen(["nginx", "-c", f"{self.folder}/proxy.conf", "-e", f"{self.folder}/log"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait(lambda: socket.socket().connect_ex(("127.0.0.1", PORT + 1)) == 0)
        return proxy

    def wait(self, claim, seconds=10):
        """Until a claim holds; whether it does in the end."""
        end = time.monotonic() + seconds
        while not claim() and time.monotonic() < end:
            time.sleep(0.05)
        return claim()

    def exchanges(self, database=None):
        return self.ask("SELECT count(*) FROM exchanges", database=database)[0][0]

    def visit(self):
        tag = f"{self.folder}/tag"
        self.curl("--etag-save", tag)
        self.curl("--etag-compare", tag)
        self.curl()

    def ask(self, query, parameters=(), database=None):
        with contextlib.closing(sqlite3.connect(f"file:{database or self.database}?mode=ro", uri=True, timeout=10)) as db:
            return db.execute(query, parameters).fetchall()


def stop(p, number=signal.SIGTERM):
    p.send_signal(number)
    p.wait(30)
    p.reader.join(5)
    return p.returncode


EXCHANGES = """SELECT method, url, status, outcome, etag, is_conditional, request_header_bytes, response_header_bytes, response_body_bytes,
    hex(body_hash), ending, avoidable_bytes, opportunity_bytes FROM exchanges ORDER BY id"""
FINDINGS = "SELECT rule, variant, severity, confidence, party, exchange_id, avoidable_bytes FROM findings ORDER BY exchange_id, rule"


@scenario
def live_says_what_analyze_says(place):
    record = f"{place.folder}/record.pcap"
    tcpdump = subprocess.Popen(["tcpdump", "-i", "lo", "--immediate-mode", "-U", "-Z", "root", "-w", record, "tcp"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    p = place.live("--filter", "tcp")
    place.listening(p)
    for _ in range(100):
        if os.path.exists(record) and os.path.getsize(record) >= 24:
            break
        time.sleep(0.05)
    for _ in range(5):
        place.visit()
    for _ in range(60):  # others read while it grows
        if place.ask("SELECT count(*) FROM exchanges")[0][0] == 15:
            break
        time.sleep(0.1)
    else:
        return ["15 exchanges were not readable within 6 s of a running live"]
    code = stop(p)
    tcpdump.send_signal(signal.SIGINT)
    tcpdump.wait(10)
    offline = f"{place.folder}/offline.db"
    subprocess.run([place.binary, "analyze", "-q", "-o", offline, record], check=True)
    wrong = [f"exit {code}, not 0"] if code else []
    for query in (EXCHANGES, FINDINGS):
        if place.ask(query) != place.ask(query, database=offline):
            wrong.append(f"differs from analyze: {query.split()[1]} ...")
    if not place.ask(FINDINGS):
        wrong.append("no finding at all: the comparison shows nothing")
    return wrong


@scenario
def it_can_do_little(place):
    p = place.live()
    place.listening(p)
    with open(f"/proc/{p.pid}/status") as f:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
    wrong = [f"{name} is {status[name]}" for name, good in (("CapEff", "0000000000000000"), ("CapPrm", "0000000000000000"), ("NoNewPrivs", "1"), ("Seccomp", "2"))
             if status[name] != good]
    if "0" in status["Uid"].split():
        wrong.append(f"still uid {status['Uid']}")
    if stop(p) != 5:
        wrong.append(f"exit {p.returncode} after a run without HTTP, not 5")
    return wrong


@scenario
def a_stopped_run_goes_on(place):
    for run in (1, 2):
        p = place.live()
        place.listening(p)
        place.visit()
        time.sleep(0.5)
        if stop(p):
            return [f"run {run}: exit {p.returncode}: {p.said}"]
    wrong = []
    if place.ask("SELECT count(*), min(id), max(id) FROM exchanges") != [(6, 1, 6)]:
        wrong.append(f"exchanges {place.ask('SELECT count(*), min(id), max(id) FROM exchanges')}")
    if place.ask("SELECT exchanges FROM totals") != [(6,)]:
        wrong.append(f"totals {place.ask('SELECT * FROM totals')}")
    if place.ask("SELECT sum(exchanges) FROM coverage") != [(6,)]:
        wrong.append("coverage forgets the first run")
    if place.ask("SELECT count(*) FROM (SELECT DISTINCT connection_id FROM exchanges)") != [(6,)]:
        wrong.append("connections of two runs share an id")
    return wrong


@scenario
def a_kill_at_the_beginning_leaves_what_can_go_on(place):
    p = place.live()
    place.listening(p)
    place.visit()
    place.wait(lambda: place.exchanges() == 3)
    stop(p, signal.SIGKILL)
    p = place.live()
    place.listening(p)
    place.visit()
    code = stop(p)
    return [] if code == 0 and place.exchanges() == 6 else [f"exit {code}: {p.said}"]


@scenario
def fifty_kills_lose_nothing_committed(place):
    wrong, committed = [], 0
    over = threading.Event()

    def traffic():
        while not over.is_set():
            with contextlib.suppress(subprocess.CalledProcessError):
                place.visit()
    visitor = threading.Thread(target=traffic, daemon=True)
    visitor.start()
    chance = random.Random(304)
    for i in range(KILLS):
        p = place.live()
        place.listening(p)
        if p.poll() is not None:
            wrong.append(f"kill {i}: it did not go on: {p.said}")
            break
        time.sleep(chance.uniform(0, 1.3))
        known = place.ask("SELECT count(*) FROM exchanges")[0][0]
        stop(p, signal.SIGKILL)
        with contextlib.closing(sqlite3.connect(place.database)) as db:
            if db.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                wrong.append(f"kill {i}: damaged")
        count = place.ask("SELECT count(*) FROM exchanges")[0][0]
        if count < known or known < committed:
            wrong.append(f"kill {i}: {committed}, {known}, then {count} exchanges")
        committed = count
    over.set()
    visitor.join(10)
    return wrong or ([] if committed > KILLS else [f"only {committed} exchanges: nothing was shown"])


@scenario
def without_permission_it_says_how_to_get_it(place):
    os.chmod(f"{place.folder}/db", 0o777)
    p = place.live(user="nobody")
    p.wait(10)
    p.reader.join(5)
    text = "".join(p.said)
    return [] if p.returncode == 3 and "setcap" in text and text.count("\n") == 1 else [f"exit {p.returncode}: {text!r}"]


@scenario
def it_keeps_to_times(place):
    wrong = []
    for bounds, ends in ((("--until", "+3s"), True), (("--from", "+1h", "--duration", "3s"), False)):
        place.database = f"{place.folder}/db/times{ends}.db"
        p = place.live("--filter", "tcp", *bounds)
        place.listening(p)
        place.visit()
        p.wait(20)
        p.reader.join(5)
        if p.returncode != (0 if ends else 5):
            wrong.append(f"{bounds}: exit {p.returncode}: {''.join(p.said)}")
        if place.exchanges() != (3 if ends else 0):
            wrong.append(f"{bounds}: {place.exchanges()} exchanges")
    p = place.live("--until", "2001-01-01T00:00:00Z")
    p.wait(10)
    p.reader.join(5)
    return wrong if p.returncode == 2 else [*wrong, f"an end that is over already: exit {p.returncode}: {''.join(p.said)}"]


def enter_namespaces(tools, file):
    """Goes on where no network and no mount but its own is seen; False, and says why, where it cannot."""
    missing = [tool for tool in ("unshare", "ip", *tools) if not shutil.which(tool)]
    if missing or os.geteuid() != 0:
        print("skipped: needs", ", ".join(missing) or "root, for a network namespace")
        return False
    if "WIRE304_INSIDE" in os.environ:
        return True
    if subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True).returncode:
        print("skipped: namespaces are not permitted here")
        return False
    os.execvpe("unshare", ["unshare", "--net", "--mount", sys.executable, os.path.abspath(file), os.path.abspath(sys.argv[1]), *sys.argv[2:]], dict(os.environ, WIRE304_INSIDE="1"))


def main(scenarios, file, tools=("nginx", "curl", "tcpdump")):
    binary, chosen = os.path.abspath(sys.argv[1]), sys.argv[2:]
    if not enter_namespaces(tools, file):
        return SKIP
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    failed = 0
    for name, run in scenarios.items():
        if chosen and name not in chosen:
            continue
        with tempfile.TemporaryDirectory(prefix="wire304-live-") as folder:
            os.chmod(folder, 0o755)
            place = Place(binary, folder)
            began = time.monotonic()
            try:
                wrong = run(place)
            finally:
                place.close()
        print(f"{name}: {'ok' if not wrong else ''} {time.monotonic() - began:.1f} s", flush=True)
        for line in wrong:
            print("   ", line)
        failed += bool(wrong)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(SCENARIOS, __file__))
