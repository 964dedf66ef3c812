#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The packets of a finding, analysed alone, give the finding again: for every rule.

usage: evidence.py BINARY FORGE EXCHANGES

Each transcript becomes a capture; of each rule and variant that it trips (in the first ENOUGH transcripts
that do), evidence is written and analysed, as it is and redacted. The same rule and variant must come out, against the same URL, method and status; severity
and confidence may differ, since packets lost elsewhere, and other users of an address, are not in the
file. Rules in ELSEWHERE rest on more than a file can hold, and say why.
"""
import collections
import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

# rule or rule/variant: why its evidence cannot stand alone
ELSEWHERE = {
    "unstable-etag/deploy": "told by the tags of other URLs that changed at the same time; without them it is unstable-etag",
}


# transcript: what of it redacted evidence does not show, and why
REDACTED = {
    "cache-buster-identical": ("cache-buster-identical", "told by parameters that hold time or chance; all are pseudonyms"),
    "foreign-validator-requoted": ("malformed-validator/requoted", "told by the quotes that stand in the tag"),
    "odd-folded": ("revalidated-while-fresh", "a value on several lines is not understood, and so not kept"),
    "odd-tag-long-clean": ("oversized-revalidation-headers", "told by the length of the tag; pseudonyms have one length"),
}


# rules that are about contents: evidence of heads alone cannot show them
CONTENT = """unstable-etag no-validator-unchanged no-store-unchanged 304-content-length-mismatch strong-etag-collision
    cache-buster-identical vary-fragmentation unstable-last-modified 304-then-refetch duplicate-body-across-urls range-redownload
    aborted-unused negative-refetch immutable-revalidated if-range-match-got-200 lm-unchanged-body-changed uncompressed-transfer
    shared-cache-opportunity 304-has-body""".split()


ENOUGH = 8  # transcripts of one rule and variant: some are tripped by a hundred, all in the same way


def run(*words, **how):
    return subprocess.run(words, capture_output=True, text=True, **how)


def analyze(binary, capture, database):
    done = run(binary, "analyze", "-q", "--force", "-o", database, capture)
    if done.returncode not in (0, 5):
        raise RuntimeError(f"analyze {capture}: exit {done.returncode}: {done.stderr}")


FINDINGS = """SELECT f.id, f.rule, f.variant, f.url, e.method, e.status FROM findings f JOIN exchanges e ON e.id = f.exchange_id"""


REDACTED_FINDINGS = """SELECT f.id, f.rule, f.variant, e.method, e.status, e.requested_us, e.responded_us
    FROM findings f JOIN exchanges e ON e.id = f.exchange_id"""


def redacted_findings(database):
    """With the times of the exchange for its URL, which is another one."""
    with contextlib.closing(sqlite3.connect(database)) as db:
        return {row[0]: row[1:] for row in db.execute(REDACTED_FINDINGS)}


def findings(database):
    with contextlib.closing(sqlite3.connect(database)) as db:
        return [(row[0], row[1:]) for row in db.execute(FINDINGS)]


def check(binary, forge, transcript, folder, seen):
    with open(transcript, encoding="latin-1") as f:
        if "<gap" in f.read():
            return  # what was lost elsewhere is in no evidence, and what it excused is said there
    capture, database = f"{folder}/whole.pcap", f"{folder}/whole.db"
    proof, again = f"{folder}/proof.pcapng", f"{folder}/proof.db"
    forged = run(forge, transcript, capture)
    if forged.returncode:
        raise RuntimeError(forged.stderr)
    analyze(binary, capture, database)
    kinds = set()
    for number, what in findings(database):
        name = what[0] + (f"/{what[1]}" if what[1] else "")
        if name in kinds or what[0] in ELSEWHERE or name in ELSEWHERE or seen[name] >= ENOUGH:
            continue
        kinds.add(name)
        done = run(binary, "evidence", "-q", "-o", proof, database, str(number))
        if done.returncode:
            yield f"finding {number} ({name}): exit {done.returncode}: {done.stderr.strip()}"
            continue
        analyze(binary, proof, again)
        if what not in [other for _, other in findings(again)]:
            yield f"{name} is gone: {what}; there are {[other for _, other in findings(again)]}"
        seen[name] += 1
        if REDACTED.get(os.path.basename(transcript)[:-len(".http")], ("",))[0] != name:
            yield from check_redacted(binary, database, proof, again, number, name)


def check_redacted(binary, database, proof, again, number, name):
    """With pseudonyms, and without contents, it is still the same finding."""
    done = run(binary, "evidence", "--redact", "-q", "-o", proof, database, str(number))
    if done.returncode:
        yield f"--redact: finding {number} ({name}): exit {done.returncode}: {done.stderr.strip()}"
        return
    analyze(binary, proof, again)
    what, there = redacted_findings(database)[number], redacted_findings(again).values()
    if what not in there:
        yield f"--redact: {name} is gone: {what}; there are {sorted({other[0] for other in there})}"


def check_heads_only(binary, forge, rule, exchanges, folder):
    """Without bodies the finding is still there, unless it is about them."""
    capture, database = f"{folder}/heads.pcap", f"{folder}/heads.db"
    proof, again = f"{folder}/heads.pcapng", f"{folder}/again.db"
    run(forge, f"{exchanges}/{rule}.http", capture)
    analyze(binary, capture, database)
    number, what = next(row for row in findings(database) if row[1][0] == rule)
    done = run(binary, "evidence", "--heads-only", "-o", proof, database, str(number))
    if done.returncode or "heads only" not in done.stderr:
        yield f"--heads-only: {rule}: exit {done.returncode}: {done.stderr}"
        return
    analyze(binary, proof, again)
    if what not in [other for _, other in findings(again)]:
        yield f"--heads-only: {rule} is gone"


def check_credentials(binary, forge, transcript, folder):
    """Secrets are in the capture, and in no evidence; two users stay two."""
    capture, database, proof = f"{folder}/secret.pcap", f"{folder}/secret.db", f"{folder}/secret.pcapng"
    run(forge, transcript, capture)
    analyze(binary, capture, database)
    with open(capture, "rb") as f:
        if b"sesame" not in f.read():
            yield "the transcript has no secret: nothing is shown"
    for number, _ in findings(database):
        run(binary, "evidence", "-q", "-o", proof, database, str(number))
        with open(proof, "rb") as f:
            if b"sesame" in f.read():
                yield f"finding {number}: the evidence holds a secret"
        run(binary, "evidence", "-q", "--with-credentials", "-o", proof, database, str(number))
        with open(proof, "rb") as f:
            if b"sesame" not in f.read():
                yield f"finding {number}: --with-credentials leaves them out"


def check_refusals(binary, forge, transcript, folder):
    capture, database, proof = f"{folder}/gone.pcap", f"{folder}/gone.db", f"{folder}/gone.pcapng"
    run(forge, transcript, capture)
    analyze(binary, capture, database)
    for words, code, text in ((["9999"], 2, "no finding '9999'"), (["'; DROP TABLE x"], 2, "no finding"), (["#1"], 0, "")):
        done = run(binary, "evidence", "-q", "-o", proof, database, *words)
        if done.returncode != code or text not in done.stderr:
            yield f"evidence {words}: exit {done.returncode}, {done.stderr!r}"
    with open(capture, "r+b") as f:
        octets = f.read()
        for at, said in ((60, "MiB"), (len(octets) - 2, "MiB")):
            f.seek(at)
            f.write(bytes([octets[at] ^ 1]))
            f.flush()
            done = run(binary, "evidence", "-q", "-o", proof, database, "1")
            if done.returncode != 3 or said not in done.stderr or capture not in done.stderr:
                yield f"a capture that was changed at {at}: exit {done.returncode}, {done.stderr!r}"
            f.seek(at)
            f.write(octets[at:at + 1])
    with open(capture, "ab") as f:
        f.write(b"\0" * 16)
    done = run(binary, "evidence", "-q", "-o", proof, database, "1")
    if done.returncode != 3 or "is not the capture" not in done.stderr:
        yield f"a changed capture: exit {done.returncode}, {done.stderr!r}"
    os.remove(capture)
    done = run(binary, "evidence", "-q", "-o", proof, database, "1")
    if done.returncode != 3 or "not there any more" not in done.stderr:
        yield f"a capture that has gone: exit {done.returncode}, {done.stderr!r}"


def main():
    binary, forge, exchanges = (os.path.abspath(word) for word in sys.argv[1:4])
    chosen, seen, wrong = sys.argv[4:], collections.Counter(), 0
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # thousands of small files
    with tempfile.TemporaryDirectory(prefix="wire304-evidence-", dir=memory) as folder:
        for file in sorted(os.listdir(exchanges)):
            name, kind = os.path.splitext(file)
            if kind != ".http" or (chosen and name not in chosen):
                continue
            for line in check(binary, forge, f"{exchanges}/{file}", folder, seen):
                print(f"{name}: {line}")
                wrong += 1
        for rule in sorted({name.split("/")[0] for name in seen}):
            if rule not in CONTENT and not chosen and os.path.exists(f"{exchanges}/{rule}.http"):
                for line in check_heads_only(binary, forge, rule, exchanges, folder):
                    print(line)
                    wrong += 1
        for test in (check_credentials, check_refusals):
            for line in test(binary, forge, f"{exchanges}/evidence-credentials.http", folder):
                print(f"{test.__name__}: {line}")
                wrong += 1
    print(f"{len(seen)} rules and variants found again, {wrong} complaints")
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main())
