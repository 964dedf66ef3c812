#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same attacks as attacks.py, sent over a pair of virtual interfaces to `wire304 live` in its sandbox, with the caps as they are by default.

usage: attacks_live.py RELEASE-BUILD [kind ...]

tcpreplay sends as fast as it can. Prints and bounds the peak of memory, in which the kernel's rings (64 MiB) are. Each packet was read or counted as dropped, the database is whole, and nobody is accused of what he has not done.
Exits 77 (skipped) without namespaces or tcpreplay.
"""
import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from live import SKIP, lost_on_the_way  # noqa: E402

# kind: packets, MiB at most, a cap that has to be met unless packets were lost
KINDS = {
    "syn-flood": (400000, 208, "flows-evicted"),
    "half-open": (300000, 208, None),
    "requests-in-flight": (150000, 448, None),
    "endless-heads": (100000, 448, None),
    "one-octet-each": (150000, 160, None),
    "pipelines": (8000, 448, None),
    "holes": (100000, 448, None),
}


def ask(database, query):
    with contextlib.closing(sqlite3.connect(database)) as db:
        return db.execute(query).fetchall()


def send(capture):
    """Packets that came to the other end, and packets sent a second."""
    lost = lost_on_the_way("wire0")
    done = subprocess.run(["tcpreplay", "-q", "-i", "wire0", "--topspeed", capture], capture_output=True, text=True, timeout=600)
    sent = re.search(r"Actual: (\d+) packets", done.stdout + done.stderr)
    rate = re.search(r"([\d.]+) pps", done.stdout + done.stderr)
    if not sent:
        raise RuntimeError(f"tcpreplay: {done.stdout}{done.stderr}")
    return int(sent[1]) - (lost_on_the_way("wire0") - lost), float(rate[1]) if rate else 0


def attack(build, folder, kind, packets):
    """What live became of it: exit code, what it said, peak, packets sent, their rate, the database."""
    capture, database = f"{folder}/{kind}.pcap", f"{folder}/db/{kind}.db"
    with open(capture, "wb") as f:
        subprocess.run([f"{build}/bench/bench_attack", kind, str(packets)], check=True, stdout=f)
    p = subprocess.Popen([f"{build}/wire304", "live", "-i", "wire1", "-o", database, "--user", "nobody"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = p.stderr.readline()
    if "few system calls" not in said:
        raise RuntimeError(f"no sandbox: {said}")
    sent, rate = send(capture)
    time.sleep(0.5)
    p.send_signal(signal.SIGTERM)
    said = p.stderr.read()
    _, status, used = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    return p.returncode, said, used.ru_maxrss / 1024, sent, rate, database


def complaints(kind, code, said, peak, sent, database):
    _, most, cap = KINDS[kind]
    if code not in (0, 5):
        yield f"exit {code}: {said}"
        return
    read, dropped = ask(database, "SELECT packets, dropped_by_kernel FROM run")[0]
    caps = {row["name"] for row in json.loads(ask(database, "SELECT caps_reached FROM run")[0][0] or "[]")}
    if peak > most:
        yield f"{peak:.0f} MiB, more than {most}"
    if read + dropped < sent:
        yield f"{sent - read - dropped} of {sent} packets are neither read nor dropped"
    if ask(database, "SELECT sum(packets) FROM coverage") != [(read,)]:
        yield f"the coverage has {ask(database, 'SELECT sum(packets) FROM coverage')} packets of {read}"
    if cap and not dropped and cap not in caps:
        yield f"{cap} is not in caps_reached: {caps}"
    accused = {row[0] for row in ask(database, "SELECT DISTINCT rule FROM findings WHERE severity = 'error' AND confidence <> 'possible'")}
    if accused - {"304-unsolicited"}:
        yield f"violations that nobody committed: {accused}"
    if ask(database, "PRAGMA integrity_check") != [("ok",)]:
        yield "the database is damaged"


def main():
    build, chosen = os.path.abspath(sys.argv[1]), sys.argv[2:]
    missing = [tool for tool in ("unshare", "ip", "tcpreplay") if not shutil.which(tool)]
    if missing or os.geteuid() != 0:
        print("skipped: needs", ", ".join(missing) or "root, for a network namespace")
        return SKIP
    if "WIRE304_INSIDE" not in os.environ:
        if subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True).returncode:
            print("skipped: namespaces are not permitted here")
            return SKIP
        os.execvpe("unshare", ["unshare", "--net", "--mount", sys.executable, os.path.abspath(__file__), build, *chosen], dict(os.environ, WIRE304_INSIDE="1"))
    for command in ("ip link set lo up", "ip link add wire0 type veth peer name wire1", "ip link set wire0 up", "ip link set wire1 up"):
        if subprocess.run(command.split(), capture_output=True).returncode:
            print("skipped: no virtual interfaces here")
            return SKIP
    failed = 0
    for kind, (packets, most, _) in KINDS.items():
        if chosen and kind not in chosen:
            continue
        with tempfile.TemporaryDirectory(prefix="wire304-attack-") as folder:
            os.chmod(folder, 0o755)
            os.mkdir(f"{folder}/db")
            os.chmod(f"{folder}/db", 0o777)
            code, said, peak, sent, rate, database = attack(build, folder, kind, packets)
            wrong = list(complaints(kind, code, said, peak, sent, database))
            read, dropped = ask(database, "SELECT packets, dropped_by_kernel FROM run")[0] if code in (0, 5) else (0, 0)
        print(f"{kind}: {rate / 1000:.0f}k packets/s, {read} of {sent} read, {dropped} dropped, peak {peak:.0f} MiB of {most}{'' if wrong else ', ok'}", flush=True)
        for line in wrong:
            print("   ", line)
        failed += bool(wrong)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
