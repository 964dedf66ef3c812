# SPDX-License-Identifier: MIT
"""The command line of wire304: what it takes, what it says, how it exits, and what it leaves behind.

usage: cli.py BINARY [TEST...]     runs every function below whose name begins with test_

Each test gets a fresh folder with a small capture in it. Captures are made here, packet by packet.
"""
import json
import os
import pty
import re
import resource
import shutil
import signal
import sqlite3
import stat
import struct
import subprocess
import sys
import tempfile
import time

BINARY = os.path.abspath(sys.argv[1])
T0 = 1_700_000_000


# ---------------------------------------------------------------- captures

def tcp(source, destination, sport, dport, seq, ack, flags, payload=b""):
    segment = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 65535, 0, 0)
    total = 20 + len(segment) + len(payload)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, total, seq & 0xFFFF, 0x4000, 64, 6, 0, bytes(source), bytes(destination))
    return b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip + segment + payload


class Capture:
    """One TCP connection after the other; exchanges one after the other."""

    def __init__(self):
        self.packets, self.time, self.port = [], float(T0), 40000

    def add(self, packet):
        self.packets.append((self.time, packet))
        self.time += 0.001

    def connection(self, *exchanges, client=(10, 0, 0, 1), server=(192, 0, 2, 80), dport=80, gap=0.0):
        self.port += 1
        c, s = 1000, 9000
        self.add(tcp(client, server, self.port, dport, c, 0, 2))
        self.add(tcp(server, client, dport, self.port, s, c + 1, 0x12))
        c, s = c + 1, s + 1
        self.add(tcp(client, server, self.port, dport, c, s, 0x10))
        for request, response in exchanges:
            self.add(tcp(client, server, self.port, dport, c, s, 0x18, request))
            c += len(request)
            for at in range(0, len(response), 1400):
                piece = response[at:at + 1400]
                self.add(tcp(server, client, dport, self.port, s, c, 0x18, piece))
                s += len(piece)
            self.time += gap
        self.add(tcp(client, server, self.port, dport, c, s, 0x11))
        self.add(tcp(server, client, dport, self.port, s, c + 1, 0x11))
        self.add(tcp(client, server, self.port, dport, c + 1, s + 1, 0x10))
        return self

    def bytes(self):
        out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)]
        for when, packet in self.packets:
            us = round(when * 1e6)
            out += [struct.pack("<IIII", us // 10**6, us % 10**6, len(packet), len(packet)), packet]
        return b"".join(out)

    def write(self, path):
        with open(path, "wb") as file:
            file.write(self.bytes())
        return self


def get(path="/a", host="www.example.org", **fields):
    head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n"
    head += "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return head.encode() + b"\r\n"


def ok(body=b"x" * 3000, **fields):
    head = f"HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\nContent-Length: {len(body)}\r\n"
    head += "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return head.encode() + b"\r\n" + body


def not_modified(**fields):
    head = "HTTP/1.1 304 Not Modified\r\nDate: Tue, 14 Nov 2023 22:14:20 GMT\r\n"
    head += "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return head.encode() + b"\r\n"


def usual():
    """A clean revalidation, and a 304 that nobody asked for."""
    capture = Capture()
    capture.connection((get(), ok(ETag='"v1"')), (get(If_None_Match='"v1"'), not_modified(ETag='"v1"')), gap=60)
    capture.connection((get("/b"), not_modified(ETag='"v2"')))
    return capture


# ---------------------------------------------------------------- running

class Run:
    def __init__(self, *arguments, stdin=None, env=None, folder=None, limit=None, timeout=3000, stdout=None):
        def prepare():
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        done = subprocess.run([BINARY, *arguments], input=stdin, stdout=stdout or subprocess.PIPE, stderr=subprocess.PIPE,
                              cwd=folder, env={**os.environ, **(env or {})}, preexec_fn=prepare, timeout=timeout, check=False)
        self.code, self.out = done.returncode, (done.stdout or b"").decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")
        self.arguments = arguments

    def exits(self, code):
        assert self.code == code, f"{self.arguments}: exit {self.code}, not {code}\n{self.out}\n{self.err}"
        assert "Sanitizer" not in self.err and "runtime error" not in self.err, self.err
        return self

    def says(self, pattern):
        assert re.search(pattern, self.err), f"{self.arguments}: does not say {pattern!r} but\n{self.err}"
        return self

    def prints(self, pattern):
        assert re.search(pattern, self.out), f"{self.arguments}: does not print {pattern!r} but\n{self.out}"
        return self

    def is_silent(self):
        assert self.out == "" and self.err == "", f"{self.arguments}: {self.out}{self.err}"
        return self


def wrong(folder, *arguments):
    """A wrong command line: exit 2, one line what, one line how to get help, nothing on standard output."""
    run = Run(*arguments, folder=folder).exits(2)
    lines = run.err.splitlines()
    assert run.out == "" and len(lines) == 2, f"{arguments}: {run.out!r} {lines}"
    assert lines[0].startswith("wire304: ") and "wire304 help" in lines[1], lines
    return run


def rows(folder, query, database="c.wire304.db"):
    with sqlite3.connect(f"file:{folder}/{database}?mode=ro", uri=True) as con:
        return con.execute(query).fetchall()


def leftovers(folder):
    return [name for name in os.listdir(folder) if name.endswith(".tmp")]


# ---------------------------------------------------------------- the commands and their help

def test_help_teaches(folder):
    for arguments in (["--help"], ["-h"], ["help"]):
        run = Run(*arguments).exits(0).prints("wire304 analyze").prints(r"(?s)Exit codes.*130, 143")
        assert run.err == ""
    Run("help", "analyze").exits(0).prints("--fail-on WHAT").prints("Examples:").prints("min_body")
    Run("analyze", "--help").exits(0).prints("--fail-on WHAT")
    Run("help", "report").exits(0).prints("--format")
    Run("--version").exits(0).prints(r"^wire304 \d+\.\d+\.\d+\n$")


def test_help_fits_on_a_terminal(folder):
    for arguments in (["help"], ["help", "analyze"], ["help", "rules"], ["rules"], ["rules", "--flaws"]):
        for line in Run(*arguments).exits(0).out.splitlines():
            assert len(line) <= 120, line


def test_wrong_command_lines(folder):
    for arguments, says in (
            ([], "analyze FILE"),
            (["analyse", "c.pcap"], "is 'analyze' meant"),
            (["frobnicate"], "no command 'frobnicate'"),
            (["help", "frobnicate"], "no command"),
            (["analyze"], "which capture"),
            (["analyze", "--colour", "never", "c.pcap"], "is --color meant"),
            (["analyze", "--frobnicate", "c.pcap"], "no option --frobnicate"),
            (["analyze", "-z", "c.pcap"], "no option -z"),
            (["analyze", "-o"], "needs a value"),
            (["analyze", "c.pcap", "--window"], "needs a value"),
            (["analyze", "--force=yes", "c.pcap"], "takes no value"),
            (["analyze", "--color", "pink", "c.pcap"], "auto, always or never"),
            (["analyze", "--jobs", "0", "c.pcap"], "from 1 to 64"),
            (["analyze", "--jobs", "many", "c.pcap"], "from 1 to 64"),
            (["analyze", "--window", "soon", "c.pcap"], "a duration"),
            (["analyze", "--memory", "lots", "c.pcap"], "a size"),
            (["analyze", "--from", "yesterday", "c.pcap"], "a time"),
            (["analyze", "--from", "2000000000", "--until", "1000000000", "c.pcap"], "after --until"),
            (["analyze", "--severity", "loud", "c.pcap"], "info, waste"),
            (["analyze", "--heads", "some", "c.pcap"], "findings, all or none"),
            (["analyze", "--client-key", "cookie", "c.pcap"], "forwarded"),
            (["analyze", "--fail-on", "avoidable", "c.pcap"], "avoidable>5%"),
            (["analyze", "--fail-on", "avoidable>x%", "c.pcap"], "avoidable>5%"),
            (["analyze", "--fail-on", "avoidable>101%", "c.pcap"], "avoidable>5%"),
            (["analyze", "--keylog", "k", "c.pcap"], "cannot decrypt"),
            (["analyze", "--only", "304-missing-etags", "c.pcap"], "is '304-missing-etag' meant"),
            (["analyze", "--skip", "nonsense", "c.pcap"], "no rule 'nonsense'"),
            (["analyze", "--set", "min_body", "c.pcap"], "NAME=VALUE"),
            (["analyze", "--set", "min_bodi=1", "c.pcap"], "is 'min_body' meant"),
            (["analyze", "--set", "nonsense=1", "c.pcap"], "`wire304 help analyze` lists them"),
            (["-q", "analyze", "c.pcap"], "options come after it"),
            (["analyze", "--set", "min_body=x", "c.pcap"], "no whole number"),
            (["analyze", "--config", "absent", "c.pcap"], "cannot read absent"),
            (["analyze", "--filter", "not a filter at all", "c.pcap"], ""),
            (["analyze", "-o", "c.pcap", "--force", "c.pcap"], "is an input"),
            (["live"], "needs -i IFACE"),
            (["live", "-i", "lo", "c.pcap"], "analyze c.pcap"),
            (["live", "-i", "lo", "--duration", "soon"], "a duration is wanted"),
            (["live", "-i", "lo", "--buffer", "1"], "from 1MiB"),
            (["live", "-i", "lo", "--snaplen", "10"], "from 64"),
            (["evidence", "x.db"], "takes two arguments"),
            (["compare", "a.db"], "takes two audits"),
            (["compare", "--fail-on", "worse", "a.db", "b.db"], "new or remaining is wanted"),
            (["compare", "--format", "csv", "a.db", "b.db"], "terminal, json, markdown"),
            (["compare", "--min-exercised", "0", "a.db", "b.db"], "from 1 on"),
            (["report"], "one argument"),
            (["report", "--format", "jsno", "x.db"], "'json' meant"),
            (["report", "--filter", "x", "x.db"], "no option of this command"),
            (["report", "--format", "csv", "--table", "sqlite_schema", "x.db"], "a view is wanted"),
            (["report", "--since", "+5s", "--until", "+2s", "x.db"], "--since lies after"),
            (["report", "--top", "0", "x.db"], "from 1 on"),
            (["report", "--rule", "304-missing-etga", "x.db"], "'304-missing-etag' meant"),
            (["rules", "--format", "yaml"], "'terminal', 'json' or 'markdown'"),
            (["rules", "--format", "markdown", "--flaws"], "without --flaws"),
            (["rules", "304-missing-etag"], "explain 304-missing-etag"),
            (["explain"], "one argument"),
            (["explain", "304-mising-etag"], "is '304-missing-etag' meant")):
        usual().write(f"{folder}/c.pcap")
        wrong(folder, *arguments).says(says)
        assert not leftovers(folder) and not os.path.exists(f"{folder}/c.wire304.db"), arguments


def test_rules_and_explain(folder):
    Run("rules").exits(0).prints("304-missing-etag").prints("unconditional-refetch")
    Run("rules", "--flaws").exits(0).prints("bare-lf")
    Run("explain", "304-missing-etag").exits(0).prints(r"RFC 9110 §15\.4\.5").prints("What to do")
    Run("analyze", "-q", "c.pcap", folder=folder).exits(0)
    Run("rules", "--why", "c.wire304.db", folder=folder).exits(0).prints("304-unsolicited .*fired").prints("not checked")


# ---------------------------------------------------------------- exit codes

def test_0_done(folder):
    Run("analyze", "c.pcap", folder=folder).exits(0).prints("3 HTTP exchanges").prints("304-unsolicited")
    assert rows(folder, "SELECT exchanges FROM totals") == [(3,)]
    mode = os.stat(f"{folder}/c.wire304.db").st_mode
    assert stat.S_IMODE(mode) == 0o600, oct(mode)
    assert not leftovers(folder)
    Run("report", "c.wire304.db", folder=folder).exits(0).prints("304-unsolicited")


def test_0_cut_short_is_a_warning(folder):
    with open(f"{folder}/c.pcap", "r+b") as file:
        file.truncate(os.path.getsize(f"{folder}/c.pcap") - 5)
    Run("analyze", "c.pcap", folder=folder).exits(0).says("warning: .*c.pcap")
    Run("analyze", "-q", "c.pcap", folder=folder).exits(0).is_silent()


def test_1_fail_on(folder):
    for what, code in (("error", 1), ("warning", 1), ("avoidable>99%", 0), ("avoidable>1GB", 0)):
        Run("analyze", "-q", "--fail-on", what, "c.pcap", folder=folder).exits(code).is_silent()
    Run("analyze", "-q", "--fail-on", "error", "--fail-on", "avoidable>99%", "c.pcap", folder=folder).exits(1)
    Run("analyze", "-q", "--fail-on", "error", "--skip", "304-unsolicited", "c.pcap", folder=folder).exits(0)


def test_1_avoidable(folder):
    capture = Capture()
    capture.connection(*[(get(If_None_Match='"v1"') if n else get(), ok(ETag='"v1"')) for n in range(4)], gap=30)
    capture.write(f"{folder}/c.pcap")
    (avoidable, observed), = rows_after(folder, "SELECT avoidable_certain + avoidable_likely, observed_bytes FROM totals")
    assert avoidable > observed / 2, (avoidable, observed)
    for what, code in (("avoidable>50%", 1), ("avoidable>5kB", 1), ("avoidable>0.5%", 1), ("avoidable>100%", 0),
                       (f"avoidable>{avoidable}", 0), (f"avoidable>{avoidable - 1}", 1)):
        Run("analyze", "-q", "--fail-on", what, "c.pcap", folder=folder).exits(code)


def rows_after(folder, query, *options):
    Run("analyze", "-q", *options, "c.pcap", folder=folder).exits(0)
    return rows(folder, query)


def test_3_inputs(folder):
    Run("analyze", "absent.pcap", folder=folder).exits(3).says("absent.pcap")
    with open(f"{folder}/text.pcap", "w") as file:
        file.write("this is no capture\n" * 10)
    Run("analyze", "text.pcap", folder=folder).exits(3).says("text.pcap")
    assert sorted(os.listdir(folder)) == ["c.pcap", "text.pcap"]


def test_3_damaged_keeps_what_was_read(folder):
    whole = usual().bytes()
    broken = bytearray(whole + whole[24:])
    broken[len(whole) + 8:len(whole) + 12] = b"\xff\xff\xff\x7f"  # a record of 2 GiB
    with open(f"{folder}/c.pcap", "wb") as file:
        file.write(broken)
    run = Run("analyze", "-q", "--fail-on", "error", "c.pcap", folder=folder).exits(3)
    run.says(r"c\.pcap").says(r"\d")
    assert rows(folder, "SELECT exchanges FROM totals") == [(3,)]


def test_3_databases(folder):
    Run("report", "absent.db", folder=folder).exits(3).says("absent.db")
    Run("report", "c.pcap", folder=folder).exits(3).says("no database of wire304")
    with sqlite3.connect(f"{folder}/other.db") as con:
        con.execute("CREATE TABLE t (a)")
    Run("report", "other.db", folder=folder).exits(3).says("no database of wire304")
    Run("analyze", "-q", "c.pcap", folder=folder).exits(0)
    with sqlite3.connect(f"{folder}/c.wire304.db") as con:
        con.execute("PRAGMA user_version = 1000")
    Run("report", "c.wire304.db", folder=folder).exits(3).says("newer")
    Run("rules", "--why", "c.wire304.db", folder=folder).exits(3).says("newer")
    with sqlite3.connect(f"{folder}/c.wire304.db") as con:
        con.execute("PRAGMA user_version = 1")
    Run("report", "c.wire304.db", folder=folder).exits(3).says("older").says("analyze the captures again")


def test_4_other_files_are_refused(folder):
    with open(f"{folder}/notes.txt", "w") as file:
        file.write("mine\n")
    Run("analyze", "-o", "notes.txt", "c.pcap", folder=folder).exits(4).says("--force")
    assert open(f"{folder}/notes.txt").read() == "mine\n"
    Run("analyze", "-q", "-o", "notes.txt", "--force", "c.pcap", folder=folder).exits(0)
    assert rows(folder, "SELECT exchanges FROM totals", "notes.txt") == [(3,)]
    Run("analyze", "-o", ".", "c.pcap", folder=folder).exits(4).says("directory")
    Run("analyze", "-o", "absent/x.db", "c.pcap", folder=folder).exits(4)


def test_4_no_room(folder):
    """The old database stays as it was, and nothing is left beside it."""
    Run("analyze", "-q", "c.pcap", folder=folder).exits(0)
    before = open(f"{folder}/c.wire304.db", "rb").read()
    for limit in (0, 4096, 40000, len(before) - 1):
        Run("analyze", "-q", "c.pcap", folder=folder, limit=limit).exits(4).says("cannot write")
        assert open(f"{folder}/c.wire304.db", "rb").read() == before, limit
        assert not leftovers(folder), leftovers(folder)


def test_4_a_report_replaces_nothing_half(folder):
    Run("analyze", "-q", "c.pcap", folder=folder).exits(0)
    before = open(f"{folder}/c.wire304.db", "rb").read()
    Run("report", "-o", "c.wire304.db", "c.wire304.db", folder=folder).exits(4).says("audit database")
    assert open(f"{folder}/c.wire304.db", "rb").read() == before
    Run("report", "-o", "r.txt", "c.wire304.db", folder=folder).exits(0).is_silent()
    report = open(f"{folder}/r.txt").read()
    assert "304-unsolicited" in report
    Run("report", "-o", "r.txt", "c.wire304.db", folder=folder, limit=10).exits(4)
    Run("report", "-o", "r.txt", "absent.db", folder=folder).exits(3)
    assert open(f"{folder}/r.txt").read() == report and not leftovers(folder)


def test_the_summary_fits_its_page(folder):
    Run("analyze", "-q", "c.pcap", folder=folder).exits(0)
    for line in Run("report", "c.wire304.db", folder=folder).exits(0).out.splitlines():
        assert len(line) <= 100, line


def test_progress_is_for_terminals_and_goes_away(folder):
    process = start(folder)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0 and err == b"", err


def test_4_before_3(folder):
    with open(f"{folder}/c.pcap", "ab") as file:
        file.write(b"\xff" * 64)
    Run("analyze", "-q", "c.pcap", folder=folder, limit=4096).exits(4)


def test_4_standard_output(folder):
    with open("/dev/full", "wb") as full:
        Run("analyze", "c.pcap", folder=folder, stdout=full).exits(4).says("standard output")
        Run("rules", stdout=full).exits(4)
    assert rows(folder, "SELECT exchanges FROM totals") == [(3,)]


def test_5_nothing_to_audit(folder):
    capture = Capture()
    capture.connection((b"\x16\x03\x01\0\x05hello", b"\x16\x03\x03\0\x05hello"), dport=443)
    capture.write(f"{folder}/c.pcap")
    run = Run("analyze", "--fail-on", "error", "c.pcap", folder=folder).exits(5).says("not one HTTP exchange")
    run.prints("What could not be audited")
    assert rows(folder, "SELECT count(*) FROM coverage")[0][0] > 0
    Capture().write(f"{folder}/c.pcap")
    Run("analyze", "c.pcap", folder=folder).exits(5)
    usual().write(f"{folder}/c.pcap")
    Run("analyze", "--host", "other.example", "c.pcap", folder=folder).exits(5)


# ---------------------------------------------------------------- signals

def start(folder, *arguments):
    """A run that waits for its standard input, after the usual capture has gone in."""
    process = subprocess.Popen([BINARY, "analyze", "-o", "s.db", *arguments, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, cwd=folder)
    many = Capture()
    for _ in range(2000):
        many.connection((get(), ok(b"y" * 100)))
    process.stdin.write(many.bytes())
    process.stdin.flush()
    time.sleep(0.5)
    return process


def test_130_143_the_first_signal_keeps_what_was_read(folder):
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        process = start(folder)
        process.send_signal(number)
        out, err = process.communicate(timeout=300)
        assert process.returncode == code, (process.returncode, err)
        assert rows(folder, "SELECT exchanges > 100 FROM totals", "s.db") == [(1,)]
        assert not leftovers(folder)


def test_a_second_signal_leaves_the_old_database(folder):
    Run("analyze", "-q", "-o", "s.db", "c.pcap", folder=folder).exits(0)
    before = open(f"{folder}/s.db", "rb").read()
    big = Capture()
    for n in range(3000):
        big.connection((get(f"/{n}"), ok(b"y" * 2000)))
    big.write(f"{folder}/big.pcap")
    codes = []
    for delay in (0.01, 0.03, 0.05, 0.2):
        process = subprocess.Popen([BINARY, "analyze", "-q", "-o", "s.db", "big.pcap"], cwd=folder, stderr=subprocess.PIPE)
        time.sleep(delay)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.002)  # two that wait together are one
        process.send_signal(signal.SIGTERM)
        codes.append(process.wait(timeout=300))
        assert codes[-1] in (143, -15, 0), codes  # it may be through by then
        after = open(f"{folder}/s.db", "rb").read()
        assert after == before or rows(folder, "SELECT exchanges FROM totals", "s.db"), "half a database"
        assert not leftovers(folder), leftovers(folder)
        Run("analyze", "-q", "-o", "s.db", "c.pcap", folder=folder).exits(0)
    assert set(codes) != {0}, codes


# ---------------------------------------------------------------- options

def test_default_names(folder):
    for name, database in (("c.pcap", "c.wire304.db"), ("x.pcapng", "x.wire304.db"), ("y.cap.gz", "y.wire304.db"),
                           ("z.PCAP", "z.wire304.db"), ("plain", "plain.wire304.db"), ("a.b.pcap", "a.b.wire304.db")):
        os.makedirs(f"{folder}/sub", exist_ok=True)
        usual().write(f"{folder}/sub/{name}")
        Run("analyze", "-q", f"sub/{name}", folder=folder).exits(0)
        assert os.path.exists(f"{folder}/{database}"), database
    Run("analyze", "-q", "-", stdin=usual().bytes(), folder=folder).exits(0)
    assert rows(folder, "SELECT exchanges FROM totals", "stdin.wire304.db") == [(3,)]


def test_several_files_are_one_capture(folder):
    packets = usual().packets
    for name, part in (("1.pcap", packets[:6]), ("2.pcap", packets[6:])):
        capture = Capture()
        capture.packets = part
        capture.write(f"{folder}/{name}")
    Run("analyze", "-q", "2.pcap", "1.pcap", "-o", "c.wire304.db", folder=folder).exits(0)
    assert rows(folder, "SELECT exchanges FROM totals") == [(3,)]
    assert {r[0] for r in rows(folder, "SELECT request_file FROM exchanges")} == {"1.pcap", "2.pcap"}


def test_one_of_several_that_cannot_be_read_stops_no_other(folder):
    with open(f"{folder}/text", "w") as f:
        f.write("not a capture")
    Run("analyze", "-q", "-o", "c.wire304.db", "absent.pcap", "c.pcap", "text", folder=folder).exits(3)
    assert rows(folder, "SELECT exchanges FROM totals") == [(3,)]
    os.remove(f"{folder}/c.wire304.db")
    Run("analyze", "-q", "-o", "c.wire304.db", "absent.pcap", "text", folder=folder).exits(3)
    assert not os.path.exists(f"{folder}/c.wire304.db")


def test_times_may_be_relative_to_standard_input(folder):
    Run("analyze", "-q", "-o", "c.wire304.db", "--until", "+0s", "-", stdin=usual().bytes(), folder=folder).exits(5)
    assert rows(folder, "SELECT packets FROM run") == [(1,)]


def test_host_filter_keeps_the_sums(folder):
    capture = Capture()
    capture.connection((get(host="a.example.org"), ok()), (get(host="b.example.org"), ok()), (get(host="a.example.org"), ok()))
    capture.connection((get(host="b.example.org"), ok()), server=(192, 0, 2, 81))
    capture.write(f"{folder}/c.pcap")
    for glob, exchanges, connections in (("a.example.org", 2, 1), ("A.*", 2, 1), ("192.0.2.81", 1, 1), ("*.example.org", 4, 2),
                                         ("10.0.0.*", 4, 2)):
        found = rows_after(folder, """SELECT (SELECT count(*) FROM exchanges), (SELECT count(*) FROM connections),
            (SELECT sum(exchanges) FROM connections), (SELECT sum(wire_bytes) FROM exchanges) + (SELECT sum(overhead_bytes)
            FROM connections) = (SELECT sum(wire_bytes) FROM connections)""", "--host", glob)
        assert found == [(exchanges, connections, exchanges, 1)], (glob, found)
    assert rows_after(folder, "SELECT count(*) FROM exchanges", "--host", "a.*", "--host", "*.81") == [(3,)]


def test_times_limit_what_is_read(folder):
    assert rows_after(folder, "SELECT count(*) FROM exchanges", "--until", "+30s") == [(1,)]
    assert rows_after(folder, "SELECT count(*) FROM exchanges", "--from", f"{T0 + 30}") == [(2,)]
    assert rows_after(folder, "SELECT count(*) FROM exchanges", "--until", "2023-11-14T22:13:50Z") == [(1,)]
    assert rows_after(folder, "SELECT count(*) FROM exchanges", "--filter", "tcp port 80") == [(3,)]


def test_config_and_set(folder):
    with open(f"{folder}/w.conf", "w") as file:
        file.write("# thresholds\nmin_body = 512\nwindow = 30m   # half an hour\nskip = 304-unsolicited\nquiet\n\n")
    Run("analyze", "--config", "w.conf", "--set", "skew_s=9", "c.pcap", folder=folder).exits(0).is_silent()
    thresholds, options = rows(folder, "SELECT thresholds, options FROM run")[0]
    assert json.loads(thresholds)["min_body"] == 512 and json.loads(thresholds)["skew_s"] == 9
    assert json.loads(options)["window_s"] == 1800 and json.loads(options)["skip"] == ["304-unsolicited"]
    Run("analyze", "-q", "--set", "min_body=700", "--config", "w.conf", "c.pcap", folder=folder).exits(0)
    assert json.loads(rows(folder, "SELECT thresholds FROM run")[0][0])["min_body"] == 700, "the command line wins"
    for line, says in (("frob = 1", "line 1"), ("window", "needs a value"), ("quiet = no", "takes no value"), ("output = x", "line 1")):
        with open(f"{folder}/bad.conf", "w") as file:
            file.write(line + "\n")
        wrong(folder, "analyze", "--config", "bad.conf", "c.pcap").says(says)


def test_what_is_left_out_does_not_count(folder):
    Run("analyze", "-q", "--leave-out", "*.example.org", "c.pcap", folder=folder).exits(5)
    assert rows_after(folder, "SELECT count(*) FROM exchanges", "--leave-out", "other.*") == [(3,)]
    options = json.loads(rows(folder, "SELECT options FROM run")[0][0])
    assert options["leave_out"] == ["other.*"]


def test_roles_are_kept_with_the_run(folder):
    with open(f"{folder}/w.conf", "w") as file:
        file.write("role = proxy 10.0.0.0/8, 192.0.2.7\nrole = client=2001:db8::/32\nprice = 0.09 EUR\n")
    Run("analyze", "--config", "w.conf", "c.pcap", folder=folder).exits(0)
    price, options = rows(folder, "SELECT price, options FROM run")[0]
    assert price == "0.09 EUR" and len(json.loads(options)["roles"]) == 3
    for value, says in (("boss=1.2.3.4", "origin="), ("proxy", "origin="), ("proxy=1.2.3.4/40", "networks are wanted")):
        wrong(folder, "analyze", "--role", value, "c.pcap").says(says)
    wrong(folder, "analyze", "--price", "much", "c.pcap").says("gigabyte")


def test_accepted_issues_are_shown_and_do_not_fail(folder):
    Run("analyze", "-q", "--fail-on", "error", "c.pcap", folder=folder).exits(1)
    keys = [key for key, in rows(folder, "SELECT key FROM issues WHERE severity IN ('error', 'warning')")]

    def accept(until):
        with open(f"{folder}/accepted.txt", "w") as file:
            file.write("# known\n" + "".join(f"{key} {until} we know \033[31m#1\n" for key in keys))

    accept("never")
    run = Run("analyze", "--accept", "accepted.txt", "--fail-on", "warning", "c.pcap", folder=folder).exits(0)
    run.prints("Accepted").prints("304-unsolicited").prints("until never: we know")
    assert "\033" not in run.out
    assert len(rows(folder, "SELECT 1 FROM issues WHERE accepted NOT NULL")) == len(keys)
    accept("2001-01-01")
    Run("analyze", "--accept", "accepted.txt", "--fail-on", "error", "c.pcap", folder=folder).exits(1).prints(
        "expired on 2001-01-01")
    assert rows(folder, "SELECT DISTINCT state FROM accepted") == [("expired",)]
    accept("soon")
    wrong(folder, "analyze", "--accept", "accepted.txt", "c.pcap").says("accepted.txt, line 2")


def test_jobs_and_looks_change_nothing(folder):
    def dump(*options):
        Run("analyze", *options, "c.pcap", folder=folder).exits(0)
        return [rows(folder, f"SELECT * FROM {view}") for view in
                ("run", "totals", "exchanges", "findings", "issues", "checks", "connections", "coverage", "heads")]
    assert dump() == dump("--jobs", "4", "--color", "always", "--severity", "error", "--no-progress")


def test_color_only_where_wanted(folder):
    assert "\033[" not in Run("analyze", "c.pcap", folder=folder).exits(0).out
    assert "\033[" in Run("analyze", "--color", "always", "c.pcap", folder=folder).exits(0).out
    plain = on_terminal(folder, "analyze", "--no-progress", "c.pcap", env={"NO_COLOR": "1"})
    assert "\033[" not in plain, plain
    assert "\033[" in on_terminal(folder, "analyze", "c.pcap", env={"NO_COLOR": ""})


def on_terminal(folder, *arguments, env=None):
    """What the program writes when standard output and error are a terminal."""
    master, slave = pty.openpty()
    process = subprocess.Popen([BINARY, *arguments], stdout=slave, stderr=slave, cwd=folder, env={**os.environ, **(env or {})})
    os.close(slave)
    out = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        out += piece
    process.wait(timeout=300)
    os.close(master)
    return out.decode("utf-8", "replace")


def test_severity_limits_the_summary(folder):
    Run("analyze", "--severity", "error", "c.pcap", folder=folder).exits(0).prints("304-unsolicited")
    usual().connection((get("/c"), ok(ETag='"v"'))).write(f"{folder}/c.pcap")
    assert "Rules broken" not in Run("analyze", "--only", "unconditional-refetch", "c.pcap", folder=folder).exits(0).out


def test_only_and_skip(folder):
    assert rows_after(folder, "SELECT DISTINCT rule FROM findings", "--only", "304-unsolicited") == [("304-unsolicited",)]
    assert ("304-unsolicited",) not in rows_after(folder, "SELECT DISTINCT rule FROM findings", "--skip", "304-*")
    assert rows_after(folder, "SELECT count(*) FROM findings", "--only", "unconditional-refetch") == [(0,)]


def test_config_takes_fail_on_and_no_folder(folder):
    with open(f"{folder}/w.conf", "w") as file:
        file.write("fail-on = error\n")
    Run("analyze", "-q", "--config", "w.conf", "c.pcap", folder=folder).exits(1)
    wrong(folder, "analyze", "--config", ".", "c.pcap").says("directory")


def test_4_no_file_takes_the_place_of_a_pipe(folder):
    """/dev/null is such a one, which root would rather keep: a pipe stands in for it."""
    os.mkfifo(f"{folder}/pipe")
    for forced in ((), ("--force",)):
        Run("analyze", "-q", *forced, "-o", "pipe", "c.pcap", folder=folder).exits(4)
        assert stat.S_ISFIFO(os.stat(f"{folder}/pipe").st_mode)
    Run("analyze", "-q", "c.pcap", folder=folder).exits(0)
    reader = subprocess.Popen(["cat", "pipe"], cwd=folder, stdout=subprocess.PIPE)
    Run("report", "--format", "csv", "-o", "pipe", "c.wire304.db", folder=folder).exits(0)
    assert b"304-unsolicited" in reader.communicate(timeout=300)[0]
    assert stat.S_ISFIFO(os.stat(f"{folder}/pipe").st_mode)
    assert not [name for name in os.listdir(folder) if name.endswith(".tmp")]


def test_evidence_does_not_replace_its_capture(folder):
    Run("analyze", "-q", "c.pcap", folder=folder).exits(0)
    before = open(f"{folder}/c.pcap", "rb").read()
    os.link(f"{folder}/c.pcap", f"{folder}/same.pcap")
    for name in ("c.pcap", "./c.pcap", "same.pcap"):
        wrong(folder, "evidence", "-o", name, "c.wire304.db", "1").says("is a capture that was analysed")
    assert open(f"{folder}/c.pcap", "rb").read() == before


def test_closed_streams_are_no_files(folder):
    """What is said to a closed standard error does not stand in the file that has its number."""
    Run("analyze", "-q", "c.pcap", folder=folder).exits(0)
    Run("evidence", "-q", "-o", "one.pcapng", "c.wire304.db", "1", folder=folder).exits(0)
    for closed in ("2>&-", "<&- >&- 2>&-"):
        shell = f"'{BINARY}' evidence -o two.pcapng c.wire304.db 1 {closed}"
        assert subprocess.run(shell, shell=True, cwd=folder, check=False, timeout=300).returncode == 0
        assert open(f"{folder}/one.pcapng", "rb").read() == open(f"{folder}/two.pcapng", "rb").read(), closed
    done = subprocess.run(f"'{BINARY}' analyze c.pcap >&-", shell=True, cwd=folder, check=False, timeout=300,
                          stderr=subprocess.PIPE)
    assert done.returncode == 4 and b"standard output" in done.stderr, done


def test_what_cannot_be_read_is_said_once(folder):
    run = Run("analyze", "-q", "-o", "c.wire304.db", "c.pcap", "absent.pcap", folder=folder).exits(3)
    assert run.err.count("absent.pcap") == 1, run.err


def test_heads_of_what_findings_accuse_and_rest_on(folder):
    """Also where the accusation waited for long after its exchange was done (contract.md)."""
    capture = Capture()
    fresh = dict(ETag='"v"', Cache_Control="max-age=3600")
    for _ in range(3):
        capture.connection((get("/a"), ok(**fresh)), (get("/a", If_None_Match='"v"'), not_modified(ETag='"v"')))
    capture.write(f"{folder}/c.pcap")
    Run("analyze", "-q", "c.pcap", folder=folder).exits(0)
    due = rows(folder, "SELECT exchange_id FROM findings UNION SELECT reference_exchange_id FROM findings"
                       " WHERE reference_exchange_id NOT NULL")
    assert ("revalidated-while-fresh",) in rows(folder, "SELECT DISTINCT rule FROM findings")
    assert due == rows(folder, "SELECT exchange_id FROM heads ORDER BY 1"), due


# ---------------------------------------------------------------- what must not leak, or steer

HOSTILE = "\033[2J\033]0;owned\007\u202e\u009b"


def test_wire_text_cannot_steer_the_terminal(folder):
    capture = Capture()
    for field in ("host", "path"):
        request = b"GET /p HTTP/1.1\r\nHost: h\r\n\r\n"
        hostile = HOSTILE.encode() + b"\xff\x9b31m"
        request = request.replace(b"Host: h", b"Host: " + hostile) if field == "host" else request.replace(b"/p", b"/" + hostile)
        capture.connection((request, not_modified(ETag='"v"')))
    capture.write(f"{folder}/c.pcap")
    run = Run("analyze", "--color", "never", "c.pcap", folder=folder)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ufffd]", run.out), run.out
    shutil.copy(f"{folder}/c.pcap", f"{folder}/\033[31mred.pcap")
    run = Run("analyze", "--color", "never", "\033[31mred.pcap", folder=folder)
    assert "\033" not in run.out + run.err, run.out + run.err
    run = Run("evidence", "-o", "e.pcapng", "\033[31mred.wire304.db", "1", folder=folder).exits(0).says("red.pcap")
    assert "\033" not in run.err, run.err


def test_credentials_are_nowhere(folder):
    secret = "s3kr1t"
    fields = dict(Cookie=f"sid={secret}", Authorization=f"Basic {secret}", Proxy_Authorization=secret)
    capture = Capture()
    capture.connection((get(f"http://me:{secret}@www.example.org/x", **fields), not_modified(Set_Cookie=f"sid={secret}")))
    folded = b"GET /y HTTP/1.1\nHost: h\ncOOkie : a\n " + secret.encode() + b"\n\n"
    capture.connection((folded, not_modified()))
    capture.write(f"{folder}/c.pcap")
    for heads, n in (("findings", 2), ("all", 2), ("none", 0)):
        Run("analyze", "-q", "--heads", heads, "c.pcap", folder=folder).exits(0)
        octets = open(f"{folder}/c.wire304.db", "rb").read()
        assert secret.encode() not in octets, heads
        assert rows(folder, "SELECT count(*) FROM heads") == [(n,)], heads
    Run("analyze", "-q", "c.pcap", folder=folder).exits(0)
    head = rows(folder, "SELECT request_head FROM heads ORDER BY exchange_id")[0][0]
    assert b"Cookie: " + b"*" * len(f"sid={secret}") + b"\r\n" in head, head


# ---------------------------------------------------------------- main

def main():
    wanted = sys.argv[2:]
    failed = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_") or wanted and name not in wanted:
            continue
        folder, began = tempfile.mkdtemp(), time.monotonic()
        try:
            usual().write(f"{folder}/c.pcap")
            test(folder)
        except (AssertionError, OSError, sqlite3.Error, subprocess.TimeoutExpired) as trouble:
            failed += 1
            print(f"FAILED {name}: {type(trouble).__name__}: {trouble}")
        finally:
            shutil.rmtree(folder)
            if time.monotonic() - began > 10:
                print(f"{name} took {time.monotonic() - began:.0f} s")
    print("failed:" if failed else "all is well", failed or "")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
