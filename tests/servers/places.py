# SPDX-License-Identifier: MIT
"""What the tests with real servers share: a network namespace with addresses, a recording, origins
whose every octet is chosen, clients, and each server started once for all places that want it.

A place is an address and a port on the loopback interface of the namespace, with a folder of files
of its own. One server process serves as many places as its configuration can tell apart.
"""
import collections
import concurrent.futures
import contextlib
import email.utils
import http.client
import json
import os
import random
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "end_to_end"))
from laws import complaints  # noqa: E402

SKIP = 77
PATIENCE = 120  # seconds: costs nothing where all is well, however busy the machine is
CLIENT, OTHER, PROXY, ORIGIN = "10.9.0.2", "10.9.0.4", "10.9.0.1", "10.9.0.3"
WRITTEN = 1777629600  # 2026-05-01 10:00:00 UTC: when the files were
TYPES = (("html", "text/html"), ("js", "application/javascript"), ("css", "text/css"), ("json", "application/json"), ("png", "image/png"), ("deb", "application/vnd.debian.binary-package"))


def is_possible(needed):
    """Says why it is not, where it is not."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode != 0:
        print("skipped: network namespaces are not permitted here")
        return False
    os.environ["PATH"] += ":/usr/sbin"
    missing = [p for p in (*needed, "tcpdump", "ip") if not shutil.which(p)]
    if missing:
        print(f"skipped: not installed: {' '.join(missing)} (./test --with-servers installs them)")
    return not missing


def set_up_addresses():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (CLIENT, OTHER, PROXY, ORIGIN):
        subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    # Who asks the origin and does not say from where (Varnish cannot) is the proxy.
    subprocess.run(["ip", "route", "replace", "table", "local", "local", ORIGIN, "dev", "lo", "src", PROXY], check=True)


def enter_namespace(needed):
    """Goes on in a namespace of its own; says why where it cannot, and exits 77."""
    if os.environ.get("WIRE304_NAMESPACE") != "own":
        if not is_possible(needed):
            sys.exit(SKIP)
        os.environ["WIRE304_NAMESPACE"] = "own"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    set_up_addresses()


def run_scenarios(needed, scenarios, run_one, what):
    """What main() of a file of scenarios does: each runs in a process and a namespace of its own, some
    at a time, for most of what they do is wait. run_one(binary, name) says whether it was right."""
    binary = os.path.abspath(sys.argv[1])
    if os.environ.get("WIRE304_NAMESPACE") == "own":
        set_up_addresses()
        return 0 if run_one(binary, sys.argv[2]) else 1
    if not is_possible(needed):
        return SKIP

    def start(name):
        return subprocess.run(["unshare", "--net", sys.executable, sys.argv[0], binary, name], env={**os.environ, "WIRE304_NAMESPACE": "own"}, capture_output=True, text=True, timeout=1200)
    names = sys.argv[2:] or list(scenarios)
    right = 0
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for name, run in zip(names, pool.map(start, names)):
            print(run.stdout or f"FAIL {name}\n", end="", flush=True)
            if run.returncode:  # one scenario's trouble is not the others'
                print("     " + run.stderr.strip()[-600:], flush=True)
            right += run.returncode == 0
    print(f"{what}: {right} of {len(names)} scenarios right")
    return 0 if right == len(names) else 1


def audit(binary, pcap, database, *options):
    """The audit of a recording, which keeps to the laws."""
    run = subprocess.run([binary, "analyze", "-q", "-o", database, *options, pcap], capture_output=True, text=True, timeout=600)
    if run.returncode != 0:
        raise RuntimeError(f"wire304 exit {run.returncode}: {run.stderr.strip()}")
    for complaint in complaints(database):
        raise RuntimeError(f"a law is broken: {complaint}")
    return database


def site(root):
    """Two files that compress, one that does not, and one that is small."""
    os.makedirs(root, exist_ok=True)
    for name, line, count in (("index.html", "<p>words that compress well %d</p>\n", 200), ("app.js", "var v%d = 'a value';\n", 400)):
        with open(f"{root}/{name}", "w") as f:
            f.writelines(line % i for i in range(count))
    with open(f"{root}/logo.png", "wb") as f:
        f.write(os.urandom(20000))
    with open(f"{root}/tiny.json", "w") as f:
        f.write('{"a": 1}\n')
    for name in os.listdir(root):
        os.utime(f"{root}/{name}", (WRITTEN, WRITTEN))


class Place:
    """One state of one server: where it listens, its files, and what its configuration says."""

    def __init__(self, folder, port, config="", address=PROXY):
        self.folder, self.port, self.config, self.address = folder, port, config, address
        self.origin_port = port
        self.root = f"{folder}/site"
        site(self.root)
        self.filter = f"tcp port {port}"

    def listens(self):
        with contextlib.suppress(OSError), socket.create_connection((self.address, self.port), 1):
            return True
        return False


class Processes:
    """What was started, and is ended again."""

    def __init__(self):
        self.all = []

    def start(self, *command, log=None, **how):
        out = open(log, "ab") if log else subprocess.DEVNULL
        self.all.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **how))
        return self.all[-1]

    def close(self):
        for p in self.all:
            p.terminate()
        for p in self.all:
            with contextlib.suppress(subprocess.TimeoutExpired):
                p.wait(5)
            if p.poll() is None:
                p.kill()


def wait_for(places, seconds=300):
    """Returns those that never listened."""
    until = time.time() + seconds
    missing = list(places)
    while missing and time.time() < until:
        missing = [p for p in missing if not p.listens()]
        time.sleep(0.05)
    return missing


class Recording:
    """tcpdump on the loopback interface. Without --immediate-mode, which would have its buffer hold a
    thousand packets of whatever size, fewer than come while a busy machine lets it wait."""

    def __init__(self, pcap):
        self.pcap = pcap
        self.tcpdump = subprocess.Popen(["tcpdump", "-i", "lo", "-U", "-B", "65536", "-Z", "root", "-w", pcap, "tcp"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.until(lambda: os.path.exists(pcap) and os.path.getsize(pcap) >= 24, "tcpdump did not start")

    def until(self, claim, otherwise):
        end = time.monotonic() + PATIENCE
        while not claim():
            if self.tcpdump.poll() is not None or time.monotonic() > end:
                raise RuntimeError(otherwise)
            time.sleep(0.05)

    def has(self, octets):
        with open(self.pcap, "rb") as f:
            f.seek(max(0, os.path.getsize(self.pcap) - (1 << 20)))
            return octets in f.read()

    def stop(self):
        """Once it has written all that went by: a connection that is none of HTTP comes last."""
        last = b"the last of the recording, %032x" % random.getrandbits(128)
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
            client.sendall(last)
            self.until(lambda: self.has(last), "tcpdump does not write any more")
        self.tcpdump.send_signal(signal.SIGINT)
        said = self.tcpdump.communicate(timeout=PATIENCE)[1]
        if "\n0 packets dropped by kernel" not in said:
            raise RuntimeError(f"the recording is not whole: {said}")


# ---------------------------------------------------------------- clients

Answer = collections.namedtuple("Answer", "status fields body")


class Client:
    """Asks as it is told; a connection for each request. What it keeps it keeps in `kept`."""

    def __init__(self, place, address=CLIENT, agent="Visitor/1.0", **fields):
        self.place, self.address, self.kept = place, address, {}
        self.fields = {"Host": "www.example.com", "User-Agent": agent, "Accept": "*/*", **self.named(fields)}

    @staticmethod
    def named(fields):
        return {name.replace("_", "-"): value for name, value in fields.items()}

    def send(self, method, path, body=None, version="HTTP/1.1", **fields):
        connection = http.client.HTTPConnection(self.place.address, self.place.port, timeout=PATIENCE, source_address=(self.address, 0))
        connection._http_vsn_str = version
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {**self.fields, **self.named(fields)}.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        try:
            r = connection.getresponse()
            try:
                body = r.read()
            except http.client.IncompleteRead as e:  # it takes a coding in a 304 for a body
                body = e.partial
            answer = Answer(r.status, r.headers, body)
        finally:
            connection.close()
        return answer

    def get(self, path="/app.js", **fields):
        answer = self.send("GET", path, **fields)
        if answer.status == 200 and "no-store" not in (answer.fields["Cache-Control"] or ""):
            self.kept[path] = answer
        return answer

    def conditions(self, path):
        kept = self.kept.get(path)
        if not kept:
            return {}
        pairs = (("If_None_Match", "ETag"), ("If_Modified_Since", "Last-Modified"))
        return {name: kept.fields[field] for name, field in pairs if kept.fields[field]}

    def revalidate(self, path="/app.js", **fields):
        """Asks, and asks again with all the validators that it was given."""
        if path not in self.kept:
            self.get(path, **fields)
        return self.get(path, **{**self.conditions(path), **fields})

    def fetch_or_reuse(self, path):
        """Asks only where nothing said how long the last answer, of any status, may be used."""
        when, lifetime = getattr(self, "fresh", {}).get(path, (0, 0))
        if time.time() - when < lifetime:
            return
        answer = self.send("GET", path)
        policy = dict(part.strip().partition("=")[::2] for part in (answer.fields["Cache-Control"] or "").split(","))
        self.fresh = {**getattr(self, "fresh", {}), path: (time.time(), int(policy.get("max-age", 0)))}


# ---------------------------------------------------------------- origins

REASONS = {200: "OK", 206: "Partial Content", 204: "No Content", 304: "Not Modified", 404: "Not Found", 301: "Moved Permanently"}


class Origin:
    """A server whose answers a function of the request makes: (status, [(name, value)], body)."""

    def __init__(self, place, answer, address=ORIGIN):
        outer = self
        self.answer, self.count, self.lock = answer, 0, threading.Lock()

        class Handler(socketserver.StreamRequestHandler):
            disable_nagle_algorithm = True

            def handle(self):
                with contextlib.suppress(OSError):  # proxies leave as they like
                    while outer.one(self):
                        pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads, request_queue_size = True, True, 64
        self.server = Server((address, place.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True, kwargs={"poll_interval": 0.2}).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def one(self, handler):
        line = handler.rfile.readline(65536).decode("latin-1").split()
        if len(line) < 2:
            return False
        fields = {}
        while True:
            field = handler.rfile.readline(65536).decode("latin-1").rstrip("\r\n")
            if not field:
                break
            name, _, value = field.partition(":")
            fields[name.lower()] = value.strip()
        if fields.get("content-length"):
            handler.rfile.read(int(fields["content-length"]))
        with self.lock:
            self.count += 1
            number = self.count
        path = line[1] if line[1].startswith("/") else "/" + line[1].split("/", 3)[3]
        status, answer, body = self.answer(line[0], path, fields, number)
        answer = list(answer) + ([("Date", email.utils.formatdate(usegmt=True))] if not any(n == "Date" for n, _ in answer) else [])
        if status not in (304, 204):
            answer.append(("Content-Length", str(len(body))))
        head = f"HTTP/1.1 {status} {REASONS.get(status, 'x')}\r\n" + "".join(f"{n}: {v}\r\n" for n, v in answer) + "\r\n"
        handler.wfile.write(head.encode("latin-1") + (b"" if status == 304 or line[0] == "HEAD" else body))
        return fields.get("connection", "").lower() != "close"


BODY = "".join(f"var v{i} = 'a value';\n" for i in range(400)).encode()


def page(policy="max-age=60", tag='"v1"', more=(), in_304=True, body=BODY, delay=0.0):
    """A file that answers If-None-Match; `in_304`: its 304 repeats tag, policy and `more`."""
    def answer(method, path, fields, number):
        time.sleep(delay)
        if method not in ("GET", "HEAD"):
            return 204, [], b""
        head = ([("ETag", tag)] if tag else []) + ([("Cache-Control", policy)] if policy else []) + list(more)
        if tag and fields.get("if-none-match", "").removeprefix("W/") == tag.removeprefix("W/"):
            return 304, head if in_304 else [], b""
        return 200, [("Content-Type", "application/javascript"), *head], body
    return answer


# ---------------------------------------------------------------- servers
# Each takes a folder for itself and every place that it shall serve.

def write(path, text):
    with open(path, "w") as f:
        f.write(text)
    return path


def nginx(processes, folder, places):
    """A place's `config` is of its server; `http` of the level above."""
    temp = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    types = " ".join(f"{kind} {suffix};" for suffix, kind in TYPES if suffix != "html")
    servers = "".join(f"{getattr(p, 'http', '')} server {{ listen {p.address}:{p.port}; root {p.root}; {p.config} }}\n" for p in places)
    conf = write(f"{folder}/nginx.conf", f"""daemon off; master_process off; user root; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 512; }}
http {{ access_log off; {temp} types {{ text/html html; {types} }} map_hash_bucket_size 128; server_names_hash_bucket_size 128;
{servers} }}
""")
    processes.start("nginx", "-c", conf, "-e", f"{folder}/log", log=f"{folder}/log")


def apache(processes, folder, places, modules=()):
    names = ["mpm_event", "authz_core", "mime", "filter", "deflate", "headers", "expires", "setenvif", "include", "alias", "cgid",
             "proxy", "proxy_http", "proxy_balancer", "slotmem_shm", "lbmethod_byrequests", "cache", "cache_disk", "rewrite", "env", *modules]
    load = "".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n" for m in names)
    listen = "".join(f"Listen {p.address}:{p.port}\n" for p in places)
    hosts = "".join(f"<VirtualHost {p.address}:{p.port}>\nServerName www.example.com\nDocumentRoot {p.root}\n{p.config}\n</VirtualHost>\n" for p in places)
    conf = write(f"{folder}/apache.conf", f"ServerRoot {folder}\nPidFile {folder}/pid\nErrorLog {folder}/log\nScriptSock {folder}/cgid\nServerName localhost\n"
                 f"{listen}{load}TypesConfig /etc/mime.types\n<Directory />\nOptions +FollowSymLinks +Includes +ExecCGI\n</Directory>\n{hosts}")
    processes.start("apache2", "-f", conf, "-DFOREGROUND", log=f"{folder}/log")


def lighttpd(processes, folder, places):
    """A place's `config` is what is set at its socket."""
    first = places[0]
    types = ", ".join(f'".{suffix}" => "{kind}"' for suffix, kind in TYPES)
    sockets = "".join(f'$SERVER["socket"] == "{p.address}:{p.port}" {{\n server.document-root = "{p.root}"\n{p.config}\n}}\n' for p in places)
    conf = write(f"{folder}/lighttpd.conf", f"""server.modules = ( "mod_setenv", "mod_expire", "mod_deflate", "mod_proxy" )
server.document-root = "{first.root}"
server.bind = "{first.address}"
server.port = {first.port}
server.errorlog = "{folder}/log"
mimetype.assign = ( {types} )
{sockets}""")
    processes.start("lighttpd", "-D", "-f", conf, log=f"{folder}/log")


def caddy(processes, folder, places):
    sites = "".join(f"http://:{p.port} {{\nbind {p.address}\nroot * {p.root}\n{p.config}\nfile_server\n}}\n" for p in places)
    conf = write(f"{folder}/Caddyfile", f"{{\nadmin off\nauto_https off\n}}\n{sites}")
    processes.start("caddy", "run", "--config", conf, "--adapter", "caddyfile", log=f"{folder}/log", env={**os.environ, "HOME": folder})


def haproxy(processes, folder, places):
    """A place's `config` is of its frontend, `http` of the top level; its origin is behind it."""
    parts = "".join(f"{getattr(p, 'http', '')}\nfrontend f{p.port}\n bind {p.address}:{p.port}\n{p.config}\n default_backend o{p.port}\n"
                    f"backend o{p.port}\n source {PROXY}\n server s {ORIGIN}:{p.origin_port}\n" for p in places)
    conf = write(f"{folder}/haproxy.cfg", f"defaults\n mode http\n timeout connect 5s\n timeout client 30s\n timeout server 30s\n{parts}")
    processes.start("haproxy", "-f", conf, "-db", log=f"{folder}/log")


def varnish(processes, folder, places):
    """One process each: a place's `config` is VCL, `cache` more of the command line."""
    for p in places:
        vcl = write(f"{p.folder}/vcl", f'vcl 4.1;\nbackend default {{ .host = "{ORIGIN}"; .port = "{p.origin_port}"; }}\n{p.config}\n')
        processes.start("varnishd", "-F", "-n", f"{p.folder}/varnish", "-f", vcl, "-a", f"{p.address}:{p.port}", "-s", "malloc,16m",
                        "-p", "thread_pools=1", "-p", "thread_pool_min=10", *getattr(p, "cache", "").split(), log=f"{folder}/log")


def squid(processes, folder, places):
    os.chmod(folder, 0o777)
    for p in places:
        os.chmod(p.folder, 0o777)  # it changes its user before it opens its log
        conf = write(f"{p.folder}/squid.conf", f"""http_port {p.address}:{p.port} accel defaultsite=www.example.com no-vhost
cache_peer {ORIGIN} parent {p.origin_port} 0 no-query no-digest no-netdb-exchange originserver
http_access allow all
never_direct allow all
tcp_outgoing_address {PROXY}
cache_mem 16 MB
pid_filename none
access_log none
cache_log {p.folder}/squid.log
cache_effective_user proxy
visible_hostname p
shutdown_lifetime 0 seconds
memory_cache_shared off
shared_transient_entries_limit 0
pinger_enable off
{p.config}
""")
        processes.start("squid", "-N", "-n", f"w{p.port}", "-f", conf, log=f"{folder}/log")


def trafficserver(processes, folder, places):
    """One process each: a place's `config` is lines for records.config, `cache` for cache.config."""
    for p in places:
        base = f"{p.folder}/ats"
        for name in ("etc", "run", "log", "cache", "lib"):
            os.makedirs(f"{base}/{name}", exist_ok=True)
        for name in os.listdir("/etc/trafficserver"):
            if os.path.isfile(f"/etc/trafficserver/{name}"):
                shutil.copy(f"/etc/trafficserver/{name}", f"{base}/etc/{name}")
        write(f"{base}/etc/remap.config", f"map / http://{ORIGIN}:{p.origin_port}/\n")
        write(f"{base}/etc/storage.config", f"{base}/cache 32M\n")
        write(f"{base}/etc/cache.config", getattr(p, "cache", "") + "\n")
        write(f"{base}/etc/records.config", f"""CONFIG proxy.config.http.server_ports STRING {p.port}:ip-in={p.address}:ip-out={PROXY}
CONFIG proxy.config.url_remap.remap_required INT 1
CONFIG proxy.config.admin.user_id STRING #-1
CONFIG proxy.config.exec_thread.autoconfig INT 0
CONFIG proxy.config.exec_thread.limit INT 2
CONFIG proxy.config.cache.ram_cache.size INT 8M
{p.config}
""")
        runroot = write(f"{base}/runroot.yaml", "".join(f"{k}: {v}\n" for k, v in (
            ("prefix", base), ("exec_prefix", "/usr"), ("bindir", "/usr/bin"), ("sbindir", "/usr/sbin"), ("sysconfdir", f"{base}/etc"),
            ("datadir", f"{base}/cache"), ("includedir", "/usr/include"), ("libdir", "/usr/lib/trafficserver"), ("libexecdir", "/usr/lib/trafficserver/modules"),
            ("localstatedir", f"{base}/run"), ("runtimedir", f"{base}/run"), ("logdir", f"{base}/log"), ("cachedir", f"{base}/cache"))))
        processes.start("traffic_server", f"--run-root={runroot}", log=f"{folder}/log", env={**os.environ, "TS_RUNROOT": runroot})


def php(processes, folder, places):
    """PHP's own server, one process each: a place's `config` is the script."""
    for p in places:
        script = write(f"{p.folder}/index.php", f"<?php\n$root = '{p.root}';\n{p.config}\n")
        processes.start("php", "-d", "zlib.output_compression=0", "-S", f"{p.address}:{p.port}", script, log=f"{folder}/log")


def apps(processes, folder, places):
    """Python's own server and what stands on WSGI: `kind` says which, `config` is code (apps.py)."""
    table = [{"kind": p.kind, "address": p.address, "port": p.port, "root": p.root, "code": p.config} for p in places]
    with open(f"{folder}/apps.json", "w") as f:
        json.dump(table, f)
    processes.start("/usr/bin/python3", f"{HERE}/apps.py", f"{folder}/apps.json", log=f"{folder}/log")


def go(processes, folder, places):
    """One program of all places (apps.go): a place's `config` is the body of its handler."""
    with open(f"{HERE}/apps.go") as f:
        before, after = f.read().split("// PLACES")
    rows = "".join(f'{{"{p.address}:{p.port}", "{p.root}", func(w http.ResponseWriter, r *http.Request, root string, content io.ReadSeeker) {{\n{p.config}\n}}}},\n' for p in places)
    write(f"{folder}/main.go", before + rows + after)
    processes.start("sh", "-c", f"cd {folder} && go build -o apps main.go && exec ./apps", log=f"{folder}/log", env={**os.environ, "GO111MODULE": "off", "GOCACHE": f"{folder}/cache"})


def express(processes, folder, places):
    """All in one process (apps.js): a place's `config` is what is done with `app`."""
    table = [{"address": p.address, "port": p.port, "root": p.root, "code": p.config} for p in places]
    file = write(f"{folder}/apps.json", json.dumps(table))
    processes.start("node", f"{HERE}/apps.js", file, log=f"{folder}/log", env={**os.environ, "NODE_PATH": "/usr/share/nodejs"})


def rails(processes, folder, places):
    """All in one Puma (apps.ru): a place's `config` is the body of a controller."""
    table = [{"port": p.port, "root": p.root, "code": p.config} for p in places]
    file = write(f"{folder}/apps.json", json.dumps(table))
    binds = [word for p in places for word in ("-b", f"tcp://{p.address}:{p.port}")]
    processes.start("/usr/bin/puma", "-t", "8:8", "-e", "production", *binds, f"{HERE}/apps.ru", log=f"{folder}/log", cwd=folder, env={**os.environ, "WIRE304_APPS": file})
