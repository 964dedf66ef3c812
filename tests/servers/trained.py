#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The trained program (bench/train) writes the same databases as the one under test.

usage: trained.py TRAINED WIRE304 SOURCE        TRAINED: the folder of the trained build
"""
import glob
import os
import sqlite3
import subprocess
import sys
import tempfile

TRAINED, WIRE304, SOURCE = sys.argv[1:]
GENERATED = (("many-304s", "-c", "200", "-m", "3"), ("lossy", "-c", "20", "-m", "6"))


def contents(program, capture, folder):
    database = f"{folder}/audit.db"
    subprocess.run([program, "analyze", "-q", "--force", "-o", database, capture], check=True)
    con = sqlite3.connect(database)
    lines = list(con.iterdump())
    con.close()
    return lines


def main():
    wrong = compared = 0
    with tempfile.TemporaryDirectory(prefix="wire304-trained-") as folder:
        captures = sorted(glob.glob(f"{SOURCE}/examples/*.pcap"))
        for words in GENERATED:
            captures.append(f"{folder}/{words[0]}.pcap")
            subprocess.run([f"{TRAINED}/bench/bench_generate", *words, "-o", captures[-1], "-t", os.devnull], check=True)
        for capture in captures:
            ours, theirs = (contents(program, capture, folder) for program in (WIRE304, f"{TRAINED}/wire304"))
            compared += len(ours)
            if ours != theirs:
                wrong += 1
                print(f"{capture}: {next((pair for pair in zip(ours, theirs) if pair[0] != pair[1]), 'other length')}")
    print(f"{len(captures)} captures, {compared} rows, {wrong} captures differ")
    return 1 if wrong or not compared else 0


sys.exit(main())
