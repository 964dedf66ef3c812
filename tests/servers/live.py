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

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import places  # noqa: E402

SKIP, KILLS, PORT = 77, 50, 8304
PATIENCE = 120  # seconds: costs nothing where all is well, however busy the machine is
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
        if not self.wait(lambda: socket.socket().connect_ex(("127.0.0.1", PORT)) == 0):
            raise RuntimeError("nginx did not start")

    def close(self):
        self.nginx.terminate()
        self.nginx.wait(PATIENCE)

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
        if not self.wait(lambda: any("sandbox" in line for line in p.said) or p.poll() is not None):
            raise RuntimeError("live did not start")

    def curl(self, *options, port=PORT):
        subprocess.run(["curl", "-s", "--max-time", str(PATIENCE), "-o", "/dev/null", *options, f"http://127.0.0.1:{port}/page.txt"], check=True)

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

    def wait(self, claim, seconds=PATIENCE):
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
        with contextlib.closing(sqlite3.connect(f"file:{database or self.database}?mode=ro", uri=True, timeout=PATIENCE)) as db:
            return db.execute(query, parameters).fetchall()


def stop(p, number=signal.SIGTERM):
    p.send_signal(number)
    p.wait(PATIENCE)
    p.reader.join(PATIENCE)
    return p.returncode


EXCHANGES = """SELECT method, url, status, outcome, etag, is_conditional, request_header_bytes, response_header_bytes, response_body_bytes,
    hex(body_hash), ending, avoidable_bytes, opportunity_bytes FROM exchanges ORDER BY id"""
FINDINGS = "SELECT rule, variant, severity, confidence, party, exchange_id, avoidable_bytes FROM findings ORDER BY exchange_id, rule"


@scenario
def live_says_what_analyze_says(place):
    record = f"{place.folder}/record.pcap"
    recording = places.Recording(record)
    p = place.live("--filter", "tcp")
    place.listening(p)
    for _ in range(5):
        place.visit()
    if not place.wait(lambda: place.exchanges() == 15):  # others read while it grows
        return [f"{place.exchanges()} exchanges were readable of a running live, not 15"]
    code = stop(p)
    recording.stop()
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
        if i % 5 == 0:  # so that there is something to lose, however slow the machine is
            place.wait(lambda: place.exchanges() > committed)
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
    visitor.join(PATIENCE)
    return wrong or ([] if committed >= KILLS / 5 else [f"only {committed} exchanges: nothing was shown"])


@scenario
def without_permission_it_says_how_to_get_it(place):
    os.chmod(f"{place.folder}/db", 0o777)
    p = place.live(user="nobody")
    p.wait(PATIENCE)
    p.reader.join(PATIENCE)
    text = "".join(p.said)
    return [] if p.returncode == 3 and "setcap" in text and text.count("\n") == 1 else [f"exit {p.returncode}: {text!r}"]


@scenario
def it_keeps_to_times(place):
    wrong = []
    for seconds in (3, 6, 12, 24, 48):  # until a visit was through well before the end
        place.database = f"{place.folder}/db/until{seconds}.db"
        began = time.monotonic()
        p = place.live("--filter", "tcp", "--until", f"+{seconds}s")
        place.listening(p)
        place.visit()
        visited = time.monotonic() - began
        p.wait(PATIENCE)
        p.reader.join(PATIENCE)
        if visited < seconds - 0.5:
            break
    else:
        return ["no visit took less than 48 s: nothing was shown"]
    if p.returncode != 0 or place.exchanges() != 3:
        wrong.append(f"--until: exit {p.returncode}, {place.exchanges()} exchanges: {''.join(p.said)}")
    place.database = f"{place.folder}/db/from.db"
    p = place.live("--filter", "tcp", "--from", "+1h", "--duration", "3s")
    place.listening(p)
    place.visit()
    p.wait(PATIENCE)
    p.reader.join(PATIENCE)
    if p.returncode != 5 or place.exchanges() != 0:
        wrong.append(f"--from: exit {p.returncode}, {place.exchanges()} exchanges: {''.join(p.said)}")
    p = place.live("--until", "2001-01-01T00:00:00Z")
    p.wait(PATIENCE)
    p.reader.join(PATIENCE)
    return wrong if p.returncode == 2 else [*wrong, f"an end that is over already: exit {p.returncode}: {''.join(p.said)}"]


def lost_on_the_way(interface):
    """Packets sent there that the kernel had no room for before anybody could see them."""
    with open("/proc/net/dev", encoding="ascii") as f:
        return next(int(line.split(":")[1].split()[11]) for line in f if line.split(":")[0].strip() == interface)


def own_names_of_namespaces():
    """What `ip netns add` makes is seen by nobody else and gone with this process: its mounts are its own."""
    os.makedirs("/run/netns", exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run/netns"], check=True)


def enter_namespaces(tools, file):
    """Goes on where no network and no mount but its own is seen; False, and says why, where it cannot."""
    missing = [tool for tool in ("unshare", "ip", *tools) if not shutil.which(tool)]
    if missing or os.geteuid() != 0:
        print("skipped: needs", ", ".join(missing) or "root, for a network namespace")
        return False
    if "WIRE304_INSIDE" in os.environ:
        own_names_of_namespaces()
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
