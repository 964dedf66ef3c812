#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Real servers and clients, recorded and audited: what wire304 says of them must be what is true of them.

usage: servers.py BINARY [scenario ...]

Each scenario runs in a network namespace of its own (unshare --net), so that nothing leaves this
machine and no port is taken. It starts one server from Debian on the loopback interface there, has
curl and wget fetch from it while tcpdump records, audits the recording, and compares the findings of
severity error, warning and waste with the ones listed, no more and no fewer. A fault that is listed
is a true fault of that server or that client, argued beside it. Exits 77 (skipped) where namespaces
or a server are not to be had.

Known faults are provoked with the real server: here nginx that hears If-Modified-Since over
If-None-Match, and drops Vary and the W/ of the tag from the 304 of what it compressed, Apache's -gzip,
and 304s with a body or Content-Length: 0 (of a server of ours; remedies.py has Express and Go send
them); Squid, which leaves the ETag out of its 304s, in clean.py. Debian's versions show all of them.
"""
import collections
import contextlib
import os
import shutil
import socketserver
import sqlite3
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import places  # noqa: E402

OLD = "Fri, 01 May 2026 09:00:00 GMT"  # before the files' own date
SCENARIOS = {}


def scenario(f):
    SCENARIOS[f.__name__.replace("_", "-")] = f
    return f


class Bench(places.Place):
    """One recording: a server, a tcpdump, and clients to run."""

    def __init__(self, folder, port=8080):
        super().__init__(folder, port)
        self.url, self.processes = f"http://{self.address}:{port}", places.Processes()
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)

    def started(self):
        return not places.wait_for([self])

    def curl(self, path, *options):
        subprocess.run(["curl", "--silent", "--show-error", "--max-time", str(places.PATIENCE), "-o", "/dev/null", *options, self.url + path], check=True)

    def revalidate(self, path, *options):
        """curl keeps the tag of a first answer and asks again with it, as its manual says."""
        tag = f"{self.folder}/tag"
        with contextlib.suppress(FileNotFoundError):
            os.remove(tag)
        self.curl(path, "--etag-save", tag, *options)
        self.curl(path, "--etag-compare", tag, *options)

    def mirror(self, path):
        """wget -N keeps the date of a first answer and asks again with it."""
        for _ in range(2):
            subprocess.run(["wget", "-q", "-N", "-P", f"{self.folder}/mirror", self.url + path], check=True, timeout=places.PATIENCE)


def nginx(bench, more=""):
    bench.config = more
    places.nginx(bench.processes, bench.folder, [bench])


def apache(bench, more=""):
    bench.config = more
    places.apache(bench.processes, bench.folder, [bench])


def lighttpd(bench):
    places.lighttpd(bench.processes, bench.folder, [bench])


PATHS = ("/index.html", "/app.js", "/logo.png", "/tiny.json")


@scenario
def nginx_as_it_comes(b):
    """Default nginx with clients that revalidate as they should: nothing to complain about."""
    nginx(b)
    yield
    for path in PATHS:
        b.revalidate(path)
    b.mirror("/index.html")
    yield {}


@scenario
def nginx_gzip(b):
    """The gzip filter sets Vary for 200 but not for 304 (ngx_http_gzip_filter_module): RFC 9110 §15.4.5."""
    nginx(b, "gzip on; gzip_vary on; gzip_types application/javascript;")
    yield
    b.revalidate("/index.html", "--compressed")
    b.revalidate("/app.js", "--compressed")
    b.revalidate("/logo.png", "--compressed")  # is not compressed: has no Vary in either
    yield {("304-missing-vary", "/index.html"): 1, ("304-missing-vary", "/app.js"): 1,
           # the strength of the tag changes with it (W/ in the 200 alone), where the rule exists
           ("304-etag-strength-flip", "/index.html"): 1, ("304-etag-strength-flip", "/app.js"): 1}


@scenario
def nginx_date_over_tag(b):
    """nginx tests If-Modified-Since first and returns 200 although the tag matches: RFC 9110 §13.1.3."""
    nginx(b)
    yield
    tag = f"{b.folder}/tag"
    b.curl("/app.js", "--etag-save", tag)
    b.curl("/app.js", "-H", f"If-None-Match: {open(tag).read().strip()}", "-H", f"If-Modified-Since: {OLD}")
    yield {("inm-match-got-200", "/app.js"): 1}


@scenario
def nginx_without_tags(b):
    """etag off: nginx has no tag to compare, so a tag never matches, whatever the date says (RFC 9110 §13.1.3)."""
    nginx(b, "etag off;")
    yield
    b.curl("/app.js")
    b.curl("/app.js", "-H", 'If-None-Match: "of-another-file"', "-H", "If-Modified-Since: Fri, 01 May 2026 10:00:00 GMT")
    yield {("unconditional-refetch", "/app.js"): 0}


@scenario
def nginx_lifetimes(b):
    """A client that fetches, and one that revalidates, what it was told to keep for ten minutes."""
    nginx(b, 'add_header Cache-Control "max-age=600";')
    yield
    b.revalidate("/app.js")
    b.curl("/logo.png")
    b.curl("/logo.png")
    b.curl("/tiny.json")
    b.curl("/tiny.json")  # too small to be a waste
    yield {("revalidated-while-fresh", "/app.js"): 1, ("refetch-while-fresh", "/logo.png"): 1}


@scenario
def nginx_poller(b):
    """A client without a cache fetches the same octets again; nothing said how long they are fresh."""
    nginx(b)
    yield
    for _ in range(3):
        b.curl("/app.js")
    yield {("unconditional-refetch", "/app.js"): 2}


@scenario
def apache_as_it_comes(b):
    """Default Apache with clients that revalidate as they should."""
    apache(b)
    yield
    for path in PATHS:
        b.revalidate(path)
    b.mirror("/index.html")
    yield {}


@scenario
def apache_expires(b):
    """mod_headers adds its fields to the 304 as well: no field is missing."""
    apache(b, 'Header set Cache-Control "max-age=0"\nHeader append Vary Accept-Language')
    yield
    for path in PATHS:
        b.revalidate(path)
    yield {}


@scenario
def apache_gzip(b):
    """mod_deflate hangs -gzip on to the tag and then compares without it (RFC 9110 §13.1.2), still so in 2.4.71;
    and its Vary, which plain 200s have too, is missing in 304s (§15.4.5)."""
    apache(b, "SetOutputFilter DEFLATE")
    yield
    b.revalidate("/app.js", "--compressed")
    b.revalidate("/logo.png")
    yield {("inm-match-got-200", "/app.js"): 1, ("304-missing-vary", "/logo.png"): 1}


@scenario
def lighttpd_as_it_comes(b):
    """lighttpd repeats Content-Type in its 304: RFC 9110 §15.4.5 says SHOULD NOT."""
    lighttpd(b)
    yield
    for path in PATHS:
        b.revalidate(path)
    yield {("304-superfluous-metadata", path): 1 for path in PATHS}


class Raw(socketserver.BaseRequestHandler):
    """A server that does with its 304s what some do: a body, a length of zero, no tag."""

    def handle(self):
        body = b"x" * 4000
        fields = b'ETag: "r1"\r\nCache-Control: no-cache\r\nDate: Fri, 01 May 2026 12:00:00 GMT\r\n'
        pending = b""
        while True:
            while b"\r\n\r\n" not in pending:
                data = self.request.recv(65536)
                if not data:
                    return
                pending += data
            head, _, pending = pending.partition(b"\r\n\r\n")
            path, conditional = head.split()[1], b"if-none-match" in head.lower()
            if not conditional:
                answer = b"HTTP/1.1 200 OK\r\n" + fields + b"Content-Length: 4000\r\n\r\n" + body
            elif path == b"/body":
                answer = b"HTTP/1.1 304 Not Modified\r\n" + fields + b"Content-Length: 4000\r\n\r\n" + body
            elif path == b"/zero":
                answer = b"HTTP/1.1 304 Not Modified\r\n" + fields + b"Content-Length: 0\r\n\r\n"
            elif path == b"/bare":
                answer = b"HTTP/1.1 304 Not Modified\r\n\r\n"
            else:
                answer = b"HTTP/1.1 304 Not Modified\r\n" + fields + b"\r\n"
            self.request.sendall(answer)


@scenario
def raw_304s(b):
    """A body after a 304 ends at nobody's account but the server's, and the connection goes on."""
    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address, daemon_threads = True, True
    server = Server((b.address, b.port), Raw)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    for path in ("/good", "/body", "/zero", "/bare"):
        b.revalidate(path)
    server.shutdown()
    server.server_close()
    yield {("304-has-body", "/body"): 1, ("304-content-length-mismatch", "/zero"): 1,
           ("304-missing-etag", "/bare"): 1, ("304-missing-cache-control", "/bare"): 1, ("304-missing-date", "/bare"): 1}


def loud(database):
    """What it says with severity error, warning or waste, by rule and path."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return collections.Counter((rule, "/" + url.split("/", 3)[3]) for rule, url in connection.execute(
            "SELECT rule, url FROM findings WHERE severity IN ('error', 'warning', 'waste')"))


def run_one(binary, name):
    with tempfile.TemporaryDirectory(prefix="wire304-") as folder:
        os.chmod(folder, 0o755)
        bench = Bench(folder)
        try:
            steps = SCENARIOS[name](bench)
            next(steps)
            if not bench.started():
                raise RuntimeError("the server did not start")
            recording = places.Recording(f"{folder}/record.pcap")
            expected = collections.Counter(next(steps))
            recording.stop()
            found = loud(places.audit(binary, recording.pcap, f"{folder}/audit.db"))
        finally:
            bench.processes.close()
        missed, wrong = expected - found, found - expected
        print(f"{'ok  ' if not missed and not wrong else 'FAIL'} {name}" + "".join(
            [f"\n     missed {n} x {rule} {url}" for (rule, url), n in missed.items()] +
            [f"\n     wrongly said {n} x {rule} {url}" for (rule, url), n in wrong.items()]), flush=True)
        if os.environ.get("WIRE304_KEEP"):
            shutil.copy(recording.pcap, f"{os.environ['WIRE304_KEEP']}/{name}.pcap")
        return not missed and not wrong


if __name__ == "__main__":
    sys.exit(places.run_scenarios(("nginx", "apache2", "lighttpd", "curl", "wget"), SCENARIOS, run_one, "real servers"))
