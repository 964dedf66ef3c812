#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Real proxies and caches between curl and nginx, recorded on both sides in one capture.

usage: proxies.py BINARY [scenario ...]

As servers.py, in a network namespace of its own. The loopback interface there has an address for the
client, one for the proxy and one for the origin. Every exchange with the origin must be paired with
the client's that made the proxy send it, and the findings about the proxy of severity error and
warning must be the ones listed, each argued beside it.
"""
import collections
import email.utils
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import types

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import places  # noqa: E402
import servers  # noqa: E402

CLIENT, OTHER, PROXY, ORIGIN = "10.9.0.2", "10.9.0.4", "10.9.0.1", "10.9.0.3"
ABOUT_PROXIES = """proxy-304-expanded proxy-304-union-leak proxy-drops-directives proxy-drops-preconditions served-stale
    age-missing-on-hit reuse-without-validation stored-no-store private-shared vary-violation not-invalidated-after-unsafe vary-star 304-update-ignored""".split()
SCENARIOS = {}


def scenario(f):
    SCENARIOS[f.__name__.replace("_", "-")] = f
    return f


class Bench(servers.Bench):
    """An origin at ORIGIN:8080, a proxy at PROXY:80 (or where `at` says), clients that ask it."""

    def __init__(self, folder):
        super().__init__(folder, 80)
        self.origin = ORIGIN
        self.at(PROXY, 80)

    def at(self, address, port):
        self.address, self.port, self.url = address, port, f"http://{address}:{port}"

    def wait_for_port(self):
        for _ in range(200):
            if subprocess.run(["curl", "-s", "-o", "/dev/null", self.url + "/tiny.json"]).returncode == 0:
                time.sleep(0.5)
                return
            time.sleep(0.1)
        raise RuntimeError("the proxy did not start")

    def record(self):
        self.pcap = f"{self.folder}/record.pcap"
        self.tcpdump = subprocess.Popen(["tcpdump", "-i", "lo", "--immediate-mode", "-U", "-Z", "root", "-w", self.pcap, "tcp"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)

    def ask(self, path, *options, by=CLIENT):
        interface = [] if self.address.startswith("127.") else ["--interface", by]
        self.curl(path, *interface, *options)

    def tag_of(self, path):
        done = subprocess.run(["curl", "-s", "-A", "tag", "-o", "/dev/null", "-w", "%header{etag}", f"http://{self.origin}:8080{path}"], capture_output=True, text=True, check=True)
        return done.stdout.strip()


def nginx(bench, name, more):
    folder = f"{bench.folder}/{name}"
    os.makedirs(folder)
    temp = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(f"{folder}/conf", "w") as f:
        f.write(f"""daemon off; master_process off; user root; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 64; }}
http {{ access_log off; {temp} types {{ text/html html; application/javascript js; application/json json; image/png png; }}
  {more} }}
""")
    bench.start("nginx", "-c", f"{folder}/conf", "-e", f"{folder}/log")


def origin(bench, policy="max-age=2"):
    nginx(bench, "origin", f'server {{ listen {bench.origin}:8080; root {bench.root}; add_header Cache-Control "{policy}"; }}')


def nginx_proxy(bench, cache="", more=""):
    nginx(bench, "proxy", f"{cache} server {{ listen {PROXY}:80; location / {{ proxy_pass http://{ORIGIN}:8080; proxy_bind {PROXY}; "
          f"proxy_http_version 1.1; proxy_set_header Connection \"\"; {more} }} }}")


def nginx_cache(bench, more=""):
    nginx_proxy(bench, f"proxy_cache_path {bench.folder}/store keys_zone=store:1m;", f"proxy_cache store; {more}")


def fetch_and_validate(b, path="/app.js"):
    """Miss, hit by another client, and both kinds of questions after it has become stale."""
    tag = b.tag_of(path)
    b.ask(path)
    time.sleep(1.2)
    b.ask(path, by=OTHER)
    time.sleep(3)
    b.ask(path, "-H", f"If-None-Match: {tag}")
    time.sleep(3)
    b.ask(path, by=OTHER)


@scenario
def nginx_without_cache(b):
    """Everything is handed on: nothing to complain about."""
    origin(b)
    nginx_proxy(b)
    yield
    fetch_and_validate(b)
    yield {}


@scenario
def nginx_as_cache(b):
    """nginx never writes Age (RFC 9111 §4: MUST on what comes from the store)."""
    origin(b)
    nginx_cache(b, "proxy_cache_revalidate on;")
    yield
    fetch_and_validate(b)
    yield {"age-missing-on-hit": 1}


@scenario
def nginx_that_ignores(b):
    """proxy_ignore_headers with proxy_cache_valid stores and reuses what says no-store (RFC 9111 §5.2.2.5)."""
    origin(b, "no-store")
    nginx_cache(b, "proxy_ignore_headers Cache-Control; proxy_cache_valid 1m;")
    yield
    b.ask("/app.js")
    time.sleep(1.2)
    b.ask("/app.js", by=OTHER)
    b.ask("/logo.png")  # nothing but silence tells of the hit: the proxy must be seen to ask later, too
    yield {"age-missing-on-hit": 1, "stored-no-store": 1}


def changing_origin(bench):
    """Its 304s name another lifetime than its 200s."""
    nginx(bench, "origin", 'map $http_if_none_match $policy { "" "max-age=2"; default "max-age=600"; } '
          f"server {{ listen {bench.origin}:8080; root {bench.root}; add_header Cache-Control $policy; }}")


@scenario
def nginx_that_keeps_the_old_policy(b):
    """nginx validates what it holds and then sends it with the fields of the 200 (RFC 9111 §4.3.4: MUST update)."""
    changing_origin(b)
    nginx_cache(b, "proxy_cache_revalidate on;")
    yield
    b.ask("/app.js")
    time.sleep(4)
    b.ask("/app.js", by=OTHER)
    yield {"304-update-ignored": 1}


def expiring_origin(bench):
    """It says with each answer, 304 or not, that it may be used for two seconds from then."""
    def answer(method, path, fields, number):
        status, head, body = places.page(policy=None)(method, path, fields, number)
        return status, [*head, ("Expires", email.utils.formatdate(time.time() + 2, usegmt=True))], body
    place = types.SimpleNamespace(port=8080)
    bench.origin_server = places.Origin(place, answer)


def fetch_again_when_stale(b):
    b.ask("/app.js")
    time.sleep(6)
    b.ask("/app.js", by=OTHER)


@scenario
def nginx_that_keeps_the_old_expires(b):
    """What it sends to the client after the 304 was over four seconds ago, by the Expires of the 200."""
    expiring_origin(b)
    nginx_cache(b, "proxy_cache_revalidate on;")
    yield
    fetch_again_when_stale(b)
    yield {"304-update-ignored": 1}


@scenario
def apache_that_takes_the_new_expires_over(b):
    expiring_origin(b)
    apache_proxy(b, f"CacheRoot {b.folder}/store\nCacheEnable disk /\n")
    yield
    fetch_again_when_stale(b)
    yield {}


@scenario
def traffic_server_that_takes_the_new_expires_over(b):
    expiring_origin(b)
    traffic_server(b)
    yield
    fetch_again_when_stale(b)
    yield {}


@scenario
def apache_that_takes_the_new_policy_over(b):
    changing_origin(b)
    apache_proxy(b, f"CacheRoot {b.folder}/store\nCacheEnable disk /\n")
    yield
    b.ask("/app.js")
    time.sleep(4)
    b.ask("/app.js", by=OTHER)
    yield {}


@scenario
def varnish_as_it_comes(b):
    """Varnish cannot choose its own address: all on one host, told apart by ports, X-Varnish and Via."""
    b.origin = "127.0.0.1"
    b.at("127.0.0.1", 8081)
    origin(b)
    with open(f"{b.folder}/vcl", "w") as f:
        f.write(f'vcl 4.1; backend default {{ .host = "{b.origin}"; .port = "8080"; }}\n'
                "sub vcl_backend_response { set beresp.grace = 0s; set beresp.keep = 1h; }\n")
    b.start("varnishd", "-F", "-n", f"{b.folder}/varnish", "-f", f"{b.folder}/vcl", "-a", "127.0.0.1:8081", "-s", "malloc,16m")
    yield
    fetch_and_validate(b)
    yield {}


@scenario
def haproxy_as_it_comes(b):
    """A proxy without a cache."""
    origin(b)
    with open(f"{b.folder}/haproxy.cfg", "w") as f:
        f.write(f"defaults\n mode http\n timeout connect 5s\n timeout client 30s\n timeout server 30s\n"
                f"frontend f\n bind {PROXY}:80\n default_backend o\nbackend o\n source {PROXY}\n server s {ORIGIN}:8080\n")
    b.start("haproxy", "-f", f"{b.folder}/haproxy.cfg", "-db")
    yield
    fetch_and_validate(b)
    yield {}


@scenario
def squid_as_accelerator(b):
    """Squid 5 validates for a conditional request, is told 304, and sends the client, whose tag it was, the
    whole (RFC 9110 §15.4.5: SHOULD forward the 304)."""
    origin(b)
    with open(f"{b.folder}/squid.conf", "w") as f:
        f.write(f"http_port {PROXY}:80 accel defaultsite=www.example.com no-vhost\ncache_peer {ORIGIN} parent 8080 0 no-query originserver\n"
                f"http_access allow all\ntcp_outgoing_address {PROXY}\ncache_mem 16 MB\npid_filename none\naccess_log none\n"
                f"cache_log {b.folder}/squid.log\ncache_effective_user proxy\nvisible_hostname p\nshutdown_lifetime 0 seconds\n"
                "memory_cache_shared off\nshared_transient_entries_limit 0\npinger_enable off\n")
    os.chmod(b.folder, 0o777)  # it changes its user before it opens its log
    b.start("squid", "-N", "-n", "wire304", "-f", f"{b.folder}/squid.conf")
    yield
    fetch_and_validate(b)
    yield {"proxy-304-expanded": 1}


def apache_proxy(bench, more=""):
    modules = "mpm_event authz_core proxy proxy_http cache cache_disk headers".split()
    os.makedirs(f"{bench.folder}/store")
    with open(f"{bench.folder}/apache.conf", "w") as f:
        f.write(f"ServerRoot {bench.folder}\nPidFile {bench.folder}/pid\nErrorLog {bench.folder}/log\nListen {PROXY}:80\nServerName localhost\n"
                + "".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n" for m in modules)
                + f"User www-data\nGroup www-data\nProxySourceAddress {PROXY}\nProxyPass / http://{ORIGIN}:8080/\n{more}\n")
    subprocess.run(["chown", "www-data", f"{bench.folder}/store"], check=True)
    bench.start("apache2", "-f", f"{bench.folder}/apache.conf", "-DFOREGROUND")


@scenario
def apache_without_cache(b):
    """mod_proxy hands everything on."""
    origin(b)
    apache_proxy(b)
    yield
    fetch_and_validate(b)
    yield {}


@scenario
def apache_as_cache(b):
    """mod_cache with mod_cache_disk: Age on what is stored, 304 for whose tag it is."""
    origin(b)
    apache_proxy(b, f"CacheRoot {b.folder}/store\nCacheEnable disk /\n")
    yield
    fetch_and_validate(b)
    yield {}


@scenario
def apache_that_stores_what_it_must_not(b):
    """CacheStoreNoStore and CacheStorePrivate say so by name (RFC 9111 §5.2.2.5, §5.2.2.7)."""
    origin(b, "no-store, private, max-age=60")
    apache_proxy(b, f"CacheRoot {b.folder}/store\nCacheEnable disk /\nCacheStoreNoStore On\nCacheStorePrivate On\n")
    yield
    b.ask("/app.js")
    time.sleep(3)
    b.ask("/app.js", by=OTHER)
    yield {"stored-no-store": 1, "private-shared": 1}


class Starter:
    """What places.py starts ends with the bench."""

    def __init__(self, bench):
        self.bench = bench

    def start(self, *command, log=None, **how):
        self.bench.processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how))


def traffic_server(bench, config=""):
    place = types.SimpleNamespace(folder=bench.folder, address=PROXY, port=80, origin_port=8080, config=config)
    places.trafficserver(Starter(bench), bench.folder, [place])


@scenario
def traffic_server_as_it_comes(b):
    """It stores what has a lifetime, sends Age, and answers 304 where the client's tag is the one that it validated."""
    origin(b)
    traffic_server(b)
    yield
    fetch_and_validate(b)
    yield {}


@scenario
def traffic_server_that_never_validates(b):
    """when_to_revalidate 3: what is stale is served as if it were not (RFC 9111 §4.2.4)."""
    origin(b)
    traffic_server(b, "CONFIG proxy.config.http.cache.when_to_revalidate INT 3")
    yield
    b.ask("/app.js")
    time.sleep(6)
    b.ask("/app.js", by=OTHER)
    yield {"served-stale": 1}


def audit(binary, bench):
    database = f"{bench.folder}/audit.db"
    run = subprocess.run([binary, "analyze", "-q", "-o", database, bench.pcap], capture_output=True, text=True, timeout=60)
    if run.returncode != 0:
        raise RuntimeError(f"wire304 exit {run.returncode}: {run.stderr.strip()}")
    for complaint in servers.complaints(database):
        raise RuntimeError(f"a law is broken: {complaint}")
    connection = sqlite3.connect(database)
    found = collections.Counter(rule for (rule,) in connection.execute(
        "SELECT rule FROM findings WHERE severity IN ('error', 'warning')") if rule in ABOUT_PROXIES)
    inner, paired = connection.execute("SELECT count(*), count(outer_exchange_id) FROM exchanges WHERE server_port = 8080 "
                                       "AND coalesce(user_agent, '') <> 'tag'").fetchone()
    return found, inner, paired


def run_one(binary, name, build):
    with tempfile.TemporaryDirectory(prefix="wire304-") as folder:
        os.chmod(folder, 0o755)
        bench = Bench(folder)
        try:
            steps = build(bench)
            next(steps)
            bench.wait_for_port()
            bench.record()
            expected = collections.Counter(next(steps))
            bench.stop()
            found, inner, paired = audit(binary, bench)
        finally:
            bench.close()
            if hasattr(bench, "origin_server"):
                bench.origin_server.close()
            if os.environ.get("WIRE304_KEEP") and hasattr(bench, "pcap"):
                shutil.copy(bench.pcap, f"{os.environ['WIRE304_KEEP']}/{name}.pcap")
        right = found == expected and inner == paired and inner > 0
        print(f"{'ok  ' if right else 'FAIL'} {name}: {paired} of {inner} exchanges with the origin paired" + "".join(
            [f"\n     missed {n} x {rule}" for rule, n in (expected - found).items()] +
            [f"\n     wrongly said {n} x {rule}" for rule, n in (found - expected).items()]), flush=True)
        return right


def main():
    if os.environ.get("WIRE304_NAMESPACE") != "own":
        if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode != 0:
            print("skipped: network namespaces are not permitted here")
            return servers.SKIP
        os.environ["PATH"] += ":/usr/sbin"
        missing = [p for p in ("nginx", "varnishd", "haproxy", "squid", "apache2", "traffic_server", "curl", "tcpdump", "ip") if not shutil.which(p)]
        if missing:
            print(f"skipped: not installed: {' '.join(missing)} (./test --with-servers installs them)")
            return servers.SKIP
        os.environ["WIRE304_NAMESPACE"] = "own"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (CLIENT, OTHER, PROXY, ORIGIN):
        subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    binary, names = os.path.abspath(sys.argv[1]), sys.argv[2:] or list(SCENARIOS)
    results = []
    for name in names:
        try:
            results.append(run_one(binary, name, SCENARIOS[name]))
        except Exception as e:  # one scenario's trouble is not the others'
            print(f"FAIL {name}: {type(e).__name__}: {e}", flush=True)
            results.append(False)
    print(f"real proxies: {sum(results)} of {len(results)} scenarios right")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
