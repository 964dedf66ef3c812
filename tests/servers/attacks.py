#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Traffic that is made to use up memory, and an honest conversation in the middle of it.

usage: attacks.py RELEASE-BUILD [kind ...]

`bench/attack.c` makes the packets, `wire304 analyze` reads them from standard input with --memory 64MiB. Prints the peak of each. All that was cut off has to be counted, every packet has its place in
the coverage, and of the honest conversation the one violation is found, or nothing at all where it had to be forgotten.
"""
import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time

MEMORY, BESIDE = 64, 48  # MiB: what is asked for, and what stands beside it (docs/limits.md)
# kind: packets, the cap that it must run into (None: nothing is in its way), is the honest one kept
KINDS = {
    "syn-flood": (600000, "flows-evicted", True),
    "half-open": (600000, "flows-evicted", True),
    "requests-in-flight": (400000, "busy-in-all", False),
    "heads-of-all-sizes": (2000000, None, None),
    "endless-heads": (300000, "busy-in-all", None),
    "one-octet-each": (400000, "busy-in-all", None),
    "pipelines": (20000, "busy-in-all", None),
    "chunk-extensions": (300000, None, True),
    "endless-bodies": (300000, "busy-in-all", False),
    "holes": (300000, "held-in-all", True),
    "fragments": (300000, None, True),
    "nonsense": (600000, "identify", True),
    "urls": (300000, "urls-forgotten", None),
}


def run(build, kind, packets, database):
    generator = subprocess.Popen([f"{build}/bench/bench_attack", kind, str(packets)], stdout=subprocess.PIPE)
    reader = subprocess.Popen([f"{build}/wire304", "analyze", "-q", f"--memory={MEMORY}MiB", "-o", database, "-"], stdin=generator.stdout, stderr=subprocess.PIPE)
    generator.stdout.close()
    said = reader.stderr.read().decode()
    _, status, used = os.wait4(reader.pid, 0)
    reader.returncode = os.waitstatus_to_exitcode(status)
    generator.wait()
    return reader.returncode, said, used.ru_maxrss / 1024


def complaints(database, packets, cap, kept):
    with contextlib.closing(sqlite3.connect(database)) as db:
        def ask(query):
            return db.execute(query).fetchall()
        caps = {row["name"]: row["value"] for row in json.loads(ask("SELECT caps_reached FROM run")[0][0])}
        seen = ask("SELECT packets FROM run")[0][0]
        covered = ask("SELECT sum(packets) FROM coverage")[0][0]
        honest = ask("SELECT status, ending, flaws FROM exchanges WHERE host = 'honest.example' ORDER BY id")
        accused = ask("SELECT f.rule, f.severity, f.confidence FROM findings f JOIN exchanges e ON e.id = f.exchange_id"
                      " WHERE e.host = 'honest.example' AND f.severity IN ('error', 'warning')")
        forged = ask("SELECT DISTINCT rule FROM findings WHERE severity = 'error'")
        if ask("PRAGMA integrity_check") != [("ok",)]:
            yield "the database is damaged"
    if not packets <= seen < packets + 10:
        yield f"{seen} packets, not {packets}"
    if covered != seen:
        yield f"the coverage has {covered} packets of {seen}"
    if cap and not caps.get(cap):
        yield f"{cap} is not in caps_reached: {caps}"
    forgotten = any(ending != "complete" or "pairing" in flaws for _, ending, flaws in honest)
    found = [row[0] for row in accused]
    if kept is not None and forgotten == kept:
        yield f"the honest conversation was {'forgotten' if forgotten else 'kept'}: {honest}"
    if found != ([] if forgotten else ["304-unsolicited"]):
        yield f"of the honest conversation {honest} was said: {accused}"
    if set(row[0] for row in forged) - {"304-unsolicited"}:
        yield f"violations that nobody committed: {forged}"


def main():
    build, chosen, failed = os.path.abspath(sys.argv[1]), sys.argv[2:], 0
    for kind, (packets, cap, kept) in KINDS.items():
        if chosen and kind not in chosen:
            continue
        with tempfile.TemporaryDirectory(prefix="wire304-attack-") as folder:
            began = time.monotonic()
            code, said, peak = run(build, kind, packets, f"{folder}/a.db")
            wrong = [f"exit {code}: {said}"] if code else list(complaints(f"{folder}/a.db", packets, cap, kept))
        if peak > MEMORY + BESIDE:
            wrong.append(f"{peak:.0f} MiB, more than {MEMORY} and {BESIDE} beside")
        print(f"{kind}: {packets} packets, peak {peak:.0f} MiB of {MEMORY} + {BESIDE}, {time.monotonic() - began:.1f} s{'' if wrong else ', ok'}", flush=True)
        for line in wrong:
            print("   ", line)
        failed += bool(wrong)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
