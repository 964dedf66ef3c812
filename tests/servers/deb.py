#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Debian package: made by CPack, without an error of lintian's, and it runs where only Debian is.

usage: deb.py BUILD SOURCE VERSION        BUILD: a release build

A clean Debian takes minutes and a mirror to make. Instead the package is unpacked into an empty folder
and each library that its program loads is held against Depends; dpkg itself installs it into a folder
of its own and takes it out again. Exits 77 (skipped) where lintian or dpkg-dev are not installed.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUILD, SOURCE, VERSION = sys.argv[1:]
SKIP = 77
TOOLS = ("cpack", "lintian", "dpkg-deb", "dpkg-shlibdeps", "objdump")


def run(*words, **how):
    return subprocess.run(words, capture_output=True, text=True, check=False, **how)


def made(folder):
    """The one package that CPack makes, or what it said."""
    for words in (("cmake", "--build", BUILD), ("cpack", "-G", "DEB", "--config", f"{BUILD}/CPackConfig.cmake", "-B", folder)):
        done = run(*words, env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"})
        if done.returncode:
            return None, f"{words[0]}: {(done.stdout + done.stderr)[-600:]}"
    packages = glob.glob(f"{folder}/*.deb")
    return (packages[0], None) if len(packages) == 1 else (None, f"CPack made {packages}")


def fields(package):
    said = run("dpkg-deb", "--field", package).stdout
    return dict(re.findall(r"^([\w-]+): (.*(?:\n .*)*)", said, re.M))


def control_complaints(package):
    control = fields(package)
    for name, want in (("Package", "wire304"), ("Version", VERSION), ("Section", "net")):
        if not control.get(name, "").startswith(want):
            yield f"{name}: {control.get(name)}"
    for name in ("Maintainer", "Architecture", "Description", "Depends", "Installed-Size"):
        if not control.get(name):
            yield f"there is no {name}"


def lintian_complaints(package):
    done = run("lintian", "--allow-root", "--fail-on", "error", package)
    if done.returncode:
        yield f"lintian, exit {done.returncode}: {done.stdout}{done.stderr}"
    yield from (line for line in done.stdout.splitlines() if line.startswith("W:"))


def owner_of(library):
    """The package that a library is of; /lib may be a link to /usr/lib."""
    for path in (library, os.path.realpath(library), library.replace("/usr/lib", "/lib", 1), f"/usr{library}"):
        done = run("dpkg-query", "--search", path)
        if done.returncode == 0:
            return done.stdout.split(":")[0]
    return None


def library_complaints(package, program):
    """What it loads by itself, by the dynamic section and by names in it for dlopen(3); what those load is their packages' affair."""
    depends = {re.split(r"[\s(:]", word.strip())[0] for word in re.split(r"[,|]", fields(package).get("Depends", ""))}
    needed = re.findall(r"NEEDED\s+(\S+)", run("objdump", "-p", program).stdout)
    found = dict(re.findall(r"(\S+) => (\S+)", run("ldd", program).stdout))
    if not needed:
        yield f"{program} loads nothing"
    with open(program, "rb") as file:
        named = {name.decode() for name in re.findall(rb"\0(lib[a-z0-9+-]+\.so\.[0-9.]+)\0", file.read())}
    if "libmicrohttpd.so.12" not in named:
        yield "libmicrohttpd is not loaded by name any more: see this test"
    for library in [*needed, *sorted(named - set(needed))]:
        owner = owner_of(found.get(library, library))
        if owner not in depends:
            yield f"{library} is of {owner}, which is not among Depends ({', '.join(sorted(depends))})"


def program_complaints(root):
    program, examples = f"{root}/usr/bin/wire304", f"{root}/usr/share/doc/wire304/examples"
    said = run(program, "--version").stdout
    if said != f"wire304 {VERSION}\n":
        yield f"--version says {said!r}"
    with tempfile.TemporaryDirectory() as folder:
        done = run(program, "analyze", "--no-progress", f"{examples}/shop.pcap", cwd=folder)
        if done.returncode or "304" not in done.stdout or not os.path.exists(f"{folder}/shop.wire304.db"):
            yield f"analyze: exit {done.returncode}: {done.stderr}"
        done = run(program, "report", "--format", "html", "-o", "shop.html", "shop.wire304.db", cwd=folder)
        if done.returncode:
            yield f"report: exit {done.returncode}: {done.stderr}"
    for path in ("usr/share/man/man1/wire304.1.gz", "usr/share/bash-completion/completions/wire304",
                 "usr/share/doc/wire304/audit.schema.json", "usr/lib/systemd/system/wire304@.service"):
        if not any(os.path.exists(f"{root}/{place}") for place in (path, path.replace("usr/lib/", "lib/", 1))):
            yield f"{path} is not in it"


def dpkg_complaints(package, root):
    """dpkg takes it, knows its files, and takes every one of them away; what it depends on is looked at elsewhere."""
    os.makedirs(f"{root}/var/lib/dpkg/info")
    os.makedirs(f"{root}/var/lib/dpkg/updates")
    open(f"{root}/var/lib/dpkg/status", "w", encoding="utf-8").close()
    dpkg = ("dpkg", f"--root={root}", "--force-not-root,depends,script-chrootless,bad-path", f"--log={root}/log")
    done = run(*dpkg, "--install", package)
    if done.returncode:
        yield f"dpkg --install: {done.stdout}{done.stderr}"
        return
    listed = run("dpkg", f"--root={root}", "--listfiles", "wire304").stdout.split()
    yield from (f"{path} was not installed" for path in listed if not os.path.lexists(f"{root}{path}"))
    run(*dpkg, "--purge", "wire304")
    left = [file for folder, _, files in os.walk(f"{root}/usr") for file in files]
    if left:
        yield f"--purge leaves {left}"


def main():
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        print(f"deb: skipped: {', '.join(missing)} not installed")
        return SKIP
    with tempfile.TemporaryDirectory(prefix="wire304-deb-") as folder:
        package, trouble = made(folder)
        if trouble:
            print(trouble)
            return 1
        root = f"{folder}/unpacked"
        run("dpkg-deb", "--extract", package, root)
        found = [*control_complaints(package), *lintian_complaints(package), *library_complaints(package, f"{root}/usr/bin/wire304"),
                 *program_complaints(root), *dpkg_complaints(package, f"{folder}/installed")]
    print("\n".join(found) or f"{os.path.basename(package)}: as it should be")
    return 1 if found else 0


sys.exit(main())
