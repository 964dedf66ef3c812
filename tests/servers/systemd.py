#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The unit of the package, started by a real systemd: process 1 of namespaces of its own.

usage: systemd.py BUILD

What BUILD installs is taken. systemd is shown nothing but that unit and what the unit asks for; /run, /var/lib and the network are its own. Exits 77 (skipped) where that is not permitted.
"""
import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

SKIP, PORT, SECONDS = 77, 8304, 600
STATE = "/var/lib/wire304"
UNITS = {  # in place of all that a system has; what wire304@.service comes after, and what stops it
    "here.target": "[Unit]\nDefaultDependencies=no\nAllowIsolate=yes\n",
    **{f"{name}.target": "[Unit]\nDefaultDependencies=no\n" for name in ("sysinit", "basic", "shutdown", "network", "sockets", "timers", "paths", "multi-user")},
}


def systemctl(*words, check=True):
    done = subprocess.run(["systemctl", *words], capture_output=True, text=True, timeout=120)
    if check and done.returncode:
        raise RuntimeError(f"systemctl {' '.join(words)}: {done.stderr}{done.stdout}")
    return done.stdout.strip()


def eventually(claim, seconds=60):
    end = time.monotonic() + seconds
    while not claim() and time.monotonic() < end:
        time.sleep(0.1)
    return claim()


def shown(*properties):
    lines = systemctl("show", "wire304@lo", *(f"--property={name}" for name in properties)).splitlines()
    return dict(line.split("=", 1) for line in lines)


def databases():
    with contextlib.suppress(OSError):
        return sorted(f"{STATE}/{name}" for name in os.listdir(STATE) if name.endswith(".db"))
    return []


def ask(path, query):
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as db:
        return db.execute(query).fetchall()


def exchanges(path):
    with contextlib.suppress(sqlite3.Error):
        return ask(path, "SELECT count(*) FROM exchanges")[0][0]
    return 0


ANSWER = b"HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\nETag: \"a\"\r\nContent-Length: 5\r\n\r\nhello"


def serve(server):
    while True:
        peer, _ = server.accept()
        peer.recv(4096)
        peer.sendall(ANSWER)
        peer.close()


def visit():
    with socket.create_connection(("127.0.0.1", PORT)) as client:
        client.sendall(b"GET /hello HTTP/1.1\r\nHost: site.example\r\n\r\n")
        while client.recv(4096):
            pass


def rights(process):
    wrong = []
    for task in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{task}/status", encoding="utf-8") as f:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
        wrong += [f"thread {task}: {name} is {status[name]}" for name, good in
                  (("CapEff", "0" * 16), ("CapPrm", "0" * 16), ("CapAmb", "0" * 16), ("NoNewPrivs", "1"), ("Seccomp", "2")) if status[name] != good]
        if "0" in status["Uid"].split():
            wrong.append(f"thread {task}: uid {status['Uid']}")
    return wrong


def watch_a_run(folder):
    """All that is wrong, while systemd runs as process 1. Once that is so nothing is skipped any more."""
    wrong = []
    if not eventually(lambda: os.path.exists("/run/systemd/private") and systemctl("is-active", "here.target", check=False) == "active"):
        return None
    with open(f"{folder}/up", "w", encoding="utf-8"):
        pass
    server = socket.create_server(("127.0.0.1", PORT))
    threading.Thread(target=serve, args=(server,), daemon=True).start()
    systemctl("start", "wire304@lo")  # returns once it has said READY=1
    unit = shown("ActiveState", "SubState", "Type", "DynamicUser", "MainPID", "StatusText", "NRestarts", "UID")
    if (unit["ActiveState"], unit["SubState"], unit["Type"], unit["DynamicUser"]) != ("active", "running", "notify", "yes") or not unit["StatusText"]:
        wrong.append(f"started: {unit}")
    wrong += rights(unit["MainPID"])
    print(f"    {unit['ActiveState']} ({unit['SubState']}), uid {unit['UID']}, status {unit['StatusText']!r}, {len(os.listdir('/proc/' + unit['MainPID'] + '/task'))} threads")
    visit()
    if not eventually(lambda: len(databases()) == 1 and exchanges(databases()[0]) == 1):
        wrong.append(f"the exchange was not found: {databases()}")
    if not eventually(lambda: "1 exchange" in shown("StatusText")["StatusText"]):
        wrong.append(f"status: {shown('StatusText')}")
    systemctl("reload", "wire304@lo")
    if not eventually(lambda: len(databases()) == 2):
        wrong.append(f"reloaded: {databases()}")
    visit()
    systemctl("stop", "wire304@lo")
    unit = shown("ActiveState", "Result", "ExecMainStatus", "NRestarts")
    if unit != {"ActiveState": "inactive", "Result": "success", "ExecMainStatus": "0", "NRestarts": "0"}:
        wrong.append(f"stopped: {unit}")
    for path in databases():
        if ask(path, "PRAGMA integrity_check") != [("ok",)] or exchanges(path) != 1:
            wrong.append(f"{path}: {exchanges(path)} exchanges")
    if [name for name in os.listdir(STATE) if not name.endswith(".db")]:
        wrong.append(f"left behind: {os.listdir(STATE)}")
    return wrong + watch_a_restart()


def watch_a_restart():
    """What ends by itself is begun again, and goes on in the same database."""
    systemctl("start", "wire304@lo")
    before = shown("MainPID")["MainPID"]
    os.kill(int(before), signal.SIGKILL)
    if not eventually(lambda: shown("ActiveState", "NRestarts") == {"ActiveState": "active", "NRestarts": "1"}):
        return [f"after a kill: {shown('ActiveState', 'NRestarts', 'Result')}"]
    visit()
    path = f"{STATE}/lo.wire304.db"
    wrong = [] if eventually(lambda: exchanges(path) == 2) else [f"after a kill: {exchanges(path)} exchanges"]
    systemctl("stop", "wire304@lo")
    return wrong


def inside(folder):
    """In the namespaces: the test goes on beside what becomes systemd."""
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "proc", "proc", "/proc"], check=True)
    for place in ("/run", "/var/lib", "/sys/fs/cgroup"):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", place], check=True)
    subprocess.run(["mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    os.makedirs("/run/generators")
    shutil.copytree(f"{folder}/units", "/run/units")
    shutil.copy(f"{folder}/wire304", "/run/wire304")
    if os.fork() == 0:
        try:
            wrong = watch_a_run(folder)
        except Exception as error:  # pylint: disable=broad-except
            wrong = [repr(error), systemctl("status", "wire304@lo", check=False)]
        with open(f"{folder}/wrong", "w", encoding="utf-8") as f:
            f.write("skipped" if wrong is None else "\n".join(["done", *wrong]))
        sys.stdout.flush()
        os._exit(0)
    environment = dict(PATH=os.environ["PATH"], SYSTEMD_UNIT_PATH="/run/units", SYSTEMD_GENERATOR_PATH="/run/generators", SYSTEMD_ENVIRONMENT_GENERATOR_PATH="/run/generators",
                       container="other")
    systemd = next(path for path in ("/lib/systemd/systemd", "/usr/lib/systemd/systemd") if os.path.exists(path))
    os.execve(systemd, [systemd, "--system", "--unit=here.target", "--log-target=null"], environment)


def prepare(build, folder):
    os.makedirs(f"{folder}/units")
    for name, text in UNITS.items():
        with open(f"{folder}/units/{name}", "w", encoding="utf-8") as f:
            f.write(text)
    subprocess.run(["cmake", "--install", build, "--prefix", f"{folder}/usr"], check=True, stdout=subprocess.DEVNULL)
    shutil.move(f"{folder}/usr/bin/wire304", folder)
    with open(f"{folder}/usr/lib/systemd/system/wire304@.service", encoding="utf-8") as f:
        unit = f.read()
    if f"ExecStart={folder}/usr/bin/wire304 live" not in unit:
        raise RuntimeError("the unit does not start what was installed")
    with open(f"{folder}/units/wire304@.service", "w", encoding="utf-8") as f:
        f.write(unit.replace(f"{folder}/usr/bin/wire304", "/run/wire304"))


def main():
    if sys.argv[1] == "--inside":
        inside(sys.argv[2])
    build = os.path.abspath(sys.argv[1])
    missing = [tool for tool in ("unshare", "systemctl", "ip") if not shutil.which(tool)]
    if missing or os.geteuid() != 0:
        print("skipped: needs", ", ".join(missing) or "root, for namespaces")
        return SKIP
    with tempfile.TemporaryDirectory(prefix="wire304-systemd-") as folder:
        prepare(build, folder)
        began = time.monotonic()
        p = subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child", "--mount", "--uts", "--ipc", "--net", "--cgroup", sys.executable, os.path.abspath(__file__), "--inside", folder],
                             stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        verdict = f"{folder}/wrong"
        eventually(lambda: p.poll() is not None or (os.path.exists(verdict) and os.path.getsize(verdict)), SECONDS)
        p.kill()  # and with it process 1 of the namespace, and all that it began
        said = p.communicate()[1]
        told = open(verdict, encoding="utf-8").read().splitlines() if os.path.exists(verdict) else []
        if not told and os.path.exists(f"{folder}/up"):
            told = ["up", f"systemd was process 1, and there was no verdict within {SECONDS} s: {said.strip()[-600:]}"]
    if not told or told[0] == "skipped":
        print(f"skipped: systemd cannot be process 1 of a namespace here: {said.strip().splitlines()[-1:] or 'it did not come up'}")
        return SKIP
    print(f"a-real-systemd-starts-the-unit: {'ok' if told == ['done'] else ''} {time.monotonic() - began:.1f} s")
    for line in told[1:]:
        print("   ", line)
    return told != ["done"]


if __name__ == "__main__":
    sys.exit(main())
