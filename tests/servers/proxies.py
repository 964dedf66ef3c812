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
import contextlib
import email.utils
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import places  # noqa: E402
import servers  # noqa: E402
from places import CLIENT, ORIGIN, OTHER, PROXY, Place  # noqa: E402

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
        self.origin, self.origin_port = ORIGIN, 8080
        self.at(PROXY, 80)

    def at(self, address, port):
        self.address, self.port, self.url = address, port, f"http://{address}:{port}"

    def beside(self, name, address, port, config, **more):
        """Another place with the same files."""
        place = Place(f"{self.folder}/{name}", port, config, address)
        place.root = self.root
        for key, value in more.items():
            setattr(place, key, value)
        return place

    def started(self):
        for _ in range(600):
            if subprocess.run(["curl", "-s", "-o", "/dev/null", self.url + "/tiny.json"]).returncode == 0:
                time.sleep(1)
                return True
            time.sleep(0.1)
        return False

    def ask(self, path, *options, by=CLIENT):
        interface = [] if self.address.startswith("127.") else ["--interface", by]
        self.curl(path, *interface, *options)

    def tag_of(self, path):
        done = subprocess.run(["curl", "-s", "-A", "tag", "-o", "/dev/null", "-w", "%header{etag}", f"http://{self.origin}:8080{path}"], capture_output=True, text=True, check=True)
        return done.stdout.strip()


def origin(bench, policy="max-age=5", http=""):
    place = bench.beside("origin", bench.origin, 8080, f'add_header Cache-Control "{policy}";', http=http)
    places.nginx(bench.processes, place.folder, [place])


def nginx_proxy(bench, http="", more=""):
    place = bench.beside("proxy", PROXY, 80, f"location / {{ proxy_pass http://{ORIGIN}:8080; proxy_bind {PROXY}; proxy_http_version 1.1; proxy_set_header Connection \"\"; {more} }}", http=http)
    places.nginx(bench.processes, place.folder, [place])


def nginx_cache(bench, more=""):
    nginx_proxy(bench, f"proxy_cache_path {bench.folder}/store keys_zone=store:1m;", f"proxy_cache store; {more}")


def fetch_and_validate(b, path="/app.js"):
    """Miss, hit by another client, and both kinds of questions after it has become stale."""
    tag = b.tag_of(path)
    b.ask(path)
    time.sleep(1.2)
    b.ask(path, by=OTHER)  # a machine may take its time: it must be fresh still
    time.sleep(6)
    b.ask(path, "-H", f"If-None-Match: {tag}")
    time.sleep(6)
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
    origin(bench, "$policy", 'map $http_if_none_match $policy { "" "max-age=2"; default "max-age=600"; }')


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
    places.Origin(bench.beside("origin", ORIGIN, 8080, ""), answer)


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
    vcl = places.write(f"{b.folder}/vcl", f'vcl 4.1; backend default {{ .host = "{b.origin}"; .port = "8080"; }}\n'
                       "sub vcl_backend_response { set beresp.grace = 0s; set beresp.keep = 1h; }\n")
    b.processes.start("varnishd", "-F", "-n", f"{b.folder}/varnish", "-f", vcl, "-a", "127.0.0.1:8081", "-s", "malloc,16m")
    yield
    fetch_and_validate(b)
    yield {}


@scenario
def haproxy_as_it_comes(b):
    """A proxy without a cache."""
    origin(b)
    places.haproxy(b.processes, b.folder, [b])
    yield
    fetch_and_validate(b)
    yield {}


@scenario
def squid_as_accelerator(b):
    """Squid 5 validates for a conditional request, is told 304, and sends the client, whose tag it was, the
    whole (RFC 9110 §15.4.5: SHOULD forward the 304)."""
    origin(b)
    places.squid(b.processes, b.folder, [b])
    yield
    fetch_and_validate(b)
    yield {"proxy-304-expanded": 1}


def apache_proxy(bench, more=""):
    os.makedirs(f"{bench.folder}/store")
    os.chmod(f"{bench.folder}/store", 0o777)
    bench.config = f"ProxySourceAddress {PROXY}\nProxyPass / http://{ORIGIN}:8080/\n{more}\n"
    places.apache(bench.processes, bench.folder, [bench])


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


def traffic_server(bench, config=""):
    bench.config = config
    places.trafficserver(bench.processes, bench.folder, [bench])


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
    time.sleep(8)
    b.ask("/app.js", by=OTHER)
    yield {"served-stale": 1}


def about_proxies(database):
    """What it says of them, how many exchanges there were with the origin, and how many have their outer one."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        found = collections.Counter(rule for (rule,) in connection.execute("SELECT rule FROM findings WHERE severity IN ('error', 'warning')") if rule in ABOUT_PROXIES)
        return found, *connection.execute("SELECT count(*), count(outer_exchange_id) FROM exchanges WHERE server_port = 8080 AND coalesce(user_agent, '') <> 'tag'").fetchone()


def run_one(binary, name):
    with tempfile.TemporaryDirectory(prefix="wire304-") as folder:
        os.chmod(folder, 0o755)
        bench = Bench(folder)
        try:
            steps = SCENARIOS[name](bench)
            next(steps)
            if not bench.started():
                raise RuntimeError("the proxy did not start")
            recording = places.Recording(f"{folder}/record.pcap")
            expected = collections.Counter(next(steps))
            recording.stop()
            found, inner, paired = about_proxies(places.audit(binary, recording.pcap, f"{folder}/audit.db"))
            if os.environ.get("WIRE304_KEEP"):
                shutil.copy(recording.pcap, f"{os.environ['WIRE304_KEEP']}/{name}.pcap")
        finally:
            bench.processes.close()
        right = found == expected and inner == paired and inner > 0
        print(f"{'ok  ' if right else 'FAIL'} {name}: {paired} of {inner} exchanges with the origin paired" + "".join(
            [f"\n     missed {n} x {rule}" for rule, n in (expected - found).items()] +
            [f"\n     wrongly said {n} x {rule}" for rule, n in (found - expected).items()]), flush=True)
        return right


if __name__ == "__main__":
    sys.exit(places.run_scenarios(("nginx", "varnishd", "haproxy", "squid", "apache2", "traffic_server", "curl"), SCENARIOS, run_one, "real proxies"))
