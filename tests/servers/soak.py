#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How much of a link `wire304 live` keeps up with, over a pair of virtual interfaces, for less than a minute.

usage: soak.py RELEASE-BUILD

tcpreplay sends traffic of `bench/generate.c` in a loop. Found is the highest of some rates without a packet dropped, held for SOAK seconds, and printed beside what a bare libpcap loop with the same ring takes as fast as tcpreplay can
send. Then as fast as it can into 8 MiB, with one thread and with two, and into a ring of 1 MiB: packets are lost, which has to be told, and no violation may come of it. Exits 77 (skipped) without namespaces or tcpreplay.
"""
import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from live import SKIP, enter_namespaces, lost_on_the_way  # noqa: E402

SOAK, STEP = 12, 3
RATES = (200, 150, 100, 60, 30, 15)  # thousands of packets a second


def replay(capture, seconds, rate=None):
    """Packets that came to the other end, and packets sent a second."""
    how = [f"--pps={rate}"] if rate else ["--topspeed"]
    lost = lost_on_the_way("wire0")
    done = subprocess.run(["tcpreplay", "-q", "-i", "wire0", "--preload-pcap", "--loop=0", f"--duration={seconds}", *how, capture], capture_output=True, text=True, timeout=seconds + 120)
    actual = re.search(r"Actual: (\d+) packets", done.stdout + done.stderr)
    if not actual:
        raise RuntimeError(f"tcpreplay: {done.stdout}{done.stderr}")
    return int(actual[1]) - (lost_on_the_way("wire0") - lost), int(actual[1]) / seconds


def bare(build, capture):
    p = subprocess.Popen([f"{build}/bench/bench_bare", "wire1", str(STEP + 4)], stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    sent, rate = replay(capture, STEP)
    packets, _, dropped = map(int, p.communicate(timeout=120)[0].split())
    return sent, rate, packets, dropped


def live(build, folder, name, capture, seconds, rate=None, *options):
    """(packets sent, rate, packets read, dropped, exit code, database)"""
    database = f"{folder}/{name}.db"
    p = subprocess.Popen([f"{build}/wire304", "live", "-q", "--no-sandbox", "-i", "wire1", "-o", database, *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for _ in range(1200):
        if os.path.exists(database):
            break
        time.sleep(0.05)
    time.sleep(0.5)
    sent, rate = replay(capture, seconds, rate)
    p.send_signal(signal.SIGTERM)
    said = p.communicate(timeout=300)[1]
    with contextlib.closing(sqlite3.connect(database)) as db:
        packets, dropped = db.execute("SELECT packets, dropped_by_kernel FROM run").fetchone()
    if p.returncode:
        raise RuntimeError(f"exit {p.returncode}: {said}")
    return sent, rate, packets, dropped, database


def held(build, folder, capture):
    """The highest rate that a step of STEP seconds shows no drop at, and then SOAK seconds neither."""
    for rate in RATES:
        *_, dropped, _ = live(build, folder, f"try-{rate}", capture, STEP, rate * 1000)
        if dropped:
            continue
        sent, reached, packets, dropped, _ = live(build, folder, f"soak-{rate}", capture, SOAK, rate * 1000)
        if not dropped:
            return sent, reached, packets
    return None


def violations(database):
    with contextlib.closing(sqlite3.connect(database)) as db:
        return (set(db.execute("SELECT DISTINCT rule FROM findings WHERE severity = 'error' AND confidence <> 'possible'")),
                db.execute("SELECT coalesce(sum(unseen_bytes), 0) FROM coverage").fetchone()[0])


def soak(build, folder):
    capture = f"{folder}/traffic.pcap"
    subprocess.run([f"{build}/bench/bench_generate", "many-304s", "-c", "2000", "-m", "60", "-o", capture], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wrong = []
    sent, rate, packets, dropped = bare(build, capture)
    print(f"bare libpcap: {rate / 1000:.0f}k packets/s sent as fast as can be, {packets} of {sent} read, {dropped} dropped", flush=True)
    best = held(build, folder, capture)
    if best:
        print(f"wire304 live: {best[1] / 1000:.0f}k packets/s for {SOAK} s, {best[2]} of {best[0]} read, none dropped", flush=True)
        if best[2] < best[0]:
            wrong.append(f"{best[0] - best[2]} packets are neither read nor dropped")
    else:
        wrong.append(f"packets were dropped at {RATES[-1]}k packets/s")
    for jobs in ("1", "2"):
        sent, rate, packets, dropped, _ = live(build, folder, f"jobs-{jobs}", capture, STEP, None, "--jobs", jobs, "--buffer", "8MiB")
        print(f"wire304 live --jobs {jobs}, rings of 8 MiB in all: {rate / 1000:.0f}k packets/s as fast as can be sent, {packets} of {sent} read, {dropped} dropped ({dropped * 100 / max(sent, 1):.1f} %)", flush=True)
        if packets + dropped < sent:
            wrong.append(f"--jobs {jobs}: {sent - packets - dropped} packets are neither read nor dropped")
    clean = f"{folder}/clean.db"
    subprocess.run([f"{build}/wire304", "analyze", "-q", "-o", clean, capture], check=True)
    sent, rate, packets, dropped, database = live(build, folder, "lossy", capture, STEP, None, "--buffer", "1MiB")
    errors, unseen = violations(database)
    print(f"wire304 live, a ring of 1 MiB: {rate / 1000:.0f}k packets/s, {packets} of {sent} read, {dropped} dropped", flush=True)
    if packets + dropped < sent:
        wrong.append(f"{sent - packets - dropped} packets are neither read nor dropped")
    if not dropped:
        print("    (nothing was lost: that verdicts are withheld was not shown)")
    elif not unseen:
        wrong.append("packets were dropped, and the coverage says that nothing is missing")
    if errors - violations(clean)[0]:
        wrong.append(f"losses made violations: {errors - violations(clean)[0]}")
    return wrong


def main():
    build = os.path.abspath(sys.argv[1])
    if not enter_namespaces(("tcpreplay",), __file__):
        return SKIP
    for command in ("ip link add wire0 type veth peer name wire1", "ip link set wire0 up", "ip link set wire1 up"):
        if subprocess.run(command.split(), capture_output=True).returncode:
            print("skipped: no virtual interfaces here")
            return SKIP
    with tempfile.TemporaryDirectory(prefix="wire304-soak-") as folder:
        wrong = soak(build, folder)
    for line in wrong:
        print("   ", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
