#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Recorded captures, and every finding that they give, word for word.

usage: golden.py BINARY SOURCE [--bless]
"""
import difflib
import glob
import os
import sqlite3
import subprocess
import sys
import tempfile

from laws import complaints

FINDINGS = """SELECT f.rule || coalesce('/' || f.variant, ''), f.severity, f.confidence, f.party, coalesce(f.norm, '-'), f.section,
    coalesce(f.request_frame, '-') || '>' || coalesce(f.response_frame, '-'), f.avoidable_bytes || '+' || f.opportunity_bytes || '/' || f.standalone_bytes,
    coalesce(f.url, '-'), f.message FROM findings f JOIN exchanges e ON e.id = f.exchange_id ORDER BY e.request_frame, f.rule, f.variant"""
TOTALS = ("exchanges", "observed_bytes", "avoidable_certain", "avoidable_likely", "avoidable_possible", "opportunity_bytes", "retransmitted_bytes",
          "connection_bytes", "unseen_bytes")
CHECKS = "SELECT rule, outcome, coalesce(guard, '-'), exchanges FROM checks ORDER BY 1, 2, 3"


def said(binary, capture, folder):
    database = f"{folder}/golden.db"
    run = subprocess.run([binary, "analyze", "-q", "-o", database, capture], capture_output=True, text=True, timeout=600)
    if run.returncode:
        sys.exit(f"{capture}: exit {run.returncode}: {run.stderr}")
    for complaint in complaints(database):
        sys.exit(f"{capture}: {complaint}")
    connection = sqlite3.connect(database)
    connection.text_factory = lambda octets: octets.decode("utf-8", "backslashreplace")
    lines = ["\t".join(map(str, row)) for row in connection.execute(FINDINGS)]
    lines += [f"{name} {value}" for name, value in zip(TOTALS, connection.execute(f"SELECT {', '.join(TOTALS)} FROM totals").fetchone())]
    lines += ["check " + " ".join(map(str, row)) for row in connection.execute(CHECKS)]
    return "".join(line + "\n" for line in lines)


def main():
    binary, source = os.path.abspath(sys.argv[1]), sys.argv[2]
    bless, wrong = "--bless" in sys.argv, 0
    captures = sorted(glob.glob(f"{source}/tests/captures/*.pcap") + glob.glob(f"{source}/examples/*.pcap"))
    with tempfile.TemporaryDirectory() as folder:
        for capture in captures:
            expected = f"{source}/tests/captures/{os.path.basename(capture)[:-5]}.expected"
            now = said(binary, capture, folder)
            before = open(expected, encoding="utf-8").read() if os.path.exists(expected) else ""
            if bless:
                with open(expected, "w", encoding="utf-8") as f:
                    f.write(now)
            elif now != before:
                wrong += 1
                sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), now.splitlines(True), expected, "now"))
    print(f"golden: {len(captures)} captures, {wrong} differ")
    return 1 if wrong or not captures else 0


if __name__ == "__main__":
    sys.exit(main())
