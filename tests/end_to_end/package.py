# SPDX-License-Identifier: MIT
"""Installs into an empty folder (DESTDIR) and looks at what is there.

usage: package.py CMAKE BUILD SOURCE VERSION
"""
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile

CMAKE, BUILD, SOURCE, VERSION = sys.argv[1:]


def content(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def installed(root):
    return sorted(os.path.relpath(os.path.join(folder, file), root)
                  for folder, _, files in os.walk(root) for file in files)


def complaints(root):
    doc = "usr/share/doc/wire304"
    pages = [file for file in os.listdir(os.path.join(SOURCE, "docs")) if file.endswith((".md", ".json"))]
    wanted = ["usr/bin/wire304", "usr/share/man/man1/wire304.1.gz", f"{doc}/copyright", f"{doc}/changelog.gz",
              f"{doc}/examples/shop.pcap", "usr/lib/systemd/system/wire304@.service",
              "usr/share/bash-completion/completions/wire304", "usr/share/zsh/vendor-completions/_wire304",
              "usr/share/fish/vendor_completions.d/wire304.fish"] + [f"{doc}/{page}" for page in pages]
    for path in set(installed(root)) ^ set(wanted):
        yield f"{path}: {'is missing' if path in wanted else 'should not be there'}"
    if gzip.decompress(content(root, "usr/share/man/man1/wire304.1.gz")) != content(SOURCE, "docs/wire304.1"):
        yield "the manual page is another"
    if content(root, doc, "copyright") != content(SOURCE, "LICENSE"):
        yield "copyright is not LICENSE"
    latest = re.match(rb"wire304 \(([^)]+)\)", gzip.decompress(content(root, doc, "changelog.gz")))
    if not latest or latest[1].decode() != VERSION:
        yield f"the changelog does not begin with {VERSION}"
    yield from unit_complaints(root)
    said = subprocess.run([os.path.join(root, "usr/bin/wire304"), "--version"], capture_output=True, text=True).stdout
    if said != f"wire304 {VERSION}\n":
        yield f"--version says {said!r}"


def unit_complaints(root):
    """The service starts what was installed; systemd reads it without a word, and thinks well of it."""
    unit = content(root, "usr/lib/systemd/system/wire304@.service").decode()
    if "ExecStart=/usr/bin/wire304 live " not in unit or "DIR@" in unit:
        yield "the service starts something else"
    if not shutil.which("systemd-analyze"):
        return
    with tempfile.TemporaryDirectory() as folder:  # which has the program at a place that is there
        instance = os.path.join(folder, "wire304@eth0.service")
        with open(instance, "w", encoding="utf-8") as file:
            file.write(unit.replace("/usr/bin/wire304", os.path.join(root, "usr/bin/wire304")))
        done = subprocess.run(["systemd-analyze", "--man=no", "verify", instance], capture_output=True, text=True)
        said = [line for line in (done.stdout + done.stderr).splitlines() if "wire304@" in line]
        if said:
            yield f"systemd-analyze verify: {said}"
        done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=20", instance], capture_output=True, text=True)
        if done.returncode:
            yield f"systemd-analyze security: {(done.stdout + done.stderr).splitlines()[-1]}"


def main():
    with tempfile.TemporaryDirectory() as root:
        subprocess.run([CMAKE, "--install", BUILD, "--prefix", "/usr"], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "DESTDIR": root})
        found = list(complaints(root))
    print("\n".join(found) or "as it should be")
    return 1 if found else 0


sys.exit(main())
