#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`wire304 live` as a service that is left running: signals, rotation, a full disk.

usage: service.py BINARY [scenario ...]

Exits 77 (skipped) where namespaces or nginx and curl are not to be had.
"""
import contextlib
import functools
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import live
from live import stop

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
import laws  # noqa: E402

SCENARIOS = {}
scenario = functools.partial(live.scenario, into=SCENARIOS)


def said(p, words):
    return [line for line in p.said if words in line]


def lawful(path):
    return [f"{os.path.basename(path)}: {line}" for line in laws.complaints(path)]


def open_folder(place):
    os.chmod(f"{place.folder}/db", 0o777)
    return f"{place.folder}/db"


@scenario
def rotation_leaves_whole_files(place):
    folder = open_folder(place)
    p = place.live("--rotate", "2s")
    place.listening(p)
    end, visits = time.monotonic() + live.PATIENCE, 0
    while len(said(p, "is finished")) < 2 and time.monotonic() < end:
        place.visit()
        visits += 1
        time.sleep(0.2)
    code = stop(p)
    wrong = [f"exit {code}: {p.said}"] if code else []
    files = sorted(os.listdir(folder))
    if len(files) < 3 or not all(name.startswith("live-20") and name.endswith("Z.db") for name in files):
        wrong.append(f"files {files}")
    for half in ("request", "response"):  # a visit may be cut in two
        total = sum(messages(place, f"{folder}/{name}", half) for name in files)
        if total != 3 * visits:
            wrong.append(f"{total} {half}s in {len(files)} files, not {3 * visits}")
    halves = "FROM exchanges x WHERE (request_header_bytes = 0 OR response_header_bytes = 0)"
    for name in files:  # of what is cut there is one at a time here, and nobody is accused of it
        ids = place.ask(f"SELECT id {halves}", database=f"{folder}/{name}")
        accused = place.ask(f"SELECT rule FROM findings WHERE exchange_id IN (SELECT id {halves}) AND severity <> 'info'", database=f"{folder}/{name}")
        if len(ids) > 2 or accused:
            wrong.append(f"{name}: {len(ids)} halves, accused {accused}")
    return wrong + [line for name in files for line in lawful(f"{folder}/{name}")]


def messages(place, database, half):
    return place.ask(f"SELECT count(*) FROM exchanges WHERE {half}_header_bytes > 0", database=database)[0][0]


@scenario
def a_cut_leaves_two_halves(place):
    """One connection that awaits its response when the file changes, and one that has half of it."""
    folder = open_folder(place)
    p = place.live()
    place.listening(p)
    head = b"HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\nETag: \"a\"\r\nContent-Length: 1000\r\n\r\n"
    with contextlib.ExitStack() as ends:
        listener = ends.enter_context(socket.create_server(("127.0.0.1", live.PORT + 2)))
        pairs = []
        for path in (b"/asked", b"/begun"):
            client = ends.enter_context(socket.create_connection(("127.0.0.1", live.PORT + 2)))
            server = ends.enter_context(listener.accept()[0])
            client.sendall(b"GET %s HTTP/1.1\r\nHost: cut.example\r\n\r\n" % path)
            pairs.append((client, server))
        pairs[1][1].sendall(head + b"a" * 400)
        place.visit()  # what was sent before it has been read when it is in the database
        place.wait(lambda: os.path.exists(place.database) and place.exchanges() == 3)
        p.send_signal(signal.SIGHUP)
        wrong = [] if place.wait(lambda: said(p, "is finished")) else ["SIGHUP began nothing"]
        pairs[0][1].sendall(head + b"a" * 1000)
        pairs[1][1].sendall(b"a" * 600)
        place.visit()
    code = stop(p)
    files = sorted(os.listdir(folder))
    after, before = (f"{folder}/{name}" for name in files) if len(files) == 2 else (None, None)
    if code or not after:
        return wrong + [f"exit {code}, {files}"]
    for database, due in ((before, [("http://cut.example/asked", None, 42, 0, 0), ("http://cut.example/begun", 200, 42, len(head), 400)]),
                          (after, [(None, 200, 0, len(head), 1000)])):
        halves = place.ask("SELECT url, status, request_header_bytes, response_header_bytes, response_body_bytes FROM exchanges "
                           "WHERE server_port = ? ORDER BY url", (live.PORT + 2,), database)
        accused = place.ask("SELECT rule FROM findings f JOIN exchanges x ON x.id = f.exchange_id WHERE x.server_port = ? AND f.severity <> 'info'",
                            (live.PORT + 2,), database)
        if halves != due or accused:
            wrong.append(f"{os.path.basename(database)}: {halves}, accused {accused}")
    return wrong + [line for name in files for line in lawful(f"{folder}/{name}")]


@scenario
def signals_rotate_tell_and_stop(place):
    folder = open_folder(place)
    p = place.live()
    place.listening(p)
    place.visit()
    place.wait(lambda: os.path.exists(place.database) and place.exchanges() == 3)
    p.send_signal(signal.SIGUSR1)
    wrong = [] if place.wait(lambda: said(p, "wire304: exchanges 3 ")) else [f"SIGUSR1 told {p.said}"]
    p.send_signal(signal.SIGHUP)
    if not place.wait(lambda: said(p, "is finished")):
        wrong.append("SIGHUP began nothing")
    place.visit()
    code = stop(p)
    files = sorted(os.listdir(folder))
    if code or len(files) != 2 or [place.exchanges(f"{folder}/{name}") for name in files] != [3, 3]:
        wrong.append(f"exit {code}, {files}")
    return wrong + [line for name in files for line in lawful(f"{folder}/{name}")]


def stands_still(p):
    states = []
    for task in os.listdir(f"/proc/{p.pid}/task"):
        with open(f"/proc/{p.pid}/task/{task}/stat", encoding="utf-8") as f:
            states.append(f.read().rpartition(")")[2].split()[0])
    return set(states) == {"T"}


@scenario
def a_second_interrupt_stops_at_once(place):
    p = place.live()
    place.listening(p)
    p.send_signal(signal.SIGSTOP)  # so that both are there before it looks
    place.wait(lambda: stands_still(p))
    p.send_signal(signal.SIGINT)
    p.send_signal(signal.SIGTERM)
    p.send_signal(signal.SIGCONT)
    p.wait(live.PATIENCE)
    return [] if p.returncode in (130, 143) else [f"exit {p.returncode}"]


@scenario
def a_full_disk_pauses_writing(place):
    folder = f"{place.folder}/db"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=777", "tmpfs", folder], check=True)
    try:
        p = place.live()
        place.listening(p)
        place.visit()
        place.wait(lambda: place.exchanges() == 3)
        with open(f"{folder}/ballast", "wb") as f:
            f.write(bytes(14 << 20))
        wrong = [] if place.wait(lambda: said(p, "writing pauses")) else ["nothing was said of a full disk"]
        for _ in range(5):
            place.visit()
        time.sleep(1.5)
        if place.exchanges() != 3:
            wrong.append(f"{place.exchanges()} exchanges were written in a pause")
        if len(said(p, "writing pauses")) != 1:
            wrong.append(f"said {len(said(p, 'writing pauses'))} times")
        os.unlink(f"{folder}/ballast")
        if not place.wait(lambda: place.exchanges() == 18):
            wrong.append(f"{place.exchanges()} exchanges after the pause, not 18: the kernel's ring held them")
        code = stop(p)
        if code or not said(p, "the disk was full for"):
            wrong.append(f"exit {code}: {p.said}")
        if not place.ask("SELECT 1 FROM run WHERE caps_reached LIKE '%disk-full%'"):
            wrong.append("the run row does not tell")
        return wrong + lawful(place.database)
    finally:
        subprocess.run(["umount", folder], check=True)


@scenario
def a_quota_costs_the_last_second(place):
    """A write that fails though the disk has room: as after a kill, what was committed stays."""
    open_folder(place)
    p = place.live("--user", "nobody")
    place.listening(p)
    place.visit()
    place.wait(lambda: place.exchanges() == 3)

    def limit(size):
        subprocess.run(["prlimit", "--pid", str(p.pid), f"--fsize={size}:"], check=True, user="nobody", group="nogroup")
    limit(262144)
    for _ in range(100):
        place.visit()
        if said(p, "writing pauses"):
            break
        time.sleep(0.05)
    else:
        return ["no write ever failed"]
    before = place.exchanges()
    limit("unlimited")
    wrong = [] if place.wait(lambda: said(p, "writing goes on")) else ["it did not go on"]
    place.visit()
    if not place.wait(lambda: place.exchanges() >= before + 3):
        wrong.append("nothing was written any more")
    code = stop(p)
    lost = place.ask("SELECT json_extract(value, '$.value') FROM run, json_each(caps_reached) WHERE value LIKE '%disk-full-exchanges%'")
    if code or not lost or lost[0][0] < 1:
        wrong.append(f"exit {code}, lost {lost}: {p.said}")
    if place.ask("PRAGMA integrity_check") != [("ok",)]:
        wrong.append("damaged")
    return wrong


def evidence(place, finding):
    out = f"{place.folder}/evidence.pcapng"
    run = subprocess.run([place.binary, "evidence", "-o", out, place.database, str(finding)], capture_output=True, text=True)
    if run.returncode:
        return run.returncode, run.stderr, []
    alone = f"{place.folder}/evidence.db"
    subprocess.run([place.binary, "analyze", "-q", "--force", "-o", alone, out], check=True)
    return 0, run.stderr, [row[0] for row in place.ask("SELECT DISTINCT rule FROM findings", database=alone)]


@scenario
def a_ring_of_packets_is_evidence(place):
    """While it runs, after a kill, and until the packets have left the ring."""
    ring = f"{open_folder(place)}/ring"
    options = ("--packets", ring, "--packets-max", "1MiB")
    p = place.live(*options)
    place.listening(p)
    for _ in range(8):
        place.visit()
    place.wait(lambda: place.exchanges() == 24)
    wrong = []
    for finding, rule in place.ask("SELECT min(id), rule FROM findings WHERE confidence != 'possible' GROUP BY rule"):
        code, text, rules = evidence(place, finding)
        if code or rule not in rules:
            wrong.append(f"{rule}: exit {code}, {text} {rules}")
    late = place.ask("SELECT max(id) FROM findings WHERE rule = 'unconditional-refetch'")[0][0]
    stop(p, signal.SIGKILL)
    p = place.live(*options)
    place.listening(p)
    code, text, rules = evidence(place, late)
    if code or "unconditional-refetch" not in rules:
        wrong.append(f"after a kill: exit {code}, {text}")
    for _ in range(60):
        place.visit()
    code = stop(p)
    sizes = [os.path.getsize(f"{ring}/{name}") for name in os.listdir(ring)]
    if code or sum(sizes) > 1 << 20 or len(sizes) < 10:
        wrong.append(f"exit {code}, {len(sizes)} files of {sum(sizes)} octets in the ring: {p.said}")
    code, text, _ = evidence(place, 1)
    if code != 3 or "left the ring" not in text:
        wrong.append(f"what has left the ring: exit {code}, {text}")
    last = place.ask("SELECT max(id) FROM findings WHERE rule = 'unconditional-refetch'")[0][0]
    code, text, rules = evidence(place, last)
    if code or "unconditional-refetch" not in rules or "have left the ring" not in text:
        wrong.append(f"what is in it still: exit {code}, {text} {rules}")
    frames = place.ask("SELECT count(*) FROM exchanges WHERE request_file NOT LIKE '%/ring/wire304-%' OR request_frame > 1000")[0][0]
    return wrong + ([f"{frames} exchanges name no file of the ring"] if frames else [])


@scenario
def a_ring_changes_no_verdict(place):
    """Nor does it lose a packet: analyze over its files says the same."""
    ring = f"{open_folder(place)}/ring"
    p = place.live("--packets", ring, "--packets-max", "64MiB", "--filter", "tcp")
    place.listening(p)
    for _ in range(10):
        place.visit()
    code = stop(p)
    offline = f"{place.folder}/offline.db"
    subprocess.run([place.binary, "analyze", "-q", "-o", offline, *sorted(f"{ring}/{name}" for name in os.listdir(ring))], check=True)
    wrong = [f"exit {code}: {p.said}"] if code else []
    for query in (live.EXCHANGES, live.FINDINGS, "SELECT request_file, request_frame, response_file, response_frame FROM exchanges ORDER BY id"):
        if place.ask(query) != place.ask(query, database=offline):
            wrong.append(f"differs from analyze: {query[:60]}")
    return wrong + lawful(place.database)


@scenario
def without_a_ring_evidence_says_so(place):
    open_folder(place)
    p = place.live()
    place.listening(p)
    place.visit()
    stop(p)
    code, text, _ = evidence(place, 1)
    return [] if code == 3 and "--packets" in text else [f"exit {code}: {text}"]


def ask_much(place, enough, port=live.PORT, per_connection=50):
    """Requests for URLs that are all different, by one pipelining client, until there were enough; how many.
    It is never further ahead than the ring has room for: what is shown has nothing to do with losses."""
    sent, end = 0, time.monotonic() + 5 * live.PATIENCE
    while not enough(sent) and time.monotonic() < end:
        last = per_connection - 1
        requests = b"".join(b"GET /page.txt?%d HTTP/1.1\r\nHost: site.example\r\nUser-Agent: test\r\nRange: bytes=0-9\r\n%s\r\n"
                            % (sent + i, b"Connection: close\r\n" if i == last else b"") for i in range(per_connection))
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.sendall(requests)
            while s.recv(1 << 16):
                pass
        sent += per_connection
        time.sleep(0.01)
        if sent % 2000 == 0:
            place.wait(lambda: (place.ask("SELECT max(id) FROM exchanges")[0][0] or 0) >= sent - 6000)
    return sent


@scenario
def the_oldest_goes_and_its_sums_stay(place):
    """--keep: over two runs, the second of which finds what the first one left too old."""
    open_folder(place)
    origin = place.proxy()
    try:
        options = ("--keep", "3s", "--window", "1s")
        p = place.live("--keep", "1d", "--window", "1s")  # however long the visits take
        place.listening(p)
        for _ in range(6):
            place.visit()
            place.curl("-H", "Cache-Control: no-cache", port=live.PORT + 1)
        first = stop(p)
        pairs = place.ask("SELECT count(*) FROM exchanges WHERE outer_exchange_id NOT NULL")[0][0]
        before = place.ask("SELECT * FROM totals")[0]
        issues = place.ask("SELECT key, rule, host, url_pattern, exchanges FROM issues ORDER BY key")
        wrong = lawful(place.database) + ([] if pairs else ["no exchange was sent by the proxy: less is shown than was meant"])
        time.sleep(3)
        p = place.live(*options)
        place.listening(p)
        if not place.wait(lambda: place.exchanges() <= 2):  # the newest, and the one that the newest finding accuses
            wrong.append(f"{place.exchanges()} exchanges are kept beyond their age")
        if place.ask("SELECT count(*) FROM heads")[0][0] > 2:
            wrong.append("heads of what went are kept")
        if place.ask("SELECT key, rule, host, url_pattern, exchanges FROM issues ORDER BY key") != issues:
            wrong.append("issues have changed")
        code = stop(p)
        if first or code not in (0, 5) or place.ask("SELECT * FROM totals")[0] != before:
            wrong.append(f"exit {first}, {code}; totals {place.ask('SELECT * FROM totals')[0]}, before {before}")
        wrong += lawful(place.database)
        p = place.live(*options)
        place.listening(p)
        place.visit()
        code = stop(p)
        ids = place.ask("SELECT min(id) FROM exchanges WHERE id > ?", (18,))
        if code or ids[0][0] is None:
            wrong.append(f"exit {code}: ids begin anew: {place.ask('SELECT id FROM exchanges')}")
        report = subprocess.run([place.binary, "report", place.database], capture_output=True, text=True)
        if report.returncode:
            wrong.append(f"report: {report.stderr}")
        return wrong + lawful(place.database)
    finally:
        origin.terminate()
        origin.wait(live.PATIENCE)


@scenario
def a_database_stays_within_its_size(place):
    open_folder(place)
    allowed = 4 << 20
    p = place.live("--max-db", str(allowed), "--window", "1s")
    place.listening(p)
    largest = {"": 0, "-wal": 0}
    over = threading.Event()

    def look():
        while not over.wait(0.02):
            for suffix in largest:
                with contextlib.suppress(OSError):
                    largest[suffix] = max(largest[suffix], os.path.getsize(place.database + suffix))
    looker = threading.Thread(target=look)
    looker.start()
    sent = ask_much(place, lambda sent: sent >= 20000 and sent % 2000 == 0 and place.ask("SELECT exchanges FROM let_go")[0][0] > 5000)
    place.wait(lambda: place.ask("SELECT exchanges FROM totals") == [(sent,)])
    code = stop(p)
    over.set()
    looker.join()
    gone, left, texts = place.ask("SELECT exchanges FROM let_go")[0][0], place.exchanges(), place.ask("SELECT count(*) FROM url")[0][0]
    wrong = [f"exit {code}: {p.said}"] if code else []
    print(f"    {sent} exchanges, {gone} let go, {texts} URLs of {left} kept, database {largest['']} and log {largest['-wal']} octets at most")
    if largest[""] > allowed:
        wrong.append(f"the database grew to {largest['']} octets")
    if not gone or gone + left != sent:
        wrong.append(f"{sent} exchanges, {gone} let go, {left} left")
    return wrong + lawful(place.database)


@scenario
def an_interface_goes_down_and_comes_back(place):
    """A veth pair; on it, too, packets larger than its MTU, since segmentation is left to the card."""
    folder = open_folder(place)
    with open(f"{place.folder}/site/large.bin", "wb") as f:
        f.write(os.urandom(1 << 20))

    def ip(*words):
        subprocess.run(["ip", *words], check=True)
    far = f"w304far{os.getpid()}"  # the names are the machine's, whoever else runs a test there
    ip("netns", "add", far)
    origin = place.proxy()
    try:
        ip("link", "add", "w304a", "type", "veth", "peer", "name", "w304b", "netns", far)
        ip("address", "add", "10.83.4.1/24", "dev", "w304a")
        ip("-n", far, "address", "add", "10.83.4.2/24", "dev", "w304b")
        ip("link", "set", "w304a", "up")
        ip("-n", far, "link", "set", "w304b", "up")

        def fetch(name):
            return subprocess.run(["ip", "netns", "exec", far, "curl", "-s", "--max-time", str(live.PATIENCE), "--retry", "5", "--retry-connrefused", "-o", "/dev/null",
                                   f"http://10.83.4.1:{live.PORT + 1}/{name}"], check=False).returncode
        p = subprocess.Popen([place.binary, "live", "-i", "w304a", "-o", place.database, "--packets", f"{folder}/ring"], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True, env=live.QUIET_LEAKS)
        p.said = []
        p.reader = threading.Thread(target=lambda: p.said.extend(iter(p.stderr.readline, "")), daemon=True)
        p.reader.start()
        place.listening(p)
        wrong = [] if fetch("large.bin") == 0 else ["no fetch over the veth"]
        place.wait(lambda: place.exchanges() == 1)
        ip("link", "set", "w304a", "down")
        time.sleep(0.5)
        ip("link", "set", "w304a", "up")
        if p.poll() is not None or fetch("page.txt"):
            wrong.append(f"down and up again: {p.poll()} {p.said}")
        if not place.wait(lambda: place.exchanges() == 2):
            wrong.append(f"{place.exchanges()} exchanges, not 2: what came after the pause was not seen")
        code = stop(p)
        if code:
            wrong.append(f"exit {code}: {p.said}")
        if place.ask("SELECT ending, response_body_bytes FROM exchanges WHERE id = 1") != [("complete", 1 << 20)]:
            wrong.append(f"the large body: {place.ask('SELECT ending, flaws, response_body_bytes FROM exchanges')}")
        if place.ask("SELECT max(wire_bytes / packets) FROM connections")[0][0] < 2000:
            wrong.append("no packet was larger than the MTU: less is shown than was meant")
        return wrong + lawful(place.database)
    finally:
        origin.terminate()
        origin.wait(live.PATIENCE)
        ip("netns", "delete", far)


@scenario
def a_folder_of_root_is_told_about(place):
    p = place.live("--user", "nobody")
    place.listening(p)
    place.visit()
    code = stop(p)
    wrong = [] if code == 0 and said(p, "may not make or remove files") else [f"exit {code}: {p.said}"]
    p = place.live("--user", "nobody", "--rotate", "1h", "-o", f"{place.folder}/db/other.db")
    p.wait(live.PATIENCE)
    p.reader.join(live.PATIENCE)
    return wrong if p.returncode == 4 and said(p, "--rotate: user nobody") else wrong + [f"exit {p.returncode}: {p.said}"]


if __name__ == "__main__":
    sys.exit(live.main(SCENARIOS, __file__))
