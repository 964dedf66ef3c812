#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Real servers and clients, recorded and audited: what wire304 says of them must be what is true of them.

usage: servers.py BINARY [scenario ...]

Runs itself in a network namespace of its own (unshare --net), so that nothing leaves this machine and
no port is taken. Each scenario starts one server from Debian on the loopback interface there, has
curl and wget fetch from it while tcpdump records, audits the recording, and compares the findings of
severity error, warning and waste with the ones listed, no more and no fewer. A fault that is listed
is a true fault of that server or that client, argued beside it. Exits 77 (skipped) where namespaces
or a server are not to be had.
"""
import collections
import contextlib
import os
import shutil
import signal
import socket
import socketserver
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
from laws import complaints  # noqa: E402

SKIP = 77
OLD = "Fri, 01 May 2026 09:00:00 GMT"  # before the files' own date
SCENARIOS = {}


def scenario(f):
    SCENARIOS[f.__name__.replace("_", "-")] = f
    return f


def site(folder):
    """The files that every server serves: two that compress, one that does not, one that is small."""
    root = f"{folder}/site"
    os.makedirs(root)
    for name, line, count in (("index.html", "<p>words that compress well %d</p>\n", 200), ("app.js", "var v%d = 'a value';\n", 400)):
        with open(f"{root}/{name}", "w") as f:
            f.writelines(line % i for i in range(count))
    with open(f"{root}/logo.png", "wb") as f:
        f.write(os.urandom(20000))
    with open(f"{root}/tiny.json", "w") as f:
        f.write('{"a": 1}\n')
    for name in os.listdir(root):
        os.utime(f"{root}/{name}", (1777629600, 1777629600))  # 2026-05-01 10:00:00 UTC
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
    return root


class Bench:
    """One recording: a server, a tcpdump, and clients to run."""

    def __init__(self, folder, port):
        self.folder, self.port, self.root, self.processes = folder, port, site(folder), []
        self.url = f"http://127.0.0.1:{port}"

    def start(self, *command):
        self.processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def wait_for_port(self):
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        raise RuntimeError("the server did not start")

    def record(self):
        self.pcap = f"{self.folder}/record.pcap"
        self.tcpdump = subprocess.Popen(["tcpdump", "-i", "lo", "--immediate-mode", "-U", "-Z", "root", "-w", self.pcap, "tcp", "port", str(self.port)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            if os.path.exists(self.pcap) and os.path.getsize(self.pcap) >= 24:
                break
            time.sleep(0.05)
        time.sleep(0.3)

    def stop(self):
        time.sleep(0.5)
        self.tcpdump.send_signal(signal.SIGINT)
        self.tcpdump.wait(10)

    def close(self):
        for p in self.processes:
            p.terminate()
        for p in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                p.wait(5)
            if p.poll() is None:
                p.kill()

    def curl(self, path, *options):
        subprocess.run(["curl", "--silent", "--show-error", "--max-time", "10", "-o", "/dev/null", *options, self.url + path], check=True)

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
            subprocess.run(["wget", "-q", "-N", "-P", f"{self.folder}/mirror", self.url + path], check=True, timeout=10)


def nginx(bench, more=""):
    conf = f"{bench.folder}/nginx.conf"
    temp = "".join(f"{kind}_temp_path {bench.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(conf, "w") as f:
        f.write(f"""daemon off; master_process off; pid {bench.folder}/pid; error_log {bench.folder}/log;
events {{ worker_connections 64; }}
http {{ access_log off; {temp}
  types {{ text/html html; application/javascript js; application/json json; image/png png; }}
  server {{ listen 127.0.0.1:{bench.port}; root {bench.root}; {more} }} }}
""")
    bench.start("nginx", "-c", conf, "-e", f"{bench.folder}/log")


def apache(bench, more=""):
    conf = f"{bench.folder}/apache.conf"
    modules = "".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n" for m in ("mpm_event", "authz_core", "mime", "filter", "deflate", "headers"))
    with open(conf, "w") as f:
        f.write(f"""ServerRoot {bench.folder}
PidFile {bench.folder}/pid
ErrorLog {bench.folder}/log
Listen 127.0.0.1:{bench.port}
ServerName localhost
{modules}TypesConfig /etc/mime.types
DocumentRoot {bench.root}
{more}
""")
    bench.start("apache2", "-f", conf, "-DFOREGROUND")


def lighttpd(bench):
    conf = f"{bench.folder}/lighttpd.conf"
    with open(conf, "w") as f:
        f.write(f"""server.document-root = "{bench.root}"
server.port = {bench.port}
server.bind = "127.0.0.1"
server.errorlog = "{bench.folder}/log"
mimetype.assign = ( ".html" => "text/html", ".js" => "application/javascript", ".png" => "image/png", ".json" => "application/json" )
""")
    bench.start("lighttpd", "-D", "-f", conf)


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
    server = Server(("127.0.0.1", b.port), Raw)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    for path in ("/good", "/body", "/zero", "/bare"):
        b.revalidate(path)
    server.shutdown()
    server.server_close()
    yield {("304-has-body", "/body"): 1, ("304-content-length-mismatch", "/zero"): 1,
           ("304-missing-etag", "/bare"): 1, ("304-missing-cache-control", "/bare"): 1, ("304-missing-date", "/bare"): 1}


def audit(binary, bench):
    database = f"{bench.folder}/audit.db"
    run = subprocess.run([binary, "analyze", "-q", "-o", database, bench.pcap], capture_output=True, text=True, timeout=60)
    if run.returncode != 0:
        raise RuntimeError(f"wire304 exit {run.returncode}: {run.stderr.strip()}")
    for complaint in complaints(database):
        raise RuntimeError(f"a law is broken: {complaint}")
    connection = sqlite3.connect(database)
    rules = set(subprocess.run([binary, "rules"], capture_output=True, text=True, check=True).stdout.split())
    found = collections.Counter((rule, "/" + url.split("/", 3)[3]) for rule, url in connection.execute(
        "SELECT rule, url FROM findings WHERE severity IN ('error', 'warning', 'waste')"))
    return found, rules


def run_one(binary, name, build, port):
    with tempfile.TemporaryDirectory(prefix="wire304-") as folder:
        os.chmod(folder, 0o755)
        bench = Bench(folder, port)
        try:
            steps = build(bench)
            next(steps)
            bench.wait_for_port()
            bench.record()
            expected = collections.Counter(next(steps))
            bench.stop()
            found, rules = audit(binary, bench)
        finally:
            bench.close()
        expected = collections.Counter({key: n for key, n in expected.items() if key[0] in rules})
        missed, wrong = expected - found, found - expected
        print(f"{'ok  ' if not missed and not wrong else 'FAIL'} {name}" + "".join(
            [f"\n     missed {n} x {rule} {url}" for (rule, url), n in missed.items()] +
            [f"\n     wrongly said {n} x {rule} {url}" for (rule, url), n in wrong.items()]), flush=True)
        if (missed or wrong) and os.environ.get("WIRE304_KEEP"):
            shutil.copy(bench.pcap, f"{os.environ['WIRE304_KEEP']}/{name}.pcap")
        return not missed and not wrong


def main():
    if os.environ.get("WIRE304_NAMESPACE") != "own":
        if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode != 0:
            print("skipped: network namespaces are not permitted here")
            return SKIP
        missing = [p for p in ("nginx", "apache2", "lighttpd", "curl", "wget", "tcpdump", "ip") if not shutil.which(p, path=os.environ["PATH"] + ":/usr/sbin")]
        if missing:
            print(f"skipped: not installed: {' '.join(missing)} (./test --with-servers installs them)")
            return SKIP
        os.environ["PATH"] += ":/usr/sbin"
        os.environ["WIRE304_NAMESPACE"] = "own"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    binary, names = os.path.abspath(sys.argv[1]), sys.argv[2:] or list(SCENARIOS)
    results = []
    for i, name in enumerate(names):
        try:
            results.append(run_one(binary, name, SCENARIOS[name], 8080 + i))
        except Exception as e:  # one scenario's trouble is not the others'
            print(f"FAIL {name}: {type(e).__name__}: {e}", flush=True)
            results.append(False)
    print(f"real servers: {sum(results)} of {len(results)} scenarios right")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
