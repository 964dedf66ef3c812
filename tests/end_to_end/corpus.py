# SPDX-License-Identifier: MIT
"""Every capture of a corpus by others, through the program.

usage: corpus.py BINARY FOLDER [CAPTURE...]

The folder (or $WIRE304_CORPUS) holds captures and truth/*.tsv, the exchanges that another dissector
sees. Per capture: the exit status is 0, 5 (nothing to audit) or 3 (damaged), no sanitizer speaks, the
database keeps its laws and is the same twice; and every truth row whose pairing is firm (`fifo`) is
found: same method, host, target and status, as often as it is there. What lies inside TLS, HTTP/2 and
QUIC cannot be read yet: those rows are skipped, and the skip is said. Exits 77 where there is no folder.
"""
import collections
import csv
import os
import re
import sys
import tempfile

import laws

# HTTP in these lies inside TLS, HTTP/2 or QUIC, which are not read yet.
INSIDE = re.compile(r"(tls|quic|_h2_|dsb)")


def host_of(text):
    return re.sub(r":80$", "", (text or "").strip().lower())


def key_of(method, host, target, status):
    return method or "", host_of(host), target or "", str(status or "")


def truth_of(folder, capture):
    path = os.path.join(folder, "truth", capture + ".tsv")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return collections.Counter(key_of(r["method"], r["host"], r["uri"], r["status"])
                                   for r in rows if r["pairing"] == "fifo")


def found_in(database):
    con = laws.open_database(database)
    rows = con.execute("SELECT method, host, target, status FROM exchanges").fetchall()
    con.close()
    return collections.Counter(key_of(*(v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in row))
                               for row in rows)


def judge_truth(folder, capture, database):
    truth = truth_of(folder, capture)
    if not truth:
        return [], 0, ""
    if INSIDE.search(capture):
        return [], 0, f"{sum(truth.values())} rows inside TLS, HTTP/2 or QUIC skipped"
    found = found_in(database)
    missing, left = truth - found, found - truth
    for key in [key for key in missing if not key[1]]:  # no Host: what we take for one is ours to say
        for other in [o for o in left if (o[0], o[2], o[3]) == (key[0], key[2], key[3])]:
            n = min(missing[key], left[other])
            missing[key] -= n
            left[other] -= n
    missing = +missing
    return [f"not found, {n} times: {' '.join(key)}" for key, n in missing.items()], sum(truth.values()), ""


def judge(binary, folder, capture, scratch):
    one, other = os.path.join(scratch, "one.db"), os.path.join(scratch, "other.db")
    for database in (one, other):
        if os.path.exists(database):
            os.remove(database)
        status, text = laws.analyze(binary, os.path.join(folder, capture), database)
        if status not in (0, 3, 5) or laws.sanitizer_said(text):
            return [f"exit {status}: {text.strip()[-600:]}"], 0, ""
        if not os.path.exists(database):
            return [f"exit {status}, no database: {text.strip()[-200:]}"], 0, ""
    wrong, rows, note = judge_truth(folder, capture, one)
    return laws.complaints(one) + laws.differences(one, other) + wrong, rows, note


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    binary = os.path.abspath(sys.argv[1])
    folder = os.environ.get("WIRE304_CORPUS", sys.argv[2])
    if not os.path.isdir(folder):
        print(f"skipped: there is no corpus at {folder}")
        return 77
    captures = sys.argv[3:] or [e for e in sorted(os.listdir(folder)) if re.search(r"\.pcap(ng)?(\.gz|\.zst)?$", e)]
    total = bad = rows = 0
    with tempfile.TemporaryDirectory() as scratch:
        for capture in captures:
            wrong, n, note = judge(binary, folder, capture, scratch)
            total, bad, rows = total + len(wrong), bad + bool(wrong), rows + n
            for line in wrong:
                print(f"{capture}: {line}")
            if note:
                print(f"{capture}: {note}")
    print(f"{len(captures)} captures, {rows} exchanges of truth, {bad} captures wrong, {total} complaints")
    return total > 0 or not captures


if __name__ == "__main__":
    sys.exit(main())
