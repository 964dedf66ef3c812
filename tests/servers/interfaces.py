#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `wire304 live` takes from interfaces: several rings and threads, several interfaces, `any`, and what its own filter lets through.

usage: interfaces.py BINARY GENERATE [scenario ...]

On virtual interfaces in a network namespace of its own. Exits 77 (skipped) where that or the tools are not to be had.
"""
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from live import lost_on_the_way, own_names_of_namespaces  # noqa: E402

SKIP, PORT = 77, 8304
TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
CAPTURES = [f"{TESTS}/captures/{name}.pcap" for name in ("apache-expires", "nginx-lifetimes", "raw-304s")]  # with something to be found
SCENARIOS = {}
QUIET_LEAKS = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")
GENERATE = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else ""


def scenario(f):
    SCENARIOS[f.__name__.replace("_", "-")] = f
    return f


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def pair(name, namespace=None):
    """Two interfaces that are joined; the second one in another namespace, if there is one."""
    ip("link", "add", f"{name}0", "type", "veth", "peer", "name", f"{name}1", *(("netns", namespace) if namespace else ()))
    ip("link", "set", f"{name}0", "up")
    ip(*(("-n", namespace) if namespace else ()), "link", "set", f"{name}1", "up")


def packets_of(record):
    """How many whole packets tcpdump has written by now."""
    with open(record, "rb") as f:
        octets = f.read()
    at, n = 24, 0
    while at + 16 <= len(octets) and at + 16 + struct.unpack_from("<I", octets, at + 8)[0] <= len(octets):
        at, n = at + 16 + struct.unpack_from("<I", octets, at + 8)[0], n + 1
    return n


def eventually(claim, seconds=120):
    end = time.monotonic() + seconds
    while not claim() and time.monotonic() < end:
        time.sleep(0.05)
    return claim()


class Live:
    def __init__(self, binary, database, *options):
        self.database = database
        self.p = subprocess.Popen([binary, "live", "--plain", "-o", database, *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=QUIET_LEAKS)
        self.said = []
        self.reader = threading.Thread(target=lambda: self.said.extend(iter(self.p.stderr.readline, "")), daemon=True)
        self.reader.start()
        if not eventually(lambda: any("sandbox" in line for line in self.said) or self.p.poll() is not None):
            raise RuntimeError("live did not start")

    def threads(self):
        return os.listdir(f"/proc/{self.p.pid}/task")

    def stop(self):
        self.p.send_signal(signal.SIGTERM)
        self.p.wait(120)
        self.reader.join(120)
        return [] if self.p.returncode in (0, 5) else [f"exit {self.p.returncode}: {self.said}"]

    def ask(self, query):
        return ask(self.database, query)


def ask(database, query):
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=120)) as db:
        return db.execute(query).fetchall()


def views(database):
    """What an audit says: all but where packets were, and when it was made."""
    exchanges = [row[1] for row in ask(database, "PRAGMA table_info(exchanges)") if row[1] not in ("request_file", "request_frame", "response_file", "response_frame", "heads")]
    queries = [f"SELECT {', '.join(exchanges)} FROM exchanges ORDER BY id",
               "SELECT rule, variant, severity, confidence, party, exchange_id, avoidable_bytes, opportunity_bytes FROM findings ORDER BY id",
               "SELECT rule, outcome, guard, exchanges FROM checks ORDER BY 1, 2, 3", "SELECT * FROM totals"]
    return {query: ask(database, query) for query in queries}


def unless_late(attempt):
    """What is wrong with an attempt in which no packet came too late to be put in order. That happens on a
    busy machine, is counted, and has verdicts differ (docs/live.md): such an attempt shows nothing."""
    for number in range(5):
        late, wrong = attempt(number)
        if not late:
            return wrong
    return [*wrong, f"{late} packets came late, for the fifth time"]


def late_in(database):
    return sum(entry.get("late", 0) for entry in json.loads(ask(database, "SELECT inputs FROM run")[0][0]))


def replayed(binary, folder, capture, jobs, number):
    """Replayed, and recorded beside: (packets that came late, what is wrong)."""
    database, offline, record = f"{folder}/db/live{jobs}-{number}.db", f"{folder}/offline{jobs}-{number}.db", f"{folder}/record{jobs}-{number}.pcap"
    tcpdump = subprocess.Popen(["tcpdump", "-i", "wire1", "-j", "host", "--nano", "-U", "-B", "65536", "-Z", "root", "-w", record, "tcp"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if not eventually(lambda: os.path.exists(record) and os.path.getsize(record) >= 24):
        return 0, [f"tcpdump did not start: {tcpdump.poll()}"]
    live = Live(binary, database, "-i", "wire1", "--jobs", jobs, "--filter", "tcp")
    lost = lost_on_the_way("wire0")
    sent = subprocess.run(["tcpreplay", "-q", "-i", "wire0", "--preload-pcap", "--pps=12000", capture, *CAPTURES], capture_output=True, text=True, timeout=600)
    count = sum(int(number) for number in re.findall(r"Actual: (\d+) packets", sent.stdout + sent.stderr)[-1:])
    count -= lost_on_the_way("wire0") - lost
    threads, groups = len(live.threads()), re.findall(r"fanout\(id:(\d+),type:hash", subprocess.run(["ss", "-0", "-e", "-n"], capture_output=True, text=True).stdout)
    eventually(lambda: packets_of(record) >= count)
    wrong = live.stop()
    tcpdump.send_signal(signal.SIGINT)
    said = tcpdump.communicate(timeout=120)[1]
    read, dropped = ask(database, "SELECT packets, dropped_by_kernel FROM run")[0]
    late = late_in(database)
    print(f"    --jobs {jobs}: {threads} threads, {read} of {count} packets read, {dropped} dropped, {late} late, {ask(database, 'SELECT count(*) FROM exchanges')[0][0]} exchanges, "
          f"{ask(database, 'SELECT count(*) FROM findings')[0][0]} findings")
    if threads < min(int(jobs), 3) or (jobs == "1" and threads > 1):  # a sanitizer may have one of its own
        wrong.append(f"--jobs {jobs}: {threads} threads")
    if len(groups) != (int(jobs) if jobs != "1" else 0) or len(set(groups)) > 1:
        wrong.append(f"--jobs {jobs}: {len(groups)} rings that share the interface, in groups {groups}")
    if " 0 packets dropped by kernel" not in " " + said.replace("\n", " "):
        return late, [*wrong, f"tcpdump lost packets, nothing can be compared: {said}"]
    subprocess.run([binary, "analyze", "-q", "--force", "-o", offline, record], check=True)
    if read != count or dropped:
        wrong.append(f"--jobs {jobs}: {read} of {count} packets, {dropped} dropped")
    there, here = views(offline), views(database)
    wrong += [f"--jobs {jobs}: differs from analyze: {query[:60]}" for query in there if there[query] != here[query]]
    if not ask(database, "SELECT 1 FROM findings"):
        wrong.append("no finding at all: the comparison shows nothing")
    return late, wrong


@scenario
def rings_and_threads_change_nothing(binary, folder):
    """One thread and one ring, two, three and four say what analyze says."""
    pair("wire")
    capture = f"{folder}/made.pcap"
    subprocess.run([GENERATE, "many-304s", "-c", "300", "-m", "4", "-o", capture], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [line for jobs in ("1", "2", "3", "4") for line in unless_late(lambda number, jobs=jobs: replayed(binary, folder, capture, jobs, number))]


@scenario
def no_thread_can_do_more_than_another(binary, folder):
    pair("wire")
    live = Live(binary, f"{folder}/db/live.db", "-i", "wire1", "--jobs", "3", "--user", "nobody")
    wrong = [] if eventually(lambda: len(live.threads()) >= 3) else [f"{len(live.threads())} threads"]
    for task in live.threads():
        with open(f"/proc/{live.p.pid}/task/{task}/status", encoding="utf-8") as f:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
        wrong += [f"{status['Name']}: {name} is {status[name]}" for name, good in (("CapEff", "0" * 16), ("CapPrm", "0" * 16), ("CapBnd", "0" * 16), ("NoNewPrivs", "1"), ("Seccomp", "2"))
                  if status[name] != good]
        if "0" in status["Uid"].split():
            wrong.append(f"uid {status['Uid']}")
    return wrong + live.stop()


class Far:
    """Another namespace, joined by two pairs, with a server for each address of ours."""

    def __init__(self):
        self.name = f"w304far{os.getpid()}"  # the names are the machine's, whoever else runs a test there
        ip("netns", "add", self.name)
        for i, name in enumerate(("left", "right")):
            pair(name, self.name)
            ip("address", "add", f"10.83.{i}.1/24", "dev", f"{name}0")
            ip("-n", self.name, "address", "add", f"10.83.{i}.2/24", "dev", f"{name}1")
        self.server = socket.create_server(("0.0.0.0", PORT))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.server.accept()
                peer.recv(4096)
                peer.sendall(b"HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nETag: \"a\"\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")
                peer.close()

    def fetch(self, side):
        subprocess.run(["ip", "netns", "exec", self.name, "curl", "-s", "--max-time", "120", "-o", "/dev/null", f"http://10.83.{side}.1:{PORT}/page"], check=True)

    def close(self):
        self.server.close()
        ip("netns", "delete", self.name)


def fetched(binary, folder, far, names, jobs, number):
    """From both sides in turn: (packets that came late, what is wrong)."""
    database = f"{folder}/db/{'-'.join(names)}{jobs}-{number}.db"
    live = Live(binary, database, *(word for name in names for word in ("-i", name)), "--jobs", jobs, "--filter", f"tcp port {PORT}")
    for _ in range(4):
        far.fetch(0)
        far.fetch(1)
    expected = 4 if names == ("left0",) else 8
    seen = eventually(lambda: ask(database, "SELECT count(*) FROM exchanges")[0][0] >= expected)
    wrong = live.stop()
    times = [row[0] for row in ask(database, "SELECT requested_us FROM exchanges ORDER BY id")]
    hosts = [row[0] for row in ask(database, "SELECT host FROM exchanges ORDER BY id")]
    inputs = json.loads(ask(database, "SELECT inputs FROM run")[0][0])
    if not seen or len(times) != expected or times != sorted(times):
        wrong.append(f"{names}, --jobs {jobs}: {len(times)} exchanges, at {times}")
    if expected == 8 and [host.split(":")[0] for host in hosts] != ["10.83.0.1", "10.83.1.1"] * 4:
        wrong.append(f"{names}, --jobs {jobs}: {hosts}")
    if [entry["file"] for entry in inputs] != list(names) or not all(entry["packets"] for entry in inputs):
        wrong.append(f"{names}, --jobs {jobs}: {inputs}")
    return late_in(database), wrong


@scenario
def several_interfaces_are_one_capture(binary, folder):
    far, wrong = Far(), []
    try:
        for names, all_jobs in ((("left0", "right0"), "12"), (("any",), "12"), (("left0",), "2")):
            for jobs in all_jobs:
                wrong += unless_late(lambda number, names=names, jobs=jobs: fetched(binary, folder, far, names, jobs, number))
    finally:
        far.close()
    return wrong


@scenario
def one_of_two_interfaces_goes_away(binary, folder):
    """The other one goes on; that one is missing is told, by the exit code too."""
    far, wrong = Far(), []
    try:
        live = Live(binary, f"{folder}/db/live.db", "-i", "left0", "-i", "right0", "--jobs", "2")
        far.fetch(0)
        far.fetch(1)
        eventually(lambda: live.ask("SELECT count(*) FROM exchanges") == [(2,)])  # what the kernel has not handed on yet goes with the interface
        ip("link", "delete", "left0")
        time.sleep(0.5)
        far.fetch(1)
        if not eventually(lambda: live.ask("SELECT count(*) FROM exchanges") == [(3,)]):
            wrong.append(f"{live.ask('SELECT count(*) FROM exchanges')[0][0]} exchanges, not 3")
        live.stop()
        if live.p.returncode != 3 or not any("left0" in line for line in live.said):
            wrong.append(f"exit {live.p.returncode}: {live.said}")
    finally:
        far.close()
    return wrong


# ---- what the filter lets through

def internet(protocol, payload, flags=0, ident=7):
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, flags, 64, protocol, 0, bytes([192, 0, 2, 1]), bytes([198, 51, 100, 2])) + payload


def internet6(next_header, payload):
    return struct.pack("!IHBB16s16s", 6 << 28, len(payload), next_header, 64, bytes([0x20, 1, 0xd, 0xb8] + [0] * 11 + [1]), bytes([0x20, 1, 0xd, 0xb8] + [0] * 11 + [2])) + payload


def tcp(payload=b""):
    return struct.pack("!HHIIBBHHH", 40000, 80, 1, 1, 0x50, 0x18, 1000, 0, 0) + payload


def udp(port, payload=b"x" * 64):
    return struct.pack("!HHHH", 40000, port, 8 + len(payload), 0) + payload


def ethernet(ethertype, payload):
    return bytes([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1]) + struct.pack("!H", ethertype) + payload


LET_THROUGH = {
    "TCP": ethernet(0x0800, internet(6, tcp())),
    "TCP over IPv6": ethernet(0x86dd, internet6(6, tcp())),
    "first fragment": ethernet(0x0800, internet(6, tcp(b"y" * 60), flags=0x2000)),
    "last fragment": ethernet(0x0800, internet(6, b"z" * 60, flags=0x0009)),
    "fragment of IPv6": ethernet(0x86dd, internet6(44, struct.pack("!BBHI", 6, 0, 8, 1) + b"z" * 40)),
    "VLAN": ethernet(0x8100, struct.pack("!HH", 7, 0x0800) + internet(6, tcp())),
    "VLAN in VLAN": ethernet(0x88a8, struct.pack("!HHHH", 9, 0x8100, 7, 0x0800) + internet(6, tcp())),
    "MPLS": ethernet(0x8847, struct.pack("!I", 5 << 12 | 1 << 8 | 64) + internet(6, tcp())),
    "QUIC": ethernet(0x0800, internet(17, udp(443))),
    "QUIC over IPv6": ethernet(0x86dd, internet6(17, udp(443))),
    "IP in IP": ethernet(0x0800, internet(4, internet(6, tcp()))),
    "GRE": ethernet(0x0800, internet(47, struct.pack("!HH", 0, 0x0800) + internet(6, tcp()))),
    "VXLAN": ethernet(0x0800, internet(17, udp(4789, struct.pack("!II", 8 << 24, 5 << 8) + ethernet(0x0800, internet(6, tcp()))))),
}
LEFT_OUT = {
    "DNS": ethernet(0x0800, internet(17, udp(53))),
    "ICMP": ethernet(0x0800, internet(1, b"\x08\0" + bytes(30))),
    "ARP": ethernet(0x0806, bytes(46)),
    "DNS over IPv6": ethernet(0x86dd, internet6(17, udp(53))),
}


@scenario
def the_filter_keeps_what_may_carry_http(binary, folder):
    with contextlib.suppress(OSError), open("/proc/sys/net/ipv6/conf/default/disable_ipv6", "w", encoding="ascii") as f:
        f.write("1")  # what the kernel says itself is no part of this
    pair("wire")
    wrong = []
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind(("wire0", 0))
    arrived = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)  # the kernel may take its time between the two ends
    arrived.bind(("wire1", 3))  # ETH_P_ALL
    arrived.settimeout(120)

    def passed(name, frames):
        database = f"{folder}/db/{name.replace(' ', '-')}.db"
        live = Live(binary, database, "-i", "wire1", "--no-sandbox")
        for frame in frames:
            out.send(frame.ljust(60, b"\0"))
        for _ in frames:
            arrived.recv(2048)
        wrong.extend(live.stop())
        return ask(database, "SELECT packets FROM run")[0][0]
    if passed("all", LET_THROUGH.values()) != len(LET_THROUGH):
        wrong += [f"{name} is left out" for name, frame in LET_THROUGH.items() if passed(name, [frame]) != 1] or ["not all was let through at once"]
    if (read := passed("none", LEFT_OUT.values())):
        wrong.append(f"{read} packets of {list(LEFT_OUT)} were let through")
    return wrong


def main():
    binary, chosen = os.path.abspath(sys.argv[1]), sys.argv[3:]
    missing = [tool for tool in ("unshare", "ip", "ss", "tcpdump", "tcpreplay", "curl") if not shutil.which(tool)]
    if missing or os.geteuid() != 0:
        print("skipped: needs", ", ".join(missing) or "root, for a network namespace")
        return SKIP
    if subprocess.run(["unshare", "--net", "--mount", "ip", "link", "add", "type", "veth"], capture_output=True).returncode:
        print("skipped: no namespaces or no virtual interfaces here")
        return SKIP
    if os.environ.get("WIRE304_INSIDE") not in SCENARIOS:
        return max([subprocess.run(["unshare", "--net", "--mount", sys.executable, os.path.abspath(__file__), binary, GENERATE], env=dict(os.environ, WIRE304_INSIDE=name), check=False).returncode
                    for name in SCENARIOS if not chosen or name in chosen])
    name = os.environ["WIRE304_INSIDE"]
    own_names_of_namespaces()
    ip("link", "set", "lo", "up")
    with tempfile.TemporaryDirectory(prefix="wire304-interfaces-") as folder:
        os.chmod(folder, 0o755)
        os.mkdir(f"{folder}/db")
        os.chmod(f"{folder}/db", 0o777)
        began = time.monotonic()
        wrong = SCENARIOS[name](binary, folder)
    print(f"{name}: {'ok' if not wrong else ''} {time.monotonic() - began:.1f} s", flush=True)
    for line in wrong:
        print("   ", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
