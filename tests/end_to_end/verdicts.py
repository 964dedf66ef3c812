# SPDX-License-Identifier: MIT
"""Runs the judges of ../shared/verdicts, as far as the rules exist that they ask for.

usage: verdicts.py forged|caches BINARY FOLDER [CASE...]

Which rules exist is what `wire304 rules` prints; a due finding of a later rule is skipped, and said.
What must not be said is judged always. Exits 77 where the folder is not there.
"""
import csv
import os
import re
import subprocess
import sys
import tempfile


def rules_of(binary):
    text = subprocess.run([binary, "rules"], capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"(?<![\w/-])[a-z0-9]+(?:-[a-z0-9]+)+(?![\w-])", text))


def judge_forged(binary, folder, names):
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    from forged import CASES, judge  # pylint: disable=import-error,import-outside-toplevel
    known, wanted, found, false, later = rules_of(binary), 0, 0, 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        for name in names or list(CASES):
            wire, must, must_not = CASES[name]()
            exists = [m for m in must if m[0] in known]
            later += len(must) - len(exists)
            missed, n, wrong = judge(binary, name, lambda: (wire, exists, must_not), scratch)
            wanted, found, false = wanted + n, found + n - len(missed), false + len(wrong)
            if missed or wrong:
                print(f"{name}: {'; '.join(missed + wrong)}")
    print(f"forged: {found} of {wanted} found, {false} false, {later} of rules that do not exist yet")
    return found != wanted or false > 0 or wanted == 0


def judge_caches(binary, folder, _):
    known = rules_of(binary)
    with open(os.path.join(folder, "caches", "expected-findings.tsv"), encoding="utf-8") as file:
        names = {row["rule"] for row in csv.DictReader(file, delimiter="\t")}
    exist = sorted(n for n in names if all(part.split("/")[0] in known for part in n.split("|")))
    parts = sorted({part for n in exist for part in n.split("|")})
    print("later:", " ".join(sorted(names - set(exist))) or "none")
    if not exist:
        print("no rule of these exists")
        return 1
    run = subprocess.run([sys.executable, "-B", os.path.join(folder, "caches.py"), binary, os.path.join(folder, "caches"),
                          "--only", ",".join(sorted({*exist, *parts})), "-v"], check=False)
    return run.returncode


def main():
    judges = {"forged": judge_forged, "caches": judge_caches}
    if len(sys.argv) < 4 or sys.argv[1] not in judges:
        print(__doc__, file=sys.stderr)
        return 2
    folder = os.path.abspath(sys.argv[3])
    if not os.path.isdir(folder):
        print(f"skipped: there are no verdicts at {folder}")
        return 77
    return judges[sys.argv[1]](os.path.abspath(sys.argv[2]), folder, sys.argv[4:])


if __name__ == "__main__":
    sys.exit(main())
