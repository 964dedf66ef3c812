#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Remedies applied: each row of reports/advice/remedies.def that software from Debian can be made to need.

usage: remedies.py BINARY SOURCE [rule or software ...]

A row below is a fault and its remedy in one software: a configuration that has the fault is started,
asked, recorded and audited, and the same with what the remedy says applied. wire304 must find the
fault by that rule, must know the software from the traffic, must name the very remedy for it, and
must not find it any more afterwards, having examined what it then saw. `says` is a piece of the
remedy's text that is applied to the letter: it stands in the remedied configuration and not in the
faulty one; where it begins with "no ", the other way round. Everything runs at once, each side of
each row at a port of its own, in one recording. Exits 77 (skipped) where namespaces or a server are
not to be had.

Rows of remedies.def that are not here say so there (REMEDY_UNTRIED), and are listed in ELSEWHERE with
the reason; no row may be in neither.
"""
import concurrent.futures
import contextlib
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import places  # noqa: E402
from places import BODY, CLIENT, OTHER, WRITTEN, Client, Origin, page  # noqa: E402

ROWS = []
GZIP = {"Accept_Encoding": "gzip"}
LATER, OLDER = "Sat, 02 May 2026 09:00:00 GMT", "Wed, 01 Apr 2026 09:00:00 GMT"


class Row:
    """`ask` is done with a client of each side; `origin` is who answers behind a proxy, one for both
    sides or a pair; `front` leaves what passes between the two out of the audit; `files` prepares a
    side's files; `set` are thresholds for audits of minutes.

    Where the remedy leaves the rule nothing to look at, `instead` says what the client is answered
    after it, in order, and for caches how often the origin is asked. `named` is False where nothing in
    what is accused says which software it is: then `explain --software` alone names the remedy.
    `provokes` is False where Debian's version does no wrong even with the configuration that the remedy
    warns of: then nothing must be found. `cures` is False where it cannot be helped."""

    def __init__(self, software, serve, rule, says, fault, remedy, ask, origin=None, front=False, files=None, http=("", ""), kind=None, set=(), instead=None, cookie=None, cache=("", ""), named=True, prose=False, commands=((), ()), provokes=True, cures=True):
        self.software, self.serve, self.rule, self.says, self.configs, self.ask = software, serve, rule, says, (fault, remedy), ask
        self.origins = origin if isinstance(origin, tuple) else (origin, origin)
        self.files, self.http, self.kind, self.set, self.instead, self.cookie, self.cache, self.front, self.named, self.prose, self.commands, self.provokes, self.cures = files, http, kind, set, instead, cookie, cache, front, named, prose, commands, provokes, cures

    def __str__(self):
        return f"{self.rule} {self.software}"


def table(software, serve, **common):
    def add(rule, says, fault, remedy, ask, **more):
        ROWS.append(Row(software, serve, rule, says, fault, remedy, ask, **{**common, **more}))
    return add


# ---------------------------------------------------------------- what clients do

def revalidate(path="/app.js", times=1, **fields):
    def ask(c):
        for _ in range(times):
            c.revalidate(path, **fields)
    return ask


def fetch(path="/app.js", times=1, pause=0.0, **fields):
    def ask(c):
        for n in range(times):
            time.sleep(pause if n else 0)
            c.get(path, **fields)
    return ask


def by_tag(c):
    c.get("/app.js", If_None_Match=c.get("/app.js").fields["ETag"])


def by_tag_and_another_date(c):
    tag = c.get("/app.js").fields["ETag"]
    c.get("/app.js", If_None_Match=tag, If_Modified_Since=LATER)


def by_later_date(c):
    c.get("/app.js")
    c.get("/app.js", If_Modified_Since=LATER)


def by_old_tag_and_its_date(c):
    c.get("/app.js")
    c.get("/app.js", If_None_Match='"of-another-file"', If_Modified_Since=c.kept["/app.js"].fields["Last-Modified"] or LATER)


def between_two(c):
    """200, 304, 200: what both sides of a 304 agree on it would have had."""
    c.get("/app.js")
    time.sleep(0.05)
    c.revalidate("/app.js")
    time.sleep(0.05)
    c.get("/app.js")


def poll(c):
    """Thirteen seconds of questions, each answered: the same."""
    for _ in range(13):
        c.revalidate("/app.js")
        time.sleep(0.95)
    for _ in range(3):
        c.revalidate("/app.js")


def hit(c):
    """A miss, and a hit for somebody else."""
    c.get("/app.js")
    time.sleep(3)
    Client(c.place, OTHER).get("/app.js")


def stale_hit(c):
    c.get()
    time.sleep(5)
    Client(c.place, OTHER).get()


def validate_stale(c):
    c.get()
    time.sleep(4)
    c.revalidate()


def change_through(c):
    c.get()
    time.sleep(3)
    c.send("PUT", "/app.js", b"new")
    time.sleep(0.5)
    Client(c.place, OTHER).get()


def then_another(ask):
    """Where nothing but silence tells of a hit, the proxy must be seen to ask before and after it."""
    def ask_both(c):
        ask(c)
        time.sleep(0.2)
        Client(c.place).get("/logo.png")
    return ask_both


def plainly_then_compressed(c):
    c.get("/app.js")
    c.get("/app.js", Accept_Encoding="gzip")


def alternate(c):
    for _ in range(2):
        plainly_then_compressed(c)


def ranges(c):
    tag = c.get("/logo.png").fields["ETag"]
    c.get("/logo.png", Range="bytes=100-199", If_Range=tag)


def one_after_another(path="/gone", times=4):
    def ask(c):
        for _ in range(times):
            c.fetch_or_reuse(path)
    return ask


def as_three_browsers(c):
    """What three ask for one after the other, each under its own name."""
    for n in range(3):
        Client(c.place, (CLIENT, OTHER)[n % 2], agent=f"Browser/{n}").get()
        time.sleep(0.2)


def at_once(c):
    """The proxy shows that it is a cache, and is then asked for something else by two, the second while the first still waits."""
    c.get("/tiny.json")
    time.sleep(3)
    c.get("/tiny.json")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for address in (CLIENT, OTHER):  # close together they would overtake each other on the way
            pool.submit(Client(c.place, address).get, "/app.js")
            time.sleep(0.4)


def briefly_tiny(method, path, fields, number):
    """What shows that it is a cache is soon stale, and what is asked for at once is not; who asked first is done first."""
    return page("max-age=1" if path == "/tiny.json" else "max-age=60", delay=0.2 if path == "/tiny.json" else 0.8 * number)(method, path, fields, number)


def at_once_when_stale(c):
    """As at_once(), where all want what the cache holds, and must replace."""
    c.get("/app.js")
    at_once(c)


def change_between(c):
    """A file that is replaced within the second by one of equal size."""
    c.get("/app.js")
    name = f"{c.place.root}/app.js"
    with open(name, "rb") as f:
        text = f.read().replace(b"value", b"VALUE")
    with open(name, "wb") as f:
        f.write(text)
    os.utime(name, (WRITTEN + 10 * c.place.remedied,) * 2)
    c.get("/app.js")


def write(name, octets):
    with open(name, "wb") as f:
        f.write(octets)


def written(seconds):
    """The file's time is so far from now."""
    return lambda root: os.utime(f"{root}/app.js", (time.time() + seconds,) * 2)


# ---------------------------------------------------------------- nginx

row = table("nginx", places.nginx)
row("inm-match-got-200", "if_modified_since before", "", "if_modified_since before;", by_tag_and_another_date, instead=([200, 304],))
row("ims-unmodified-got-200", "if_modified_since before", "", "if_modified_since before;", by_later_date, instead=([200, 304],))
row("304-missing-cache-control", 'add_header Cache-Control "', "add_header Cache-Control $policy%P;", 'add_header Cache-Control "max-age=60" always;', revalidate(),
    http=('map $status $policy%P { 200 "max-age=60"; }', ""))
row("304-missing-vary", "add_header Vary Accept-Encoding", "gzip on; gzip_vary on; gzip_types *;", "gzip on; gzip_types *; add_header Vary Accept-Encoding;", revalidate(**GZIP))
row("304-missing-expires", "expires 1h;", f"location / {{ proxy_pass http://{places.ORIGIN}:%P; }}", f"location / {{ proxy_pass http://{places.ORIGIN}:%P; proxy_hide_header Expires; expires 1h; }}",
    revalidate(), origin=lambda m, p, f, n: page(policy=None)(m, p, f, n) if "if-none-match" in f else page(policy=None, more=[("Expires", "Sat, 01 Jan 2028 00:00:00 GMT")])(m, p, f, n), front=True)
row("304-missing-etag", "applications have to send the ETag with their own 304s", f"location / {{ proxy_pass http://{places.ORIGIN}:%P; }}",
    f"location / {{ proxy_pass http://{places.ORIGIN}:%P; }}", revalidate(), origin=(page(in_304=False), page()), prose=True)
row("304-etag-strength-flip", "gzip_static on", "gzip on; gzip_types *;", "gzip_static on; gzip off;", revalidate(**GZIP),
    files=lambda root: subprocess.run(["gzip", "-k", f"{root}/app.js"], check=True))
row("304-unsolicited", "no return 304", "location / { return 304; }", "location / { }", fetch(), instead=([200],))
row("304-policy-differs", "one add_header Cache-Control for the location", "add_header Cache-Control $policy%P;", "add_header Cache-Control no-cache;", between_two,
    http=('map $status $policy%P { 200 "no-cache"; 304 "max-age=3600"; }', ""), prose=True)
row("malformed-validator", "add_header ETag '\"abc\"'", "etag off; add_header ETag abc;", "etag off; add_header ETag '\"abc\"';", fetch())
row("last-modified-in-future", "touch", "", "", fetch(), files=(written(86400 * 30), written(-60)), prose=True)
row("bad-http-date", "expires", 'add_header Expires "0";', "expires -1;", fetch())
row("no-validator-unchanged", "no add_header or proxy_hide_header that empties ETag and Last-Modified", 'etag off; add_header Last-Modified "";', "etag on;", revalidate(times=3), instead=([200, 304, 304, 304],), prose=True)
row("heuristic-only-freshness", "expires 1h;", "", "expires 1h;", fetch())
row("short-ttl-unchanged", "expires 30d;", "expires 0;", "expires 30d;", poll, set=("short_ttl_span=0",))
row("no-store-unchanged", 'add_header Cache-Control "private, no-cache"', "add_header Cache-Control no-store;", 'add_header Cache-Control "private, no-cache";', revalidate(times=4),
    set=("no_store_span_s=0",), instead=([200, 304, 304, 304, 304],))
row("vary-star", 'add_header Vary "Accept-Encoding"', 'add_header Vary "*";', 'add_header Vary "Accept-Encoding";', fetch())
row("cc-malformed-or-conflicting", "proxy_hide_header Cache-Control", f"location / {{ proxy_pass http://{places.ORIGIN}:%P; add_header Cache-Control max-age=60; }}",
    f"location / {{ proxy_pass http://{places.ORIGIN}:%P; proxy_hide_header Cache-Control; add_header Cache-Control max-age=60; }}", fetch(), origin=page("max-age=10"))
row("duplicate-singleton-field", "proxy_hide_header", f"location / {{ proxy_pass http://{places.ORIGIN}:%P; add_header Content-Location /a; }}",
    f"location / {{ proxy_pass http://{places.ORIGIN}:%P; proxy_hide_header Content-Location; add_header Content-Location /a; }}", fetch(),
    origin=page(more=[("Content-Location", "/b")]))
row("304-hop-field-forbidden", "no add_header", "add_header Transfer-Encoding chunked;", "", lambda c: c.get(version="HTTP/1.0", If_None_Match="*"))
row("if-range-match-got-200", "no max_ranges 0", "max_ranges 0;", "", ranges, instead=([200, 206],))
row("missing-vary-observed", "gzip_vary on", "gzip on; gzip_types *;", "gzip on; gzip_types *; gzip_vary on;", plainly_then_compressed)
row("uncompressed-transfer", "gzip_types text/css text/javascript application/javascript", "gzip off;", "gzip on; gzip_types text/css text/javascript application/javascript application/json image/svg+xml;", fetch(**GZIP), instead=([200],))
row("permanent-redirect-refetch", 'add_header Cache-Control "max-age=86400"', "location = /old { return 301 /app.js; }",
    'location = /old { return 301 /app.js; add_header Cache-Control "max-age=86400"; }', one_after_another("/old"), instead=([301],))
row("negative-refetch", 'add_header Cache-Control "max-age=60" always;', "", 'add_header Cache-Control "max-age=60" always;', one_after_another(), instead=([404],))

NGINX_CACHE = f"location / {{{{ proxy_pass http://{places.ORIGIN}:%P; proxy_bind {places.PROXY}; proxy_cache store%P; {{}} }}}}".format
row = table("nginx", places.nginx, http=("proxy_cache_path %F/store keys_zone=store%P:1m;",) * 2)
IGNORES = NGINX_CACHE("proxy_ignore_headers Cache-Control; proxy_cache_valid 1m;")
OBEYS = NGINX_CACHE("")
row("served-stale", "no proxy_cache_valid or proxy_ignore_headers Cache-Control Expires", NGINX_CACHE("proxy_ignore_headers Cache-Control Expires; proxy_cache_valid 1m;"), OBEYS,
    then_another(lambda c: (c.get(), time.sleep(6), Client(c.place, OTHER).get())), origin=page("max-age=1"), instead=([200, 200, 200], 3), prose=True)
row("reuse-without-validation", "no proxy_ignore_headers", IGNORES, OBEYS, then_another(hit), origin=page("no-cache"), instead=([200, 200, 200], 3))
row("stored-no-store", "no proxy_ignore_headers Cache-Control", IGNORES, OBEYS, then_another(hit), origin=page("no-store"), instead=([200, 200, 200], 3))
row("private-shared", "no proxy_ignore_headers Cache-Control", IGNORES, OBEYS, then_another(hit), origin=page("private, max-age=60"), instead=([200, 200, 200], 3))
row("vary-violation", "no proxy_ignore_headers Vary", NGINX_CACHE("proxy_ignore_headers Vary;"), OBEYS,
    then_another(lambda c: (c.get(Accept_Language="de"), time.sleep(3), Client(c.place, OTHER).get(Accept_Language="fr"))), origin=page(more=[("Vary", "Accept-Language")]), instead=([200, 200, 200], 3))
row("proxy-drops-directives", "no proxy_hide_header Cache-Control", NGINX_CACHE("proxy_hide_header Cache-Control;"), OBEYS, fetch(), origin=page("no-transform, max-age=60"))
row("concurrent-duplicate", "proxy_cache_lock on", NGINX_CACHE('proxy_set_header Via "1.1 p"; proxy_cache_revalidate on;'), NGINX_CACHE('proxy_set_header Via "1.1 p"; proxy_cache_revalidate on; proxy_cache_lock on;'), at_once, origin=briefly_tiny, instead=([200, 200, 200, 200], 3), named=False)
row("not-invalidated-after-unsafe", "a short proxy_cache_valid with proxy_ignore_headers Cache-Control", NGINX_CACHE("proxy_cache_valid 1m;"), NGINX_CACHE("proxy_ignore_headers Cache-Control; proxy_cache_valid 2s;"),
    then_another(change_through), origin=page(), instead=([200, 204, 200, 200], 4), prose=True)
row("proxy-304-expanded", "no if_modified_since off", NGINX_CACHE("proxy_cache_revalidate on; if_modified_since off;"), NGINX_CACHE("proxy_cache_revalidate on;"), validate_stale,
    origin=page("max-age=1", more=[("Last-Modified", OLDER)]), instead=([200, 304], 2), prose=True)
row("age-missing-on-hit", "nginx has no Age to send", NGINX_CACHE(""), NGINX_CACHE(""), then_another(hit), origin=page(), prose=True, cures=False)
row("304-update-ignored", "no proxy_cache_revalidate on", NGINX_CACHE("proxy_cache_revalidate on;"), NGINX_CACHE(""), lambda c: (c.get(), time.sleep(4), Client(c.place, OTHER).get()),
    origin=lambda m, p, f, n: page("max-age=600" if "if-none-match" in f else "max-age=2")(m, p, f, n), instead=([200, 200], 2))
BY_BROWSER = page(more=[("Vary", "User-Agent")])
row("vary-fragmentation", "proxy_ignore_headers Vary", NGINX_CACHE(""), NGINX_CACHE("proxy_set_header User-Agent $family%P; proxy_cache_key $uri$family%P; proxy_ignore_headers Vary; proxy_hide_header Vary;"), as_three_browsers,
    http=("proxy_cache_path %F/store keys_zone=store%P:1m;", "proxy_cache_path %F/store keys_zone=store%P:1m; map $http_user_agent $family%P { default Browser; }"), origin=BY_BROWSER, instead=([200, 200, 200], 1))
row = table("nginx", places.nginx)
row("proxy-drops-preconditions", "no proxy_set_header If-None-Match", f'location / {{ proxy_pass http://{places.ORIGIN}:%P; proxy_bind {places.PROXY}; proxy_set_header If-None-Match ""; }}',
    f"location / {{ proxy_pass http://{places.ORIGIN}:%P; proxy_bind {places.PROXY}; }}", revalidate(), origin=page(), instead=([200, 304], 2))



def either_tag(method, path, fields, number):
    """It looks at the whole list, as it should."""
    return page()(method, path, {"if-none-match": '"v1"'} if '"v1"' in fields.get("if-none-match", "") else {}, number)


def by_unknown_tag(c):
    c.get()
    c.get(If_None_Match='"v0"')


row("proxy-304-union-leak", "no proxy_set_header If-None-Match", f"location / {{ proxy_pass http://{places.ORIGIN}:%P; proxy_bind {places.PROXY}; proxy_set_header If-None-Match '$http_if_none_match, \"v1\"'; }}",
    f"location / {{ proxy_pass http://{places.ORIGIN}:%P; proxy_bind {places.PROXY}; }}", by_unknown_tag, origin=either_tag, instead=([200, 200], 2))

# The same through two machines, told apart by a field of the request: the second one's files came later.
def two_nodes(equal):
    def prepare_nodes(root):
        shutil.copytree(root, f"{root}2")
        if not equal:
            for name in os.listdir(f"{root}2"):
                os.utime(f"{root}2/{name}", (WRITTEN + 5000,) * 2)
        else:
            for name in os.listdir(f"{root}2"):
                os.utime(f"{root}2/{name}", (WRITTEN,) * 2)
    return prepare_nodes


def by_two_from_two_nodes(c):
    """The date goes forth and back."""
    other = Client(c.place, OTHER)
    for node, client in (("a", c), ("a", other), ("b", c), ("a", other), ("b", other)):
        client.revalidate("/app.js", X_Node=node) if "/app.js" in client.kept else client.get("/app.js", X_Node=node)
        time.sleep(0.05)


def from_two_nodes(c):
    c.get("/app.js")
    c.revalidate("/app.js", X_Node="b")
    c.revalidate("/app.js", X_Node="a")


row("unstable-etag", "equal modification times on all machines", "location / { root $root%P; }", "location / { root $root%P; }", from_two_nodes, http=("map $http_x_node $root%P { default %R; b %R2; }",) * 2,
    files=(two_nodes(False), two_nodes(True)), instead=([200, 304, 304],), prose=True)
row("unstable-last-modified", "equal modification times on all machines", "etag off; location / { root $root%P; }", "etag off; location / { root $root%P; }", from_two_nodes,
    http=("map $http_x_node $root%P { default %R; b %R2; }",) * 2, files=(two_nodes(False), two_nodes(True)), instead=([200, 304, 304],), prose=True)
row("strong-etag-collision", "one time stamp per version", "", "", change_between, prose=True)
row("ims-honoured-over-inm", "has to ignore HTTP_IF_MODIFIED_SINCE", f"location / {{ proxy_pass http://{places.ORIGIN}:%P; }}", f"location / {{ proxy_pass http://{places.ORIGIN}:%P; }}",
    by_old_tag_and_its_date, prose=True, origin=tuple((lambda m, p, f, n, heeds=heeds: (304, [("ETag", '"v1"'), ("Last-Modified", OLDER)], b"") if "if-modified-since" in f and (heeds or "if-none-match" not in f)
                                                       else (200, [("ETag", '"v1"'), ("Last-Modified", OLDER)], BODY)) for heeds in (True, False)), instead=([200, 200], 2))


# ---------------------------------------------------------------- Apache httpd

def by_date(**fields):
    """A client that knows dates alone."""
    def ask(c):
        first = c.get("/app.js", **fields)
        c.get("/app.js", **fields, If_Modified_Since=first.fields["Last-Modified"])
    return ask


PROXIED = f"ProxyPass / http://{places.ORIGIN}:%P/"
NODES = "RewriteEngine On\nRewriteCond expr \"req_novary('X-Node') == 'b'\"\nRewriteRule ^/(.*)$ %R2/$1 [L]\n"
row = table("apache", places.apache)
DEFLATE = "SetOutputFilter DEFLATE\n"
row("inm-match-got-200", "DeflateAlterETag Remove", DEFLATE, DEFLATE + "DeflateAlterETag Remove", revalidate(**GZIP), instead=([200, 304],))
row("304-missing-etag", "CGI and proxied applications print ETag with Status: 304 too", PROXIED, PROXIED, revalidate(), origin=(page(in_304=False), page()), prose=True)
row("304-missing-cache-control", 'Header set Cache-Control "', 'Header set "Cache-Control" "max-age=60" "expr=%{REQUEST_STATUS} == 200"', 'Header set Cache-Control "max-age=60"', revalidate())
row("304-missing-vary", "Header merge Vary Accept-Encoding", "AddOutputFilterByType DEFLATE text/javascript", "AddOutputFilterByType DEFLATE text/javascript\nHeader merge Vary Accept-Encoding", by_date(**GZIP))
row("304-missing-expires", "ExpiresActive On", 'Header set Expires "Sat, 01 Jan 2028 00:00:00 GMT" "expr=%{REQUEST_STATUS} == 200"', 'ExpiresActive On\nExpiresDefault "access plus 1 hour"', revalidate())
row("304-policy-differs", "set Cache-Control in one place", 'ExpiresActive On\nExpiresDefault "access plus 1 hour"\nHeader set Cache-Control no-cache "expr=%{REQUEST_STATUS} == 304"',
    'ExpiresActive On\nExpiresDefault "access plus 1 hour"', between_two, prose=True)
row("unstable-etag", "FileETag MTime Size", NODES + "FileETag INode MTime Size".replace("MTime Size", "Size MTime"), NODES + "FileETag MTime Size", from_two_nodes, files=(two_nodes(True),) * 2,
    instead=([200, 304, 304],))
row("unstable-last-modified", "equal modification times on all machines", NODES + "FileETag None", NODES + "FileETag None", by_two_from_two_nodes, files=(two_nodes(False), two_nodes(True)),
    instead=([200, 200, 304, 304, 304],), prose=True)
row("no-validator-unchanged", "FileETag MTime Size", "FileETag None\nHeader unset Last-Modified", "FileETag MTime Size", revalidate(times=3), instead=([200, 304, 304, 304],))
row("malformed-validator", 'Header set ETag "\\"abc\\""', 'Header set ETag "abc"', 'Header set ETag "\\"abc\\""', fetch())
row("strong-etag-collision", "DeflateAlterETag AddSuffix", DEFLATE + "DeflateAlterETag NoChange", DEFLATE + "DeflateAlterETag AddSuffix", plainly_then_compressed)
row("bad-http-date", "mod_expires instead of Header set Expires", 'Header set Expires "0"', 'ExpiresActive On\nExpiresDefault "access"', fetch(), prose=True)
row("short-ttl-unchanged", '"access plus 30 days"', 'ExpiresActive On\nExpiresDefault "access"', 'ExpiresActive On\nExpiresByType text/javascript "access plus 30 days"', poll, set=("short_ttl_span=0",))
row("heuristic-only-freshness", 'ExpiresDefault "access plus 1 hour"', "", 'ExpiresActive On\nExpiresDefault "access plus 1 hour"', fetch())
row("no-store-unchanged", 'Header set Cache-Control "private, no-cache"', "Header set Cache-Control no-store", 'Header set Cache-Control "private, no-cache"', revalidate(times=4),
    set=("no_store_span_s=0",), instead=([200, 304, 304, 304, 304],))
row("cc-malformed-or-conflicting", "either mod_expires or Header, not both", 'ExpiresActive On\nExpiresDefault "access plus 1 hour"\nHeader add Cache-Control max-age=60', "Header set Cache-Control max-age=60",
    fetch(), prose=True)
row("duplicate-singleton-field", "use one of them", "Header always set Content-Location /a\nHeader set Content-Location /a", "Header set Content-Location /a", fetch(), prose=True)
row("if-range-match-got-200", "MaxRanges default", "MaxRanges none", "MaxRanges default", ranges, instead=([200, 206],))
LANGUAGE = "RewriteEngine On\nRewriteCond expr \"req_novary('Accept-Language') == 'de'\"\nRewriteRule ^/app.js$ %R/other.js [L]\nHeader set Content-Language \"expr=%{req_novary:Accept-Language}\"\n"
row("missing-vary-observed", "Header merge Vary ", LANGUAGE, LANGUAGE + "Header merge Vary Accept-Language", lambda c: [c.get(Accept_Language=word) for word in ("de", "fr", "de", "fr")],
    files=lambda root: write(f"{root}/other.js", BODY * 2))
row("uncompressed-transfer", "AddOutputFilterByType DEFLATE text/html text/css text/javascript", "", "AddOutputFilterByType DEFLATE text/html text/css text/javascript application/javascript application/json image/svg+xml",
    fetch(**GZIP), instead=([200],))
row("permanent-redirect-refetch", 'Header always set Cache-Control "max-age=86400"', "Redirect permanent /old /app.js", 'Redirect permanent /old /app.js\nHeader always set Cache-Control "max-age=86400"',
    one_after_another("/old"), instead=([301],))
row("negative-refetch", 'Header always set Cache-Control "max-age=60" "expr=%{REQUEST_STATUS} == 404"', "", 'Header always set Cache-Control "max-age=60" "expr=%{REQUEST_STATUS} == 404"', one_after_another(),
    instead=([404],))
APACHE_CACHE = f"ProxyPass / http://{places.ORIGIN}:%P/\nProxyPassReverse / http://{places.ORIGIN}:%P/\nProxyVia Full\nProxyAddHeaders Off\nSetEnv proxy-nokeepalive 1\nCacheQuickHandler on\nCacheRoot %F/store\nCacheEnable disk /\n".__add__
row = table("apache", places.apache, files=lambda root: os.makedirs(f"{os.path.dirname(root)}/store", 0o777))
row("stored-no-store", "CacheStoreNoStore Off", APACHE_CACHE("CacheStoreNoStore On"), APACHE_CACHE("CacheStoreNoStore Off"), hit, origin=page("no-store, max-age=60"), instead=([200, 200], 2))
row("private-shared", "CacheStorePrivate Off", APACHE_CACHE("CacheStorePrivate On"), APACHE_CACHE("CacheStorePrivate Off"), hit, origin=page("private, max-age=60"), instead=([200, 200], 2))
row("concurrent-duplicate", "CacheLock on", APACHE_CACHE(""), APACHE_CACHE("CacheLock on\nCacheLockPath %F/lock\n"), at_once_when_stale,
    origin=lambda m, p, f, n: page("max-age=1", tag='"v1"' if p == "/tiny.json" else None, delay=0.8 * n)(m, p, f, n), instead=([200] * 5, 4))

row("vary-violation", "no Header unset Vary", APACHE_CACHE("Header unset Vary\n"), APACHE_CACHE(""), lambda c: (c.get(Accept_Language="de"), time.sleep(3), Client(c.place, OTHER).get(Accept_Language="fr")),
    origin=page(more=[("Vary", "Accept-Language")]), instead=([200, 200], 2))
row = table("apache", places.apache)
APACHE_PROXY = f"ProxyPass / http://{places.ORIGIN}:%P/\nProxyVia Full\nProxyAddHeaders Off\nProxySourceAddress {places.PROXY}\n".__add__
row("proxy-304-union-leak", "no RequestHeader set If-None-Match", APACHE_PROXY("RequestHeader set If-None-Match '\"v0\", \"v1\"' \"expr=-n %{HTTP:If-None-Match}\""), APACHE_PROXY(""), by_unknown_tag, origin=either_tag, instead=([200, 200], 2))
row("proxy-drops-directives", "no Header unset Cache-Control", APACHE_PROXY("Header unset Cache-Control"), APACHE_PROXY(""), fetch(), origin=page("no-transform, max-age=60"))
row("proxy-drops-preconditions", "no RequestHeader unset If-None-Match", APACHE_PROXY("RequestHeader unset If-None-Match"), APACHE_PROXY(""), revalidate(), origin=page(), instead=([200, 304], 2))

# It is about what clients say in requests; and what is stale goes out with a Warning, if the origin fails.
row("reuse-without-validation", "no CacheIgnoreCacheControl On", APACHE_CACHE("CacheIgnoreCacheControl On\n"), "", hit, origin=page("no-cache"), provokes=False)
row("served-stale", "no CacheIgnoreCacheControl On", APACHE_CACHE("CacheIgnoreCacheControl On\n"), "", stale_hit, origin=page("max-age=1"), provokes=False)

# ---------------------------------------------------------------- lighttpd

row = table("lighttpd", places.lighttpd)
row("inm-match-got-200", 'static-file.etags = "enable"', 'static-file.etags = "disable"\nsetenv.set-response-header = ("ETag" => "\\"abc\\"")', 'static-file.etags = "enable"', by_tag, instead=([200, 304],))
row("304-missing-cache-control", 'setenv.set-response-header = ("Cache-Control" => "', f'proxy.server = ("" => (("host" => "{places.ORIGIN}", "port" => %P)))',
    f'proxy.server = ("" => (("host" => "{places.ORIGIN}", "port" => %P)))\nsetenv.set-response-header = ("Cache-Control" => "max-age=60")', revalidate(), front=True,
    origin=lambda m, p, f, n: (304, [("ETag", '"v1"')], b"") if "if-none-match" in f else page()(m, p, f, n))
row("unstable-etag", 'etag.use-inode = "disable"', 'etag.use-inode = "enable"\n$REQUEST_HEADER["X-Node"] == "b" { server.document-root = "%R2" }',
    'etag.use-inode = "disable"\n$REQUEST_HEADER["X-Node"] == "b" { server.document-root = "%R2" }', from_two_nodes, files=(two_nodes(True),) * 2, instead=([200, 304, 304],))
row("no-validator-unchanged", '"" => "application/octet-stream"', "", 'mimetype.assign = ("" => "application/octet-stream")', revalidate("/data", times=3), instead=([200, 304, 304, 304],),
    files=lambda root: shutil.copy(f"{root}/app.js", f"{root}/data"))
row("short-ttl-unchanged", '"access plus 30 days"', 'expire.url = ("/" => "access plus 0 seconds")', 'expire.url = ("/" => "access plus 30 days")', poll, set=("short_ttl_span=0",))
row("heuristic-only-freshness", "expire.url", "", 'expire.url = ("/" => "access plus 1 hours")', fetch())
row("uncompressed-transfer", 'deflate.mimetypes = ("text/", "application/javascript"', "", 'deflate.mimetypes = ("text/", "application/javascript", "application/json", "image/svg+xml")\ndeflate.allowed-encodings = ("gzip", "br")', fetch(**GZIP), instead=([200],))

# ---------------------------------------------------------------- Caddy

row = table("caddy", places.caddy)
row("304-missing-cache-control", 'header Cache-Control "', f'reverse_proxy {places.ORIGIN}:%P {{\n@ok status 200\nhandle_response @ok {{\nheader Cache-Control max-age=60\ncopy_response\n}}\n}}',
    f'header Cache-Control "max-age=60"\nreverse_proxy {places.ORIGIN}:%P', revalidate(), origin=page(policy=None))
row("unstable-etag", "equal modification times on all machines", "@b header X-Node b\nroot @b %R2", "@b header X-Node b\nroot @b %R2", from_two_nodes, files=(two_nodes(False), two_nodes(True)),
    instead=([200, 304, 304],), prose=True)
row("no-validator-unchanged", "file_server", 'respond "' + "words of a page " * 100 + '"', "file_server", revalidate(times=3), instead=([200, 304, 304, 304],))
row("short-ttl-unchanged", 'Cache-Control "public, max-age=31536000, immutable"', "header Cache-Control max-age=0", 'header /* Cache-Control "public, max-age=31536000, immutable"', poll, set=("short_ttl_span=0",))
row("heuristic-only-freshness", 'header Cache-Control "max-age=3600"', "", 'header Cache-Control "max-age=3600"', fetch())
row("uncompressed-transfer", "encode zstd gzip", "", "encode zstd gzip", fetch(**GZIP), instead=([200],))

# ---------------------------------------------------------------- Varnish

def deliver(vcl):
    return f"sub vcl_deliver {{ {vcl} }}"


def from_backend(vcl):
    return f"sub vcl_backend_response {{ {vcl} }}"


row = table("varnish", places.varnish)
row("inm-match-got-200", "no unset req.http.If-None-Match", "sub vcl_recv { unset req.http.If-None-Match; }", "", revalidate(), origin=page(), front=True, instead=([200, 304],))
row("304-missing-vary", "without a look at the status", "sub vcl_recv { return (pass); }" + deliver('if (resp.status == 200) { set resp.http.Vary = "Accept-Encoding"; }'),
    "sub vcl_recv { return (pass); }" + deliver('set resp.http.Vary = "Accept-Encoding";'), revalidate(), origin=page(), front=True, prose=True)
row("304-unsolicited", "no return (synth(304))", "sub vcl_recv { return (synth(304)); }", "", fetch(), origin=page(), front=True, instead=([200],))
row("strong-etag-collision", "do not set them strong again in vcl_deliver", from_backend("set beresp.do_gzip = true;") + deliver('set resp.http.ETag = regsub(resp.http.ETag, "^W/", "");'),
    from_backend("set beresp.do_gzip = true;"), plainly_then_compressed, origin=page(), front=True, prose=True, instead=([200, 200],))
row("proxy-304-expanded", "no unset req.http.If-None-Match", "sub vcl_recv { unset req.http.If-None-Match; }" + from_backend("set beresp.grace = 0s; set beresp.keep = 1h;"),
    from_backend("set beresp.grace = 0s; set beresp.keep = 1h;"), validate_stale, origin=page("max-age=1"), instead=([200, 304], 2))
row("served-stale", "set beresp.grace = 0s;", "", from_backend("set beresp.grace = 0s;"), stale_hit, origin=page("max-age=1"))
row("reuse-without-validation", "set beresp.ttl = 0s; set beresp.grace = 0s; set beresp.keep = 1d;", from_backend("set beresp.ttl = 1m; return (deliver);"),
    from_backend('if (beresp.http.Cache-Control ~ "no-cache") { set beresp.ttl = 0s; set beresp.grace = 0s; set beresp.keep = 1d; return (deliver); }'), hit, origin=page("no-cache"), instead=([200, 200], 2))
row("stored-no-store", "no return (deliver)", from_backend("set beresp.ttl = 1m; return (deliver);"), "", hit, origin=page("no-store"), instead=([200, 200], 2))
row("private-shared", "let the built-in vcl_recv and vcl_backend_response run", from_backend("set beresp.ttl = 1m; return (deliver);"), "", hit, origin=page("private, max-age=60"), instead=([200, 200], 2), prose=True)
row("vary-violation", "no unset beresp.http.Vary", from_backend("unset beresp.http.Vary;"), "", lambda c: (c.get(Accept_Language="de"), time.sleep(3), Client(c.place, OTHER).get(Accept_Language="fr")),
    origin=page(more=[("Vary", "Accept-Language")]), instead=([200, 200], 2))
row("not-invalidated-after-unsafe", 'ban("req.url == " + bereq.url);', "", from_backend('if (bereq.method == "PUT" && beresp.status < 400) { ban("req.url == " + bereq.url); }'), change_through, origin=page(),
    instead=([200, 204, 200], 3))
row("proxy-drops-directives", "no unset resp.http.Cache-Control", deliver("unset resp.http.Cache-Control;"), "", fetch(), origin=page("no-transform, max-age=60"))
row("stale-on-arrival", "set resp.http.Cache-Control to a lifetime of the clients' own and unset resp.http.Age", from_backend("set beresp.ttl = 1m;"),
    from_backend("set beresp.ttl = 1m;") + deliver('set resp.http.Cache-Control = "max-age=60"; unset resp.http.Age;'), stale_hit, origin=page("max-age=3"), front=True, instead=([200, 200],), prose=True)
row("age-missing-on-hit", "no unset resp.http.Age", deliver("unset resp.http.Age;"), "", hit, origin=page())
row("if-range-match-got-200", "http_range_support on (the default)", "", "", ranges, origin=page(), front=True, instead=([200, 206],), cache=("-p http_range_support=off", ""), prose=True)
row("vary-fragmentation", "unset req.http.User-Agent;", "", "sub vcl_recv { unset req.http.User-Agent; }" + from_backend("unset beresp.http.Vary;"), as_three_browsers, origin=BY_BROWSER, instead=([200, 200, 200], 1))
row("uncompressed-transfer", 'if (beresp.http.Content-Type ~ "text|javascript|json|svg") { set beresp.do_gzip = true; }', "",
    from_backend('if (beresp.http.Content-Type ~ "text|javascript|json|svg") { set beresp.do_gzip = true; }'), fetch(**GZIP), origin=page(), front=True, instead=([200],))
PASSES, ASKS = "sub vcl_recv { return (pass); }", "sub vcl_backend_fetch {{ {} }}".format
row("proxy-304-union-leak", "no set bereq.http.If-None-Match", PASSES + ASKS("if (bereq.http.If-None-Match) { set bereq.http.If-None-Match = {\"\"v0\", \"v1\"\"}; }"), PASSES, by_unknown_tag, origin=either_tag, instead=([200, 200], 2))
NOT_FOUND = lambda m, p, f, n: (404, [("Content-Type", "text/plain")], BODY[:2000])  # noqa: E731
row("negative-refetch", "if (beresp.status == 404) { set beresp.ttl = 60s; }", "", from_backend("if (beresp.status == 404) { set beresp.ttl = 60s; }") + deliver('set resp.http.Cache-Control = "max-age=60";'),
    one_after_another(), origin=NOT_FOUND, instead=([404],))

# ---------------------------------------------------------------- HAProxy, which names itself only where it is told to

NAMED = ' http-after-response add-header Via "1.1 haproxy"\n'.__add__
CACHED = " filter cache c%P\n http-request cache-use c%P\n http-response cache-store c%P\n"
CACHE = "cache c%P\n total-max-size 4\n max-age 60\n"
COMPRESSED = " filter compression\n compression algo gzip\n compression type text/html text/css text/javascript application/javascript application/json\n"


def heedless(method, path, fields, number):
    """It sends a tag, and never looks at one."""
    return page()(method, path, {}, number)


row = table("haproxy", places.haproxy)
row("inm-match-got-200", "http-response cache-store", NAMED(""), NAMED(CACHED), revalidate(), http=("", CACHE), origin=heedless, front=True, instead=([200, 304],))
row("304-missing-cache-control", "http-after-response set-header Cache-Control", NAMED(" http-response set-header Cache-Control max-age=60 if { status 200 }"),
    NAMED(" http-after-response set-header Cache-Control max-age=60"), revalidate(), origin=page(policy=None), front=True)
row("304-missing-vary", "http-response add-header Vary Accept-Encoding if { status 304 }", NAMED(COMPRESSED), NAMED(COMPRESSED + " http-response add-header Vary Accept-Encoding if { status 304 }"),
    revalidate(**GZIP), origin=page(), front=True)
row("304-etag-strength-flip", "http-response replace-header ETag '^(\".*\")$' 'W/\\1' if { status 304 }", NAMED(COMPRESSED),
    NAMED(COMPRESSED + " http-response replace-header ETag '^(\".*\")$' 'W/\\1' if { status 304 }"), revalidate(**GZIP), origin=page(), front=True)
row("duplicate-singleton-field", "http-response set-header", NAMED(" http-response add-header Content-Location /a"), NAMED(" http-response set-header Content-Location /a"), fetch(),
    origin=page(more=[("Content-Location", "/b")]), front=True)
row("proxy-drops-directives", "no http-response del-header Cache-Control", NAMED(" http-response del-header Cache-Control"), NAMED(""), fetch(), origin=page("no-transform, max-age=60"))
row("proxy-drops-preconditions", "no http-request del-header If-None-Match", NAMED(" http-request del-header If-None-Match"), NAMED(""), revalidate(), origin=page(), instead=([200, 304], 2))
row("proxy-304-union-leak", "no http-request set-header If-None-Match", NAMED(" http-request set-header If-None-Match '\"v0\", \"v1\"' if { req.hdr(If-None-Match) -m found }\n"), NAMED(""), by_unknown_tag, origin=either_tag, instead=([200, 200], 2))
row("age-missing-on-hit", "no http-after-response del-header Age", NAMED(CACHED + " http-after-response del-header Age"), NAMED(CACHED), hit, http=(CACHE, CACHE), origin=page())
row("uncompressed-transfer", "compression type text/html text/css text/javascript application/javascript application/json", NAMED(""), NAMED(COMPRESSED), fetch(**GZIP), origin=page(), front=True, instead=([200],))

# It stores for as long as the origin says, whatever the section says, and nothing that varies without process-vary.
row("served-stale", "a smaller max-age in the cache section", NAMED(CACHED), "", stale_hit, http=(CACHE, ""), origin=page("max-age=1"), provokes=False)
row("vary-violation", "process-vary on", NAMED(CACHED), "", lambda c: (c.get(**GZIP), time.sleep(3), Client(c.place, OTHER).get()), http=(CACHE + " process-vary off\n", ""),
    origin=lambda m, p, f, n: page(more=[("Vary", "Accept-Encoding")], body=BODY[:2000] if "accept-encoding" in f else BODY)(m, p, f, n), provokes=False)

# ---------------------------------------------------------------- Squid

row = table("squid", places.squid)
row("stale-on-arrival", "no refresh_pattern min beyond the origin's lifetime, no override-expire", "refresh_pattern . 5 100% 10 override-expire", "refresh_pattern . 0 20% 10", stale_hit, origin=page("max-age=3"), front=True,
    prose=True, instead=([200, 200],))
row("stored-no-store", "no refresh_pattern with ignore-no-store", "refresh_pattern . 5 100% 10 ignore-no-store", "refresh_pattern . 0 20% 10", hit, origin=page("no-store, max-age=60"), instead=([200, 200], 2), prose=True)
row("age-missing-on-hit", "no reply_header_access Age deny all", "reply_header_access Age deny all", "", hit, origin=page())
row("concurrent-duplicate", "collapsed_forwarding on", "forwarded_for delete", "forwarded_for delete\ncollapsed_forwarding on", at_once, origin=briefly_tiny, instead=([200, 200, 200, 200], 3))

row("proxy-drops-directives", "no reply_header_access Cache-Control deny all", "reply_header_access Cache-Control deny all", "", fetch(), origin=page("no-transform, max-age=60"))
row("proxy-304-expanded", "let the origin send Last-Modified beside the tag", "", "", validate_stale, origin=(page("max-age=1"), page("max-age=1", more=[("Last-Modified", OLDER)])), instead=([200, 304], 2), prose=True)
# What it serves stale it marks with Warning: 110; must-revalidate and s-maxage it obeys.
row("served-stale", "offline_mode off", "offline_mode on", "", stale_hit, origin=page("max-age=1"), provokes=False)
# It stores what these say must not be, and asks each time.
row("reuse-without-validation", "no refresh_pattern with override-expire", "refresh_pattern . 5 100% 10 override-expire", "", hit, origin=page("no-cache"), provokes=False)
row("private-shared", "no refresh_pattern with ignore-private", "refresh_pattern . 5 100% 10 ignore-private", "", hit, origin=page("private, max-age=60"), provokes=False)

# ---------------------------------------------------------------- Traffic Server

row = table("trafficserver", places.trafficserver)
row("served-stale", "proxy.config.http.cache.when_to_revalidate: 0", "CONFIG proxy.config.http.cache.when_to_revalidate INT 3", "CONFIG proxy.config.http.cache.when_to_revalidate INT 0", stale_hit, origin=page("max-age=1"),
    prose=True)
row("stale-on-arrival", "no ttl-in-cache", "", "", stale_hit, cache=("dest_domain=. ttl-in-cache=1m", ""), origin=page("max-age=3"), front=True, prose=True, instead=([200, 200],))
IGNORE, HEED = (f"CONFIG proxy.config.http.cache.ignore_server_no_cache INT {n}" for n in (1, 0))
row("reuse-without-validation", "proxy.config.http.cache.ignore_server_no_cache: 0", IGNORE, HEED, hit, origin=page("no-cache, max-age=60"), prose=True, instead=([200, 200], 2))
row("age-missing-on-hit", "proxy.config.http.insert_age_in_response: 1", "CONFIG proxy.config.http.insert_age_in_response INT 0", "CONFIG proxy.config.http.insert_age_in_response INT 1", hit, origin=page(), prose=True)


# ---------------------------------------------------------------- PHP

def revalidate_by_tag(c):
    c.get()
    c.get(If_None_Match=c.kept["/app.js"].fields["ETag"])


def unsolicited(c):
    c.get()


SCRIPT = "header_remove('X-Powered-By'); header('X-Powered-By: PHP'); $body = file_get_contents($root . '/app.js'); $tag = '\"v1\"'; header('Content-Type: application/javascript');\n"
ASKED = "$asked = array_map(fn($t) => preg_replace('/^W\\//', '', trim($t)), explode(',', $_SERVER['HTTP_IF_NONE_MATCH'] ?? ''));\n"
COMPARE = ASKED + "if (in_array($tag, $asked)) { http_response_code(304); exit; }\n"


def php_script(before="", compare=COMPARE, after="header('Content-Length: ' . strlen($body)); echo $body;"):
    return SCRIPT + before + compare + after


TAG, POLICY = "header('ETag: ' . $tag);\n", "header('Cache-Control: max-age=60');\n"
row = table("php", places.php)
row("inm-match-got-200", "http_response_code(304); exit;", php_script(TAG, ""), php_script(TAG), revalidate_by_tag, instead=([200, 304],))
row("304-has-body", "exit", php_script(TAG, ASKED + "if (in_array($tag, $asked)) http_response_code(304);\n", "header('Transfer-Encoding: chunked'); echo dechex(strlen($body)), \"\\r\\n\", $body, \"\\r\\n0\\r\\n\\r\\n\";"),
    php_script(TAG), revalidate_by_tag, prose=True)
row("304-missing-etag", "header('ETag: ...') before the comparison", php_script("", COMPARE + TAG), php_script(TAG), revalidate_by_tag, prose=True)
row("304-missing-cache-control", "header('Cache-Control: ...') before the comparison", php_script(TAG, COMPARE + POLICY), php_script(TAG + POLICY), revalidate_by_tag, prose=True)
VARY = "header('Vary: Accept-Encoding', false);\n"
row("304-missing-vary", "header('Vary: Accept-Encoding', false)", php_script(TAG, COMPARE + "ini_set('zlib.output_compression', '1');", "echo $body;"), php_script(TAG + VARY, COMPARE + "ini_set('zlib.output_compression', '1');", "echo $body;"),
    lambda c: revalidate_by_tag(Client(c.place, Accept_Encoding="gzip")))
row("304-etag-not-in-inm", "no strpos()", php_script(TAG, "if (strpos($_SERVER['HTTP_IF_NONE_MATCH'] ?? '', 'v1') !== false) { http_response_code(304); exit; }\n"), php_script(TAG),
    lambda c: (c.get(), c.get(If_None_Match='"v10"')), prose=True, instead=([200, 200],))
row("304-unsolicited", "http_response_code(304) only where HTTP_IF_NONE_MATCH", php_script(TAG, "http_response_code(304); exit;"), php_script(TAG), unsolicited, instead=([200],), prose=True)
MODIFIED = f"header('Last-Modified: {OLDER}');\n"
BY_DATE = "if (isset($_SERVER['HTTP_IF_MODIFIED_SINCE'])) { http_response_code(304); exit; }\n"
row("ims-honoured-over-inm", "if (!isset($_SERVER['HTTP_IF_NONE_MATCH']))", php_script(TAG + MODIFIED, BY_DATE), php_script(TAG + MODIFIED, COMPARE + "if (!isset($_SERVER['HTTP_IF_NONE_MATCH'])) " + BY_DATE),
    by_old_tag_and_its_date, instead=([200, 200],))
row("no-validator-unchanged", "header('ETag: \"' . md5($body) . '\"')", php_script("", ""), php_script("$tag = '\"' . md5($body) . '\"'; header('ETag: \"' . md5($body) . '\"');\n"), revalidate(times=3), instead=([200, 304, 304, 304],))
row("malformed-validator", "header('ETag: \"' . $hash . '\"')", php_script("$hash = md5($body); header('ETag: ' . $hash);\n", ""), php_script("$hash = md5($body); header('ETag: \"' . $hash . '\"');\n", ""), fetch())
row("bad-http-date", "gmdate('D, d M Y H:i:s') . ' GMT'", php_script("header('Expires: ' . date('r'));\n", ""), php_script("header('Expires: ' . gmdate('D, d M Y H:i:s') . ' GMT');\n", ""), fetch())
row("heuristic-only-freshness", "header('Cache-Control: ...')", php_script(TAG, ""), php_script(TAG + POLICY, ""), fetch(), prose=True)
row("no-store-unchanged", "session_cache_limiter('private_no_expire')", php_script(TAG + "session_save_path(sys_get_temp_dir()); session_start(['use_cookies' => 0]);\n"),
    php_script(TAG + "session_save_path(sys_get_temp_dir()); session_cache_limiter('private_no_expire'); session_start(['use_cookies' => 0]);\n"), revalidate(times=4), set=("no_store_span_s=0",),
    instead=([200, 304, 304, 304, 304],))
row("cc-malformed-or-conflicting", "session_cache_limiter('') before session_start()", php_script("header('Cache-Control: public, max-age=60'); session_save_path(sys_get_temp_dir()); session_start(['use_cookies' => 0]); header('Cache-Control: public, max-age=60', false);\n", ""),
    php_script("header('Cache-Control: public, max-age=60'); session_save_path(sys_get_temp_dir()); session_cache_limiter(''); session_start(['use_cookies' => 0]);\n", ""), fetch(), prose=True)
row("duplicate-singleton-field", "header('Name: value', false) adds", php_script("header('Content-Location: /a'); header('Content-Location: /b', false);\n", ""), php_script("header('Content-Location: /a'); header('Content-Location: /b');\n", ""),
    fetch(), prose=True)

# ---------------------------------------------------------------- Symfony HttpFoundation, on PHP's server

def symfony(code):
    return ("require '/usr/share/php/Symfony/Component/HttpFoundation/autoload.php';\nuse Symfony\\Component\\HttpFoundation\\{Request, Response};\n"
            "$request = Request::createFromGlobals();\n$response = new Response(file_get_contents($root . '/app.js'), 200, ['Content-Type' => 'application/javascript', 'X-Debug-Token' => 'x']);\n"
            f"{code}\nif ($response->getStatusCode() == 200) $response->headers->set('Content-Length', strlen($response->getContent()));\n$response->send();")


CHECK = "if ($response->isNotModified($request)) { $response->send(); return; }\n"
row = table("symfony", places.php)
row("inm-match-got-200", "if ($response->isNotModified($request))", symfony("$response->setEtag('v1');"), symfony("$response->setEtag('v1');" + CHECK), revalidate_by_tag, instead=([200, 304],))
row("ims-unmodified-got-200", "if ($response->isNotModified($request))", symfony("$response->setLastModified(new DateTime('2026-04-01'));"),
    symfony("$response->setLastModified(new DateTime('2026-04-01'));" + CHECK), by_later_date, instead=([200, 304],))
BARE = "if ($request->headers->get('If-None-Match')) { $response = new Response('', 304, ['X-Debug-Token' => 'x']); } else { $response->setEtag('v1'); }"
row("304-missing-etag", "setEtag() on the response that isNotModified() is asked of", symfony(BARE), symfony("$response->setEtag('v1');" + CHECK), revalidate_by_tag, prose=True)
row("304-missing-cache-control", "before isNotModified()", symfony("$response->setEtag('v1'); $response->headers->set('Cache-Control', 'no-cache');" + "if ($response->isNotModified($request)) $response->headers->remove('Cache-Control');"),
    symfony("$response->setEtag('v1'); $response->setPublic(); $response->setMaxAge(60);" + CHECK), revalidate_by_tag, prose=True)
row("304-missing-vary", "$response->setVary('Accept-Encoding', false)", symfony("$response->setEtag('v1');" + CHECK + "$response->headers->set('Vary', 'Accept-Encoding');"),
    symfony("$response->setEtag('v1'); $response->setVary('Accept-Encoding', false);" + CHECK), revalidate_by_tag)
UNEMPTIED = "$response->setEtag('v1'); if ($request->headers->get('If-None-Match')) { $response->setStatusCode(Response::HTTP_NOT_MODIFIED); %s}"
row("304-superfluous-metadata", "$response->setNotModified()", symfony(UNEMPTIED % ""), symfony(UNEMPTIED % "$response->setNotModified(); "), revalidate_by_tag)
row("304-unsolicited", "setNotModified() only after isNotModified($request) was true", symfony("$response->setEtag('v1'); $response->setNotModified();"),
    symfony("$response->setEtag('v1'); if ($response->isNotModified($request)) $response->setNotModified();"), unsolicited, instead=([200],), prose=True)
row("304-policy-differs", "compute public, max-age and no-cache before isNotModified()", symfony("$response->setEtag('v1'); $response->headers->set('Cache-Control', 'no-cache'); if (!$response->isNotModified($request)) $response->headers->set('Cache-Control', 'max-age=3600');"),
    symfony("$response->setEtag('v1'); $response->headers->set('Cache-Control', 'max-age=3600');" + CHECK), lambda c: (c.get(), time.sleep(.05), revalidate_by_tag(c), time.sleep(.05), c.get()), prose=True)
row("no-validator-unchanged", "setEtag() or setLastModified(), then isNotModified($request)", symfony(""), symfony("$response->setEtag('v1');" + CHECK), revalidate(times=3), instead=([200, 304, 304, 304],), prose=True)
row("no-store-unchanged", "headers->addCacheControlDirective('no-cache')", symfony("$response->setEtag('v1'); $response->headers->addCacheControlDirective('no-store');" + CHECK),
    symfony("$response->setEtag('v1'); $response->setPrivate(); $response->headers->addCacheControlDirective('no-cache');" + CHECK), revalidate(times=4), set=("no_store_span_s=0",), instead=([200, 304, 304, 304, 304],))
row("short-ttl-unchanged", "$response->setMaxAge(", symfony("$response->setEtag('v1'); $response->headers->set('Cache-Control', 'max-age=0');" + CHECK), symfony("$response->setEtag('v1'); $response->setMaxAge(2592000);" + CHECK), poll,
    set=("short_ttl_span=0",))
row("missing-vary-observed", '$response->setVary("', symfony("if ($request->headers->get('Accept-Encoding')) { $response->setContent(gzencode($response->getContent())); $response->headers->set('Content-Encoding', 'gzip'); }"),
    symfony("$response->setVary(\"Accept-Encoding\", false); if ($request->headers->get('Accept-Encoding')) { $response->setContent(gzencode($response->getContent())); $response->headers->set('Content-Encoding', 'gzip'); }"),
    alternate)

# ---------------------------------------------------------------- Django, told from other Python by its cookie

row = table("django", places.apps, kind="django", cookie="csrftoken=x")
VIEW = "from django.views.decorators.http import condition, etag, last_modified\nfrom django.views.decorators.cache import cache_control, never_cache\nfrom django.views.decorators.vary import vary_on_headers\n" \
       "from django.http import HttpResponse, HttpResponseNotModified\nfrom django.utils.cache import patch_vary_headers\nimport datetime\nBODY = open(root + '/app.js').read()\n"


def view(code="    return HttpResponse(BODY)", decorators="", more=""):
    return f"{VIEW}{more}\n{decorators}\ndef view(request):\n{code}\n"


CONDITIONAL = "MIDDLEWARE = ['django.middleware.http.ConditionalGetMiddleware']"
ETAG = "@condition(etag_func=lambda request: '\"v1\"')"
WITH_TAG = "    r = HttpResponse(BODY)\n    r['ETag'] = '\"v1\"'\n    return r"
row("inm-match-got-200", "'django.middleware.http.ConditionalGetMiddleware'", view(WITH_TAG), view(WITH_TAG, more=CONDITIONAL), revalidate_by_tag, instead=([200, 304],))
row("ims-unmodified-got-200", "@last_modified(", view("    r = HttpResponse(BODY)\n    r['Last-Modified'] = 'Wed, 01 Apr 2026 09:00:00 GMT'\n    return r"),
    view(decorators="@last_modified(lambda request: datetime.datetime(2026, 4, 1, 9))"), by_later_date, instead=([200, 304],))
NAKED = "    if 'If-None-Match' in request.headers:\n        return %s\n    r = HttpResponse(BODY)\n    r['ETag'] = '\"v1\"'\n    return r"
row("304-missing-etag", "use @condition or ConditionalGetMiddleware", view(NAKED % "HttpResponseNotModified()"), view(decorators=ETAG), revalidate_by_tag, prose=True)
row("304-missing-cache-control", "put @cache_control(...) outside of (above) @condition", view(decorators=ETAG + "\n@cache_control(max_age=60)"), view(decorators="@cache_control(max_age=60)\n" + ETAG), revalidate_by_tag, prose=True)
row("304-missing-vary", "patch_vary_headers(response, ['Accept-Encoding'])", view(decorators=ETAG, more="MIDDLEWARE = ['django.middleware.gzip.GZipMiddleware']"),
    view(decorators=ETAG, more="import sys, types\nmine = types.ModuleType('mine')\nsys.modules['mine'] = mine\ndef middleware(get_response):\n    def call(request):\n        response = get_response(request)\n"
         "        patch_vary_headers(response, ['Accept-Encoding'])\n        return response\n    return call\nmine.middleware = middleware\nMIDDLEWARE = ['mine.middleware', 'django.middleware.gzip.GZipMiddleware']"),
    lambda c: revalidate_by_tag(Client(c.place, Accept_Encoding="gzip", Cookie="csrftoken=x")))
row("304-superfluous-metadata", "return HttpResponseNotModified()", view(NAKED % "HttpResponse(status=304)"), view(NAKED % "HttpResponseNotModified()"), revalidate_by_tag, prose=True)
row("304-etag-strength-flip", 'W/"', view(decorators=ETAG, more="MIDDLEWARE = ['django.middleware.gzip.GZipMiddleware']"),
    view(decorators="@condition(etag_func=lambda request: 'W/\"v1\"')", more="MIDDLEWARE = ['django.middleware.gzip.GZipMiddleware']"), lambda c: revalidate_by_tag(Client(c.place, Accept_Encoding="gzip", Cookie="csrftoken=x")))
row("no-validator-unchanged", "'django.middleware.http.ConditionalGetMiddleware'", view(), view(more=CONDITIONAL), revalidate(times=3), instead=([200, 304, 304, 304],))
RANDOM = "    import os\n    r = HttpResponse(BODY)\n    r['ETag'] = '\"%s\"' % os.urandom(4).hex()\n    return r"
row("unstable-etag", "give @condition an etag_func of the data", view(RANDOM, more=CONDITIONAL), view(decorators=ETAG), revalidate(times=2), prose=True, instead=([200, 304, 304],))
row("malformed-validator", "django.utils.http.quote_etag(", view("    r = HttpResponse(BODY)\n    r['ETag'] = 'v1'\n    return r"),
    view("    r = HttpResponse(BODY)\n    r['ETag'] = django.utils.http.quote_etag('v1')\n    return r", more="import django.utils.http"), fetch())
row("bad-http-date", "django.utils.http.http_date(", view("    r = HttpResponse(BODY)\n    r['Expires'] = datetime.datetime.now().isoformat()\n    return r"),
    view("    r = HttpResponse(BODY)\n    r['Expires'] = django.utils.http.http_date(2e9)\n    return r", more="import django.utils.http"), fetch())
row("heuristic-only-freshness", "@cache_control(", view(), view(decorators="@cache_control(max_age=60)"), fetch())
row("no-store-unchanged", "@cache_control(private=True, no_cache=True)", view(decorators="@never_cache\n" + ETAG), view(decorators="@cache_control(private=True, no_cache=True)\n" + ETAG), revalidate(times=4),
    set=("no_store_span_s=0",), instead=([200, 304, 304, 304, 304],))
row("short-ttl-unchanged", "@cache_control(max_age=", view(decorators="@cache_control(no_cache=True)\n" + ETAG), view(decorators="@cache_control(max_age=2592000)\n" + ETAG), poll, set=("short_ttl_span=0",))
SESSIONS = "MIDDLEWARE = ['django.contrib.sessions.middleware.SessionMiddleware']\nimport django.conf\ndjango.conf.settings.SESSION_ENGINE = 'django.contrib.sessions.backends.signed_cookies'"
row("vary-fragmentation", "do not touch request.session", view("    request.session.get('name')\n    return HttpResponse(BODY)", ETAG, SESSIONS), view("    return HttpResponse(BODY)", ETAG, SESSIONS),
    lambda c: [c.get(Cookie=f"csrftoken=x; number={n}") for n in range(2)], instead=([200, 200],), prose=True)
COMPRESSES = "    import gzip\n    r = HttpResponse(BODY)\n    if request.headers.get('Accept-Encoding'):\n        r = HttpResponse(gzip.compress(BODY.encode()))\n        r['Content-Encoding'] = 'gzip'\n    return r"
row("missing-vary-observed", '@vary_on_headers("', view(COMPRESSES), view(COMPRESSES, decorators='@vary_on_headers("Accept-Encoding")'), alternate)
row("uncompressed-transfer", "'django.middleware.gzip.GZipMiddleware'", view(), view(more="MIDDLEWARE = ['django.middleware.gzip.GZipMiddleware']"), fetch(**GZIP), instead=([200],))

# ---------------------------------------------------------------- Flask

row = table("flask", places.apps, kind="flask")


def flask_app(code, more=""):
    return f"from flask import Response, request, abort, make_response, send_file\nBODY = open(root + '/app.js').read()\n{more}\n@app.route('/app.js')\ndef view():\n    response = Response(BODY)\n{code}\n"


TAGGED = "    response.set_etag('v1')\n"
row("inm-match-got-200", "return response.make_conditional(request)", flask_app(TAGGED + "    return response"), flask_app("    response.add_etag()\n    return response.make_conditional(request)"), revalidate_by_tag, instead=([200, 304],))
DATED = "    response.last_modified = 1775034000\n"
row("ims-unmodified-got-200", "return response.make_conditional(request)", flask_app(DATED + "    return response"), flask_app(DATED + "    return response.make_conditional(request)"), by_later_date, instead=([200, 304],))
row("304-missing-etag", "make_conditional() keeps the tag", flask_app(TAGGED + "    if request.if_none_match:\n        return '', 304\n    return response"), flask_app(TAGGED + "    return response.make_conditional(request)"), revalidate_by_tag, prose=True)
row("304-unsolicited", "return make_conditional(request) rather than abort(304)", flask_app("    return '', 304"), flask_app(TAGGED + "    return response.make_conditional(request)"), unsolicited, instead=([200],), prose=True)
row("no-validator-unchanged", "in app.after_request", flask_app("    return response"),
    flask_app("    return response", more="@app.after_request\ndef tag(response):\n    response.add_etag()\n    return response.make_conditional(request)"), revalidate(times=3), instead=([200, 304, 304, 304],), prose=True)
SENDS = "    return send_file(root + '/app.js', conditional=True)"
row("short-ttl-unchanged", "app.config['SEND_FILE_MAX_AGE_DEFAULT'] = 2592000", flask_app(SENDS, "app.config['SEND_FILE_MAX_AGE_DEFAULT'] = 0"), flask_app(SENDS, "app.config['SEND_FILE_MAX_AGE_DEFAULT'] = 2592000"), poll,
    set=("short_ttl_span=0",))
row("heuristic-only-freshness", "response.cache_control.max_age", flask_app("    return response"), flask_app("    response.cache_control.max_age = 60\n    return response"), fetch())

# ---------------------------------------------------------------- Python's http.server

row = table("python", places.apps, kind="python")


def handler(code):
    return f"BODY = open(root + '/app.js', 'rb').read()\nclass Handler(SimpleHTTPRequestHandler):\n    protocol_version = 'HTTP/1.1'\n{code}\n"


def answers(*fields, conditional=""):
    sends = "".join(f"        self.send_header({f})\n" for f in ("'Content-Length', str(len(BODY))", *fields))
    return handler(f"    def do_GET(self):\n{conditional}        self.send_response(200)\n{sends}        self.end_headers()\n        self.wfile.write(BODY)")


NOT_MODIFIED = "        if self.headers['If-None-Match'] == '\"v1\"':\n            self.send_response(http.HTTPStatus.NOT_MODIFIED)\n%s            self.end_headers()\n            return\n"
TAGS = "            self.send_header('ETag', '\"v1\"')\n"
row("inm-match-got-200", "self.send_response(http.HTTPStatus.NOT_MODIFIED)", answers("'ETag', '\"v1\"'"), answers("'ETag', '\"v1\"'", conditional=NOT_MODIFIED % TAGS), revalidate_by_tag, instead=([200, 304],))
row("ims-unmodified-got-200", "SimpleHTTPRequestHandler answers If-Modified-Since", answers(f"'Last-Modified', '{OLDER}'"), handler("    pass"), by_later_date, instead=([200, 304],), prose=True)
row("304-has-body", "call self.end_headers() and write nothing", answers("'ETag', '\"v1\"'", conditional=(NOT_MODIFIED % TAGS).replace("            return", "            self.wfile.write(b'not modified')\n            return")),
    answers("'ETag', '\"v1\"'", conditional=NOT_MODIFIED % TAGS), revalidate_by_tag, prose=True)
row("304-content-length-mismatch", "no send_header('Content-Length', '0')", answers("'ETag', '\"v1\"'", conditional=NOT_MODIFIED % (TAGS + "            self.send_header('Content-Length', '0')\n")),
    answers("'ETag', '\"v1\"'", conditional=NOT_MODIFIED % TAGS), revalidate_by_tag, instead=([200, 304],))
row("304-missing-date", "send_response_only() does not", answers("'ETag', '\"v1\"'", conditional=NOT_MODIFIED.replace("send_response(", "send_response_only(") % TAGS), answers("'ETag', '\"v1\"'", conditional=NOT_MODIFIED % TAGS),
    revalidate_by_tag, prose=True)
row("no-validator-unchanged", "send ETag or Last-Modified in do_GET()", answers(), answers("'ETag', '\"v1\"'", conditional=NOT_MODIFIED % TAGS), revalidate(times=3), instead=([200, 304, 304, 304],), prose=True)
row("malformed-validator", "send_header('ETag', '\"%s\"' % digest)", answers("'ETag', 'v1'"), answers("'ETag', '\"%s\"' % digest").replace("        self.send_response", "        digest = 'v1'\n        self.send_response"), fetch())
row("bad-http-date", "formatdate(usegmt=True)", answers("'Expires', 'tomorrow'"), answers("'Expires', __import__('email.utils').utils.formatdate(usegmt=True)"), fetch())
row("heuristic-only-freshness", "send_header('Cache-Control', 'no-cache')", handler("    pass"), handler("    def end_headers(self):\n        self.send_header('Cache-Control', 'no-cache')\n        super().end_headers()"), fetch())
LIKE_OLD = "        if self.headers['If-Modified-Since']:\n            self.send_response(http.HTTPStatus.NOT_MODIFIED)\n            self.send_header('ETag', '\"v1\"')\n            self.end_headers()\n            return\n"
row("ims-honoured-over-inm", "SimpleHTTPRequestHandler ignores If-Modified-Since beside If-None-Match", answers("'ETag', '\"v1\"'", f"'Last-Modified', '{OLDER}'", conditional=LIKE_OLD), handler("    pass"), by_old_tag_and_its_date,
    instead=([200, 200],), prose=True)

# ---------------------------------------------------------------- Go's net/http, which nothing in its answers names

row = table("go", places.go, named=False)
GO_TAG, GO_SERVE = 'w.Header().Set("ETag", tag)\n', "http.ServeContent(w, r, name, modtime, content)"
GO_POLICY, GO_VARY = 'w.Header().Set("Cache-Control", "max-age=60")\n', 'w.Header().Add("Vary", "Accept-Encoding")\n'
GO_304, GO_WRITE = "if asked(r) { w.WriteHeader(http.StatusNotModified); return }\n", "w.Write(body)"
row("inm-match-got-200", GO_SERVE, GO_TAG + GO_WRITE, GO_TAG + GO_SERVE, revalidate_by_tag, instead=([200, 304],))
row("ims-unmodified-got-200", "give http.ServeContent the real modtime", 'w.Header().Set("Last-Modified", modtime.UTC().Format(http.TimeFormat))\n' + GO_SERVE.replace("modtime", "time.Time{}"), GO_SERVE, by_later_date,
    instead=([200, 304],), prose=True)
row("206-despite-inm-match", "serve ranges by http.ServeContent", GO_TAG + 'if r.Header.Get("Range") != "" { partial(w); return }\n' + GO_WRITE, GO_TAG + GO_SERVE,
    lambda c: c.get(If_None_Match=c.get().fields["ETag"], Range="bytes=100-199"), instead=([200, 304],), prose=True)
GO_HIJACKED = 'if asked(r) { hijacked(w, %s); return }\n'
row("304-has-body", "a hijacked connection does not", GO_TAG + GO_HIJACKED % '"Content-Length: 12\\r\\n", "not modified"' + GO_WRITE, GO_TAG + GO_304 + GO_WRITE, revalidate_by_tag, prose=True)
row("304-content-length-mismatch", "what writes to a hijacked connection has to leave it out", GO_TAG + GO_HIJACKED % '"Content-Length: 0\\r\\n", ""' + GO_WRITE, GO_TAG + GO_HIJACKED % '"", ""' + GO_WRITE,
    revalidate_by_tag, prose=True, instead=([200, 304],))
row("304-missing-etag", GO_TAG.strip() + " before w.WriteHeader(http.StatusNotModified)", GO_304 + GO_TAG + GO_WRITE, GO_TAG + GO_304 + GO_WRITE, revalidate_by_tag, prose=True)
row("304-missing-cache-control", "set Cache-Control on w.Header() before", GO_TAG + GO_304 + GO_POLICY + GO_WRITE, GO_TAG + GO_POLICY + GO_304 + GO_WRITE, revalidate_by_tag, prose=True)
GO_PACKS = 'if r.Header.Get("Accept-Encoding") != "" { %sw.Header().Set("Content-Encoding", "gzip"); w.Write(packed()); return }\n'
row("304-missing-vary", GO_VARY.strip(), GO_TAG + GO_304 + GO_PACKS % GO_VARY.replace("\n", "; ") + GO_WRITE, GO_TAG + GO_VARY + GO_304 + GO_PACKS % "" + GO_WRITE, lambda c: revalidate_by_tag(Client(c.place, **GZIP)), prose=True)
row("304-superfluous-metadata", 'delete Content-Type and Content-Encoding from w.Header()', GO_TAG + 'w.Header().Set("Content-Encoding", "gzip")\n' + GO_304 + "w.Write(packed())",
    GO_TAG + 'w.Header().Set("Content-Encoding", "gzip")\nif asked(r) { w.Header().Del("Content-Encoding"); w.WriteHeader(http.StatusNotModified); return }\nw.Write(packed())',
    lambda c: revalidate_by_tag(Client(c.place, **GZIP)), prose=True)
row("304-etag-not-in-inm", 'instead of strings.Contains(r.Header.Get("If-None-Match"), tag)', GO_TAG + 'if strings.Contains(r.Header.Get("If-None-Match"), hash) { w.WriteHeader(http.StatusNotModified); return }\n' + GO_WRITE,
    GO_TAG + GO_SERVE, lambda c: (c.get(), c.get(If_None_Match='"v10"')), prose=True, instead=([200, 200],))
row("304-missing-date", 'no w.Header()["Date"] = nil', GO_TAG + 'if asked(r) { w.Header()["Date"] = nil; w.WriteHeader(http.StatusNotModified); return }\n' + GO_WRITE, GO_TAG + GO_304 + GO_WRITE, revalidate_by_tag)
row("unstable-etag", "not of time.Now()", 'w.Header().Set("ETag", strconv.Quote(strconv.FormatInt(time.Now().UnixNano(), 36)))\n' + GO_SERVE, GO_TAG + GO_SERVE, revalidate(times=2), instead=([200, 304, 304],), prose=True)
row("no-validator-unchanged", "fmt.Fprint(w, ...) has neither", "fmt.Fprint(w, string(body))", GO_SERVE, revalidate(times=3), instead=([200, 304, 304, 304],), prose=True)
row("malformed-validator", 'w.Header().Set("ETag", strconv.Quote(hash))', 'w.Header().Set("ETag", hash)\n' + GO_SERVE, 'w.Header().Set("ETag", strconv.Quote(hash))\n' + GO_SERVE, fetch())
row("bad-http-date", "t.UTC().Format(http.TimeFormat)", 't := time.Now()\nw.Header().Set("Expires", t.UTC().Format(time.RFC1123))\n' + GO_WRITE, 't := time.Now()\nw.Header().Set("Expires", t.UTC().Format(http.TimeFormat))\n' + GO_WRITE, fetch())
GO_FILES = "http.FileServer(http.Dir(root)).ServeHTTP(w, r)"
row("short-ttl-unchanged", 'w.Header().Set("Cache-Control", "public, max-age=2592000")', 'w.Header().Set("Cache-Control", "max-age=0")\n' + GO_FILES, 'w.Header().Set("Cache-Control", "public, max-age=2592000")\n' + GO_FILES, poll,
    set=("short_ttl_span=0",))
row("heuristic-only-freshness", "set Cache-Control in front of http.FileServer", GO_FILES, GO_POLICY + GO_FILES, fetch(), prose=True)
row("304-hop-field-forbidden", "never set Transfer-Encoding on w.Header()", 'w.Header().Set("Transfer-Encoding", "chunked")\n' + GO_TAG + GO_304 + GO_WRITE, "", lambda c: c.get(version="HTTP/1.0", If_None_Match='"v1"'), provokes=False)
row("if-range-match-got-200", "serve by http.ServeContent with the ETag set", GO_TAG + 'w.Header().Set("Accept-Ranges", "bytes")\n' + GO_WRITE, GO_TAG + GO_FILES, ranges, instead=([200, 206],), prose=True)
row("if-range-mismatch-got-206", "serve by http.ServeContent with the ETag set", GO_TAG + 'if r.Header.Get("Range") != "" { partial(w); return }\n' + GO_WRITE, GO_TAG + GO_SERVE,
    lambda c: (c.get(), c.get(Range="bytes=100-199", If_Range='"v0"')), instead=([200, 200],), prose=True)
row("missing-vary-observed", 'w.Header().Add("Vary", "', GO_PACKS % "" + GO_WRITE, GO_VARY + GO_PACKS % "" + GO_WRITE, alternate)
row("uncompressed-transfer", "wrap the handler in one that does", GO_FILES, GO_PACKS % GO_VARY.replace("\n", "; ") + GO_FILES, fetch(**GZIP), instead=([200],), prose=True)

# ---------------------------------------------------------------- Express

row = table("express", places.express)


def express_app(code="res.send(body)", before=""):
    return f"{before}\napp.get('/app.js', (req, res) => {{ {code} }})\napp.use(express.static(root))\n"


RES_TAG, RES_304, RES_SEND = "res.set('ETag', tag); ", "if (req.headers['if-none-match'] === tag) return res.status(304).end(); ", "res.end(body)"
row("inm-match-got-200", "if (req.fresh) return res.sendStatus(304)", express_app(RES_TAG + "res.write(body); res.end()"), express_app(RES_TAG + "if (req.fresh) return res.sendStatus(304); res.write(body); res.end()"), revalidate_by_tag,
    instead=([200, 304],))
row("304-missing-etag", "res.set('ETag', tag) before if (req.fresh) res.status(304).end()", express_app(RES_304 + RES_TAG + RES_SEND), express_app(RES_TAG + "if (req.fresh) res.status(304).end(); else " + RES_SEND), revalidate_by_tag, prose=True)
RES_POLICY = "res.set('Cache-Control', 'max-age=60'); "
row("304-missing-cache-control", "in a middleware before the handler", express_app(RES_TAG + RES_304 + RES_POLICY + RES_SEND), express_app(RES_TAG + RES_304 + RES_SEND, f"app.use((req, res, next) => {{ {RES_POLICY} next() }})"), revalidate_by_tag, prose=True)
COMPRESSION, TYPED = "app.use(compression())", "res.type('js').send(body)"
row("304-missing-vary", "res.vary('Accept-Encoding')", express_app(TYPED, COMPRESSION), express_app("res.vary('Accept-Encoding'); " + TYPED, COMPRESSION), lambda c: revalidate_by_tag(Client(c.place, **GZIP)))
row("304-content-length-mismatch", "no res.set('Content-Length', 0)", express_app(RES_TAG + RES_304.replace("return res.", "return res.set('Content-Length', 0) && res.") + RES_SEND), express_app(RES_TAG + RES_304 + RES_SEND), revalidate_by_tag,
    instead=([200, 304],))
row("304-superfluous-metadata", "res.removeHeader('Content-Type')", express_app("res.type('js'); " + RES_TAG + RES_304 + RES_SEND),
    express_app("res.type('js'); " + RES_TAG + RES_304.replace("return res.", "return res.removeHeader('Content-Type') || res.") + RES_SEND), revalidate_by_tag)
row("304-etag-strength-flip", "weak tags in handlers of your own", express_app(RES_TAG.replace("tag)", "'W/' + tag)") + "if (req.fresh) return res.set('ETag', tag).status(304).end(); " + RES_SEND),
    express_app(RES_TAG.replace("tag)", "'W/' + tag)") + "if (req.fresh) return res.status(304).end(); " + RES_SEND), revalidate_by_tag, prose=True)
row("304-missing-date", "leave res.sendDate at true", express_app(RES_TAG + RES_304.replace("return ", "{ res.sendDate = false; return ").replace("; ", "; ") + "} " + RES_SEND), express_app(RES_TAG + RES_304 + RES_SEND), revalidate_by_tag, prose=True)
NODE_APP = "app.use((req, res, next) => express.static(req.headers['x-node'] === 'b' ? root + '2' : root)(req, res, next))\n"
row("unstable-etag", "deploy with equal times", NODE_APP, NODE_APP, from_two_nodes, files=(two_nodes(False), two_nodes(True)), instead=([200, 304, 304],), prose=True)
row("no-validator-unchanged", "app.enable('etag')", express_app(before="app.disable('etag')"), express_app(before="app.enable('etag')"), revalidate(times=3), instead=([200, 304, 304, 304],))
row("malformed-validator", "res.set('ETag', `\"${hash}\"`)", express_app("res.set('ETag', hash); " + RES_SEND), express_app("res.set('ETag', `\"${hash}\"`); " + RES_SEND), fetch())
row("bad-http-date", "new Date(...).toUTCString()", express_app("res.set('Expires', new Date().toISOString()); " + RES_SEND), express_app("res.set('Expires', new Date().toUTCString()); " + RES_SEND), fetch(), prose=True)
row("short-ttl-unchanged", "express.static(root, {maxAge: '30d'})", "app.use(express.static(root))", "app.use(express.static(root, {maxAge: '30d'}))", poll, set=("short_ttl_span=0",))
row("heuristic-only-freshness", "res.set('Cache-Control', ", express_app(), express_app(RES_POLICY + "res.send(body)"), fetch())
row("304-hop-field-forbidden", "no res.set('Transfer-Encoding', 'chunked')", express_app(RES_TAG + "res.set('Transfer-Encoding', 'chunked'); " + RES_304 + RES_SEND), express_app(RES_TAG + RES_304 + RES_SEND),
    lambda c: c.get(version="HTTP/1.0", If_None_Match='"v1"'))
RES_PACKS = "if (req.get('Accept-Encoding')) return res.set('Content-Encoding', 'gzip').end(zlib.gzipSync(body)); " + RES_SEND
row("missing-vary-observed", 'res.vary("', express_app(RES_PACKS), express_app('res.vary("Accept-Encoding"); ' + RES_PACKS), alternate)
row("uncompressed-transfer", "app.use(compression())", express_app(TYPED), express_app(TYPED, COMPRESSION), fetch(**GZIP), instead=([200],))

# ---------------------------------------------------------------- Rails' Action Pack, told by a cookie

row = table("rails", places.rails, cookie="_shop_session=x")


def action(code="render_page", more=""):
    return f"{more}\ndef show\n{code}\nend\n"


FOR_TAGS, OTHERWISE = "use Rack::ConditionalGet\nuse Rack::ETag", "\nrender_page unless performed?"
STALE = "if stale?(record)\nrender_page\nend"
row("inm-match-got-200", "if stale?(record)", action("response.headers['ETag'] = '\"v1\"'\nrender_page"), action(STALE), revalidate_by_tag, instead=([200, 304],))
row("ims-unmodified-got-200", "fresh_when(last_modified: record.updated_at)", action("response.headers['Last-Modified'] = record.updated_at.httpdate\nrender_page"), action("fresh_when(last_modified: record.updated_at)" + OTHERWISE), by_later_date,
    instead=([200, 304],))
row("304-missing-etag", "head :not_modified in a before_action does not", action("response.etag = 'v1'\nrender_page", "before_action { head :not_modified if request.headers['If-None-Match'] }"), action("fresh_when(etag: 'v1')" + OTHERWISE),
    revalidate_by_tag, prose=True)
row("304-missing-cache-control", "call expires_in before fresh_when or stale?", action("head(:not_modified) and return if request.headers['If-None-Match']\nexpires_in 1.hour\nresponse.headers['ETag'] = '\"v1\"'\nrender_page"),
    action("expires_in 1.hour\n" + STALE), revalidate_by_tag, prose=True)
row("304-missing-vary", "set response.headers['Vary'] before fresh_when or stale?", action(STALE, "use Rack::Deflater"), action("response.headers['Vary'] = 'Accept-Encoding'\n" + STALE, "use Rack::Deflater"),
    lambda c: revalidate_by_tag(Client(c.place, Cookie="_shop_session=x", **GZIP)), prose=True)
row("304-unsolicited", "no head :not_modified", action("head :not_modified"), action(STALE), unsolicited, instead=([200],))
row("304-has-body", "head :not_modified instead of render ..., status: 304", action("response.headers['ETag'] = '\"v1\"'\nif request.headers['If-None-Match']\nrender body: BODY, status: 304\nelse\nrender_page\nend"), action(STALE), revalidate_by_tag,
    provokes=False)
row("unstable-etag", "fresh_when(record)", action("fresh_when(Time.now.to_f.to_s)" + OTHERWISE), action("fresh_when(record)" + OTHERWISE), revalidate(times=2), instead=([200, 304, 304],))
row("no-validator-unchanged", "fresh_when(record)", action("render_page"), action("fresh_when(record)" + OTHERWISE), revalidate(times=3), instead=([200, 304, 304, 304],))
row("short-ttl-unchanged", "expires_in 1.hour, public: true", action(STALE), action("expires_in 1.hour, public: true\n" + STALE), poll, set=("short_ttl_span=0",))
row("no-store-unchanged", "no response.headers['Cache-Control'] = 'no-store'", action("response.headers['ETag'] = '\"v1\"'\nresponse.headers['Cache-Control'] = 'no-store'\nrender_page"), action("response.headers['ETag'] = '\"v1\"'\nexpires_now\nrender_page", "use Rack::ConditionalGet"), revalidate(times=4), set=("no_store_span_s=0",),
    instead=([200, 304, 304, 304, 304],))
row("uncompressed-transfer", "use Rack::Deflater", action(), action(more="use Rack::Deflater"), fetch(**GZIP), instead=([200],))

# ---------------------------------------------------------------- clients

def run_commands(c):
    for command in c.place.commands:
        url = f"http://{c.place.address}:{c.place.port}/app.js"
        subprocess.run(command.replace("%U", url), shell=True, cwd=c.place.folder, check=True, timeout=10 * places.PATIENCE, stdout=subprocess.DEVNULL)


def of_client(software, rule, says, fault, remedy, lifetime="", **more):
    ROWS.append(Row(software, places.nginx, rule, says, lifetime, lifetime, run_commands, commands=(fault, remedy), **more))


PLAIN, ETAGS = "curl -s --interface 10.9.0.2 -o f %U", "curl -s --interface 10.9.0.2 -o f --etag-compare t --etag-save t %U"
DATES = "curl -s --interface 10.9.0.2 -R -o f -z f %U"
of_client("curl", "unconditional-refetch", "--etag-compare", [PLAIN, PLAIN], [ETAGS, ETAGS], instead=([200, 304],))
of_client("curl", "refetch-while-fresh", "curl has no cache: keep the file until it is stale", [PLAIN, PLAIN], [PLAIN], "expires 1h;", instead=([200],), prose=True)
of_client("curl", "revalidated-while-fresh", "do not run the script before the copy is stale", [ETAGS, ETAGS], [ETAGS], "expires 1h;", instead=([200],), prose=True)
of_client("curl", "client-omits-etag", "--etag-compare", [PLAIN + " -R", DATES], [ETAGS, ETAGS], instead=([200, 304],))
WGET = "wget -q --bind-address 10.9.0.2 %s %%U"
of_client("wget", "unconditional-refetch", "wget -N", [WGET % "-O f", WGET % "-O f"], ["wget -N -q --bind-address 10.9.0.2 %U"] * 2, instead=([200, 304],))
of_client("wget", "client-omits-etag", "curl --etag-compare", [WGET % "-N"] * 2, ["curl --etag-compare t --etag-save t -s --interface 10.9.0.2 -o f %U"] * 2, instead=([200, 304],))


# http.Client and requests have no cache; what is put before them has.
GO_RUN = f"GO111MODULE=off GOCACHE=$PWD/../go-client go run {places.HERE}/client.go %s %%U {CLIENT}"
of_client("go-http-client", "unconditional-refetch", "keep ETag and set If-None-Match", [GO_RUN % "plain"], [GO_RUN % "tag"], instead=([200, 304],), prose=True)
of_client("go-http-client", "refetch-while-fresh", "a caching http.RoundTripper as Client.Transport", [GO_RUN % "plain"], [GO_RUN % "cache"], "expires 1h;", instead=([200],), prose=True)
REQUESTS = """import cachecontrol, requests
class From:
    def init_poolmanager(self, *words, **named):
        super().init_poolmanager(*words, source_address=("%s", 0), **named)
class Plain(From, requests.adapters.HTTPAdapter):
    pass
class Caching(From, cachecontrol.CacheControlAdapter):
    pass
session = %s
first = session.get("%%U")
session.get("%%U"%s)
"""


def by_requests(cached, more=""):
    session = "cachecontrol.CacheControl(requests.Session(), adapter_class=Caching)" if cached else 'requests.Session(); session.mount("http://", Plain())'
    return [f"/usr/bin/python3 -c {shlex.quote(REQUESTS % (CLIENT, session, more))}"]


of_client("python-requests", "unconditional-refetch", "session = CacheControl(requests.Session()", by_requests(False), by_requests(True), instead=([200, 304],), prose=True)
of_client("python-requests", "refetch-while-fresh", "reuse what is fresh without asking", by_requests(False), by_requests(True), "expires 1h;", instead=([200],), prose=True)
of_client("python-requests", "revalidated-while-fresh", "instead of If-None-Match by hand", by_requests(False, ', headers={"If-None-Match": first.headers["ETag"]}'), by_requests(True), "expires 1h;", instead=([200],), prose=True)


# ---------------------------------------------------------------- the rest of the table

ELSEWHERE = {
    "spring okhttp": "Debian has them of years ago (4.3, 3.13), as libraries alone: 126 MB to fetch with Java, and a server and a build to be written around each",
    "aspnet": "Debian does not have it",
    "iis cloudflare cloudfront fastly akamai": "nobody can start it here",
    "browser": "a remedy for pages; tests/servers/clean.py has the browser itself",
}
# Single rows, and what keeps them from being above.
ROWS_ELSEWHERE = {
    ("ims-unmodified-got-200", "apache"): "no handler of it sends Last-Modified and ignores dates; advice to CGI",
    ("304-has-body", "symfony"): "PHP's server sends nothing after a 304",
    ("304-content-length-mismatch", "symfony"): "PHP's server sends no Content-Length with a 304",
    ("304-has-body", "django"): "wsgiref sends nothing after a 304",
    ("412-instead-of-304", "django"): "advice for views that answer 412 by themselves",
    ("unstable-etag", "symfony"): "as PHP and Django",
    ("304-missing-etag", "squid"): "the remedy is a newer Squid; Debian's has the fault: tests/servers/clean.py",
    ("if-range-match-got-200", "squid"): "Debian's Squid hands ranges on with every range_offset_limit",
    ("proxy-304-expanded", "haproxy"): "the remedy is a version that Debian is past",
    ("stale-on-arrival", "nginx"): "nginx sends no Age, and without one nobody arrives stale; for those behind another cache",
    ("cache-buster-identical", "varnish"): "spares the origin alone: what is found of the client stays, as the remedy says",
    ("negative-refetch", "trafficserver"): "spares the origin alone",
    ("concurrent-duplicate", "trafficserver"): "on in Debian, and helps only from the first octet of an answer on",
}


# ---------------------------------------------------------------- proxies, at a glance

PROXIES = ("nginx", "apache", "varnish", "squid", "haproxy", "trafficserver")
OF_PROXIES = ("proxy-304-expanded", "proxy-304-union-leak", "proxy-drops-directives", "proxy-drops-preconditions", "served-stale", "reuse-without-validation", "stored-no-store", "private-shared", "vary-violation",
              "not-invalidated-after-unsafe", "304-update-ignored", "age-missing-on-hit")


def matrix(rows, wrong):
    """Which rule was provoked by which proxy and gone with the remedy (x), or only seen not to be provoked by it (-)."""
    yield f"{'':32}" + "".join(f"{name:>15}" for name in PROXIES)
    by = {(r.rule, r.software): r for r in rows if r not in wrong and r.cures}
    for rule in OF_PROXIES:
        cells = [by.get((rule, name)) for name in PROXIES]
        yield f"{rule:32}" + "".join(f"{'' if not r else 'x' if r.provokes else '-':>15}" for r in cells)


# ---------------------------------------------------------------- the run

def remedies_of(source):
    """{(rule, software word): text} of all, and those that say that they are not tried"""
    words = dict(re.findall(r'SOFTWARE_ROW\((\w+), "([^"]+)"', open(f"{source}/reports/advice/software.def").read()))
    rows = re.findall(r'^REMEDY_(ROW|UNTRIED)\("([^"]+)", (\w+), "[^"]*", "((?:[^"\\]|\\.)*)"\)', open(f"{source}/reports/advice/remedies.def").read(), re.M)
    return {(rule, words[name]): re.sub(r"\\(.)", r"\1", text) for _, rule, name, text in rows}, {(rule, words[name]) for kind, rule, name, _ in rows if kind == "UNTRIED"}


class Side(places.Place):
    """The faulty or the remedied one of a row."""

    def __init__(self, folder, port, row, remedied):
        os.makedirs(folder)
        super().__init__(folder, port)
        self.row, self.remedied, self.kind = row, remedied, row.kind
        self.config, self.http, self.cache = (self.filled(text[remedied]) for text in (row.configs, row.http, row.cache))
        self.commands = row.commands[remedied]
        prepare = row.files[remedied] if isinstance(row.files, tuple) else row.files
        if prepare:
            prepare(self.root)
        if row.origins[remedied]:
            self.origin = Origin(self, row.origins[remedied])
        if row.front:
            self.filter += f" and (host {CLIENT} or host {OTHER})"

    def filled(self, text):
        return text.replace("%P", str(self.port)).replace("%F", self.folder).replace("%R", self.root)

    def ask(self):
        fields = {"Cookie": self.row.cookie} if self.row.cookie else {}
        try:
            self.row.ask(Client(self, **fields))
        except Exception as e:
            return f"{type(e).__name__}: {e}"


class Audit:
    def __init__(self, binary, pcap, side):
        sets = [word for pair in side.row.set for word in ("--set", pair)]
        self.database = places.audit(binary, pcap, f"{side.folder}/audit.db", "--filter", side.filter, *sets)

    def ask(self, query, *values):
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            return db.execute(query, values).fetchall()


def judge(binary, pcap, row, faulty, remedied, remedies):
    text = remedies.get((row.rule, row.software))
    if text is None:
        yield "remedies.def has no such row"
        return
    if row.says not in text:
        yield f"the remedy does not say {row.says!r} (any more?)"
    fault, remedy = (side.config + side.http + side.cache + " ".join(side.commands) for side in (faulty, remedied))
    for piece, there, gone in ((row.says[3:], fault, remedy),) if row.says.startswith("no ") else ((row.says, remedy, fault),):
        if not row.prose and row.provokes and (piece not in there or piece in gone):
            yield f"{piece!r} is not what makes the difference"
    told = subprocess.run([binary, "explain", row.rule, "--software", row.software], capture_output=True, text=True).stdout
    if " ".join(text.split()) not in " ".join(told.split()):
        yield "explain names another remedy"
    for side in (faulty, remedied):
        if side.trouble:
            yield f"{'remedied' if side.remedied else 'faulty'}: {side.trouble}"
            return
    before, after = Audit(binary, pcap, faulty), Audit(binary, pcap, remedied)
    if not row.provokes:
        if before.ask("SELECT 1 FROM issues WHERE rule = ?", row.rule):
            yield f"it can be provoked after all: {summary(before, row.rule)}"
        return
    found = before.ask("SELECT software FROM issues WHERE rule = ?", row.rule)
    if not found:
        yield f"not found where it is: {summary(before, row.rule)}"
    elif row.named and not any(row.software in (software or "").split() for (software,) in found):
        yield f"found, but of {found}"
    if not row.cures:
        return
    if after.ask("SELECT 1 FROM issues WHERE rule = ?", row.rule):
        yield f"still there: {summary(after, row.rule)}"
    elif row.instead:
        answers = [status for (status,) in after.ask("SELECT status FROM exchanges WHERE server = ? ORDER BY requested_us", places.PROXY)]
        asked = after.ask("SELECT count(*) FROM exchanges WHERE server = ?", places.ORIGIN)[0][0]
        if tuple(answers) != tuple(row.instead[0]) or (len(row.instead) > 1 and asked != row.instead[1]):
            yield f"afterwards the client is answered {answers} with {asked} questions to the origin, not {row.instead}: {summary(after, row.rule)}"
    elif not after.ask("SELECT 1 FROM checks WHERE rule = ? AND outcome = 'passed'", row.rule):
        yield f"not examined afterwards: {summary(after, row.rule)}"


def summary(audit, rule):
    exchanges = audit.ask("SELECT requested_us / 1000 % 100000, client, method, target, status, if_none_match, if_modified_since, etag, cache_control, vary, outer_exchange_id FROM exchanges ORDER BY requested_us")[:10]
    return "\n         ".join(map(str, [audit.ask("SELECT rule, variant, party, message FROM findings WHERE rule = ?", rule), audit.ask("SELECT * FROM checks WHERE rule = ?", rule), *exchanges]))


def main():
    binary, source, chosen = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3:]
    places.enter_namespace(("nginx", "apache2", "lighttpd", "caddy", "varnishd", "haproxy", "squid", "traffic_server", "php", "go", "node", "puma"))
    rows = [r for r in ROWS if not chosen or r.rule in chosen or r.software in chosen]
    remedies, untried = remedies_of(source)
    elsewhere = {software for words in ELSEWHERE for software in words.split()}
    known = {(r.rule, r.software) for r in ROWS} | set(ROWS_ELSEWHERE)
    complaints = [] if chosen else [f"remedies.def: nothing is said here of {rule}, {software}" for rule, software in remedies if (rule, software) not in known and software not in elsewhere]
    complaints += [f"remedies.def has no {rule}, {software}" for rule, software in ROWS_ELSEWHERE if (rule, software) not in remedies]
    applied = {(r.rule, r.software) for r in ROWS}
    complaints += [f"remedies.def says that it is not tried, and it is: {key}" for key in untried & applied]
    complaints += [f"remedies.def does not say that it is not tried: {key}" for key in remedies.keys() - applied - untried]
    processes = places.Processes()
    with tempfile.TemporaryDirectory(prefix="wire304-") as folder:
        os.chmod(folder, 0o755)
        sides = [(Side(f"{folder}/{n}-faulty", 20000 + 2 * n, r, False), Side(f"{folder}/{n}-remedied", 20001 + 2 * n, r, True)) for n, r in enumerate(rows)]
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        flat = [side for pair in sides for side in pair]
        try:
            for serve in dict.fromkeys(r.serve for r in rows):
                own = f"{folder}/{serve.__name__}"
                os.makedirs(own)
                serve(processes, own, [side for side in flat if side.row.serve is serve])
            silent = places.wait_for(flat)
            for side in flat:
                side.trouble = "the server did not start" if side in silent else None
            for own in sorted({side.row.serve.__name__ for side in silent}):
                log = f"{folder}/{own}/log"
                print(f"{own}: {open(log, errors='replace').read()[-2000:] if os.path.exists(log) else ''}")
            recording = places.Recording(f"{folder}/record.pcap")
            with concurrent.futures.ThreadPoolExecutor(96) as pool:
                asked = {side: pool.submit(side.ask) for side in flat if not side.trouble}
                for side, result in asked.items():
                    side.trouble = result.result()
            recording.stop()
            failed = set()
            for row, (faulty, remedied) in zip(rows, sides):
                wrong = list(judge(binary, recording.pcap, row, faulty, remedied, remedies))
                complaints += [f"{row}: {line}" for line in wrong]
                failed |= {row} if wrong else set()
            if os.environ.get("WIRE304_KEEP"):
                shutil.copy(recording.pcap, f"{os.environ['WIRE304_KEEP']}/remedies.pcap")
        finally:
            processes.close()
    for line in () if chosen else matrix(rows, failed):
        print(line.rstrip())
    if not chosen:  # each rule about the two sides of a proxy has a proxy here that broke it, and one that mended it
        broken = {r.rule for r in rows if r.software in PROXIES and r.provokes and r.cures and r not in failed}
        complaints += [f"{rule}: no proxy from Debian was made to break it" for rule in OF_PROXIES if rule not in broken]
    for complaint in complaints:
        print("    ", complaint)
    print(f"remedies: {len(rows)} applied, {len(complaints)} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
