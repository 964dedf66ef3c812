# SPDX-License-Identifier: MIT
"""How many threads are at work changes nothing: the same input gives the same rows.

usage: jobs.py [--quick] WIRE304 FORGE GENERATE EXCHANGES FILE|FOLDER...

Audits each capture (what FOLDERs have of them, the transcripts of EXCHANGES as one capture, and
workloads of the bench) with one thread twice and with more, and compares every view, row by row, as
text. Exits 1 where one differs.
"""
import glob
import os
import sqlite3
import subprocess
import sys
import tempfile

SUFFIXES = (".pcap", ".pcapng", ".gz", ".zst")
JOBS = ("1", "1", "2", "3", "64")  # beyond the first: held against it
QUICK_JOBS = ("1", "2", "3")
WORKLOADS = (("many-304s", "-c", "400", "-m", "3"), ("lossy", "-c", "20", "-m", "4"),
             ("bulk", "-c", "20", "-m", "4"))
QUICK_WORKLOADS = (("many-304s", "-c", "200", "-m", "2"), ("lossy", "-c", "10", "-m", "1"),
                   ("bulk", "-c", "10", "-m", "1"))


def captures(places):
    for place in places:
        if os.path.isdir(place):
            yield from ([path] for path in sorted(glob.glob(os.path.join(place, "*"))) if path.endswith(SUFFIXES))
        else:
            yield [place]


def made(forge, generate, exchanges, workloads, folder):
    transcripts = sorted(glob.glob(os.path.join(exchanges, "*.http")))
    forged = [os.path.join(folder, f"{i}.pcap") for i in range(len(transcripts))]
    for transcript, capture in zip(transcripts, forged):
        subprocess.run([forge, transcript, capture], check=True)
    yield forged
    for words in workloads:
        capture = os.path.join(folder, f"{words[0]}.pcap")
        subprocess.run([generate, *words, "-o", capture], check=True, stdout=subprocess.DEVNULL)
        yield [capture]


def views(con):
    """The views as text; the one row of `run` knows nothing of threads either."""
    names = [name.decode() for name, in con.execute("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name")]
    return {name: [repr(row) for row in con.execute(f'SELECT * FROM "{name}"')] for name in names}


def audit(binary, capture, jobs, options, folder):
    database = os.path.join(folder, "audit.db")
    run = subprocess.run([binary, "analyze", "-q", "--jobs", jobs, "-o", database, *options, *capture],
                         capture_output=True, text=True, check=False)
    if run.returncode in (2, 4) or run.returncode < 0 or "Sanitizer" in run.stderr:
        sys.exit(f"jobs: {jobs} threads, {capture[0]}: exit {run.returncode}: {run.stderr}")
    if not os.path.exists(database):
        return run.returncode, {}
    con = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    con.text_factory = bytes
    found = views(con)
    con.close()
    os.unlink(database)
    return run.returncode, found


def differences(one, other):
    if one[0] != other[0]:
        yield f"exit {other[0]} instead of {one[0]}"
    for name in sorted(one[1].keys() | other[1].keys()):
        a, b = one[1].get(name, []), other[1].get(name, [])
        if a != b:
            at = next((i for i, pair in enumerate(zip(a, b)) if pair[0] != pair[1]), min(len(a), len(b)))
            yield (f"view {name} ({len(a)} and {len(b)} rows), row {at}:\n  {a[at:at + 1]}\n  {b[at:at + 1]}")


def main():
    words = sys.argv[1:]
    quick = words[:1] == ["--quick"]
    words = words[quick:]
    jobs_tried, workloads = (QUICK_JOBS, QUICK_WORKLOADS) if quick else (JOBS, WORKLOADS)
    if len(words) < 4:
        sys.exit(__doc__)
    binary, forge, generate, exchanges = words[:4]
    wrong = looked = 0
    with tempfile.TemporaryDirectory(prefix="wire304-jobs-") as folder:
        inputs = [(capture, ()) for capture in [*captures(words[4:]),
                                                *made(forge, generate, exchanges, workloads, folder)]]
        # what is left out is freed by another thread, and heads of all cross to it
        inputs.append((inputs[-3][0], ("--host", "shop1*", "--heads", "all")))
        for capture, options in inputs:
            first = audit(binary, capture, jobs_tried[0], options, folder)
            for jobs in jobs_tried[1:]:
                looked += 1
                for text in differences(first, audit(binary, capture, jobs, options, folder)):
                    print(f"{capture[0]} {' '.join(options)}: {jobs} threads: {text}")
                    wrong += 1
    print(f"{looked} audits, {wrong} differences")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
