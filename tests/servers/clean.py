#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Clean stays clean: a static site on each server as Debian sets it up, and before it each proxy, with
real clients that revalidate as they should.

usage: clean.py BINARY [place ...]

Chromium visits it, comes back and reloads; curl asks with --etag-save and --etag-compare and with -z,
wget with -N; apt-get update reads a small repository, twice. Whatever wire304 then says with severity
error or warning must be a true fault of that server or client and stand in TRUE with the reason, and
what stands there must be said. Exits 77 (skipped) where namespaces or a program are not to be had.
"""
import collections
import concurrent.futures
import contextlib
import gzip
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import places  # noqa: E402
from places import ORIGIN, OTHER, PROXY  # noqa: E402

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.remote.remote_connection import RemoteConnection
except ImportError:
    if os.path.exists("/usr/bin/python3") and os.path.realpath(sys.executable) != os.path.realpath("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])  # Debian's package is of Debian's Python
    print("clean: skipped: Debian's python3-selenium is not installed")
    sys.exit(places.SKIP)

# (place, rule): why it is true.
GZIP_ON_THE_FLY = "Debian's nginx.conf says gzip on: the 200 has W/ and the 304, made before the filter, has not (RFC 9110 §15.4.5)"
NO_GZIP_VARY = "Debian's nginx.conf says gzip on without gzip_vary: HTML comes plain or compressed and no Vary says by what (RFC 9110 §12.5.5)"
REPEATS_TYPE = "its 304 repeats Content-Type (RFC 9110 §15.4.5: SHOULD NOT)"
TRUE = {
    ("nginx", "304-etag-strength-flip"): GZIP_ON_THE_FLY,
    ("nginx", "missing-vary-observed"): NO_GZIP_VARY,
    ("apache", "304-missing-vary"): "Debian's deflate.conf compresses by type, and a 304 passes no filter that would write Vary (RFC 9110 §15.4.5)",
    ("apache", "inm-match-got-200"): "mod_deflate hangs -gzip on to the tag, and the condition is compared with the tag without it (RFC 9110 §13.1.2)",
    ("lighttpd", "304-superfluous-metadata"): REPEATS_TYPE,
    ("varnish", "304-superfluous-metadata"): REPEATS_TYPE,
    ("varnish", "proxy-drops-directives"): "apt says Cache-Control: max-age=0, and Varnish fetches what it does not have without it (RFC 9111 §5.2: MUST pass through)",
    # nginx is behind it, and compresses, because HAProxy does not say Via
    ("haproxy", "304-etag-strength-flip"): GZIP_ON_THE_FLY,
    ("haproxy", "missing-vary-observed"): NO_GZIP_VARY,
    ("squid", "304-missing-etag"): "Squid 5 leaves the ETag out of the 304s that it makes itself for what it holds (RFC 9110 §15.4.5)",
    ("squid", "304-superfluous-metadata"): REPEATS_TYPE,
}
# What is true where it happens. On a busy machine the browser goes on to the next page before it has
# written an image to its cache, and then asks for the rest of it.
RESUMES = "Chromium asks for the rest of an image with If-Range: W/..., which RFC 9110 §13.1.5 forbids"
MAYBE = {
    ("express", "if-range-weak-validator"): RESUMES,
    ("express", "if-range-mismatch-got-206"): f"{RESUMES}, and Express answers 206: no weak tag matches there",
}
# Who is never answered 304 there, and why.
NEVER = {("apache", "Mozilla"): "Chromium asks for HTML and scripts alone, and their tags never match"}


# ---------------------------------------------------------------- the site

PAGE = """<!doctype html><html><head><title>{0}</title><link rel=stylesheet href=style.css><script src=app.js></script></head>
<body><h1>{0}</h1><img src=logo.png alt=logo><p id=told>{1}</p><a href={2}>the other page</a>
<script>fetch("tiny.json").then((r) => r.text()).then((text) => {{ document.title += text; }});</script></body></html>
"""


def site(root):
    for name, other in (("index", "second"), ("second", "index")):
        with open(f"{root}/{name}.html", "w") as f:
            f.write(PAGE.format(name, "words that compress well " * 200, f"{other}.html"))
    with open(f"{root}/style.css", "w") as f:
        f.writelines(f".c{i} {{ color: #{i:06x}; }}\n" for i in range(300))
    with open(f"{root}/favicon.ico", "wb") as f:
        f.write(bytes(1406))
    repository(f"{root}/repository")
    for folder, _, names in os.walk(root):
        for name in names:
            os.utime(f"{folder}/{name}", (places.WRITTEN,) * 2)


def repository(folder):
    """A flat repository with one package in it, which nobody will install."""
    os.makedirs(folder)
    entry = "".join(f"Package: nothing-{i}\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.com>\nFilename: ./nothing-{i}.deb\n"
                    f"Size: 1\nSHA256: {i:064x}\nDescription: nothing\n\n" for i in range(60)).encode()
    files = {"Packages": entry, "Packages.gz": gzip.compress(entry, mtime=0)}
    sums = "".join(f" {hashlib.sha256(octets).hexdigest()} {len(octets)} {name}\n" for name, octets in files.items())
    files["Release"] = f"Suite: test\nDate: Fri, 01 May 2026 10:00:00 UTC\nSHA256:\n{sums}".encode()
    for name, octets in files.items():
        with open(f"{folder}/{name}", "wb") as f:
            f.write(octets)


# ---------------------------------------------------------------- the servers, as Debian sets them up

def nginx(processes, folder, wanted):
    """/etc/nginx/nginx.conf and sites-available/default, but for the paths."""
    temp = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    servers = "".join(f"server {{ listen {p.address}:{p.port}; root {p.root}; index index.html; server_name _; location / {{ try_files $uri $uri/ =404; }} }}\n" for p in wanted)
    conf = places.write(f"{folder}/conf", f"""daemon off; user root; pid {folder}/pid; error_log {folder}/log; events {{ worker_connections 768; }}
http {{ {temp} sendfile on; tcp_nopush on; types_hash_max_size 2048; include /etc/nginx/mime.types; default_type application/octet-stream; access_log off; gzip on;
{servers} }}""")
    processes.start("nginx", "-c", conf, "-e", f"{folder}/log", log=f"{folder}/log")


def apache(processes, folder, wanted):
    """The modules that Debian enables, with the files that it has for them."""
    names = "access_compat alias auth_basic authn_core authn_file authz_core authz_host authz_user deflate dir env filter mime mpm_event negotiation reqtimeout setenvif".split()
    confs = [f"/etc/apache2/mods-available/{name}.conf" for name in ("deflate", "dir", "mime", "negotiation", "reqtimeout", "setenvif")]
    conf = places.write(f"{folder}/conf", f"ServerRoot {folder}\nPidFile {folder}/pid\nErrorLog {folder}/log\nServerName localhost\n"
                        + "".join(f"Listen {p.address}:{p.port}\n" for p in wanted)
                        + "".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n" for m in names) + "".join(f"Include {c}\n" for c in confs)
                        + "".join(f"<VirtualHost {p.address}:{p.port}>\nDocumentRoot {p.root}\n<Directory {p.root}>\nOptions Indexes FollowSymLinks\nRequire all granted\n</Directory>\n</VirtualHost>\n" for p in wanted))
    processes.start("apache2", "-f", conf, "-DFOREGROUND", log=f"{folder}/log")


def lighttpd(processes, folder, wanted):
    """/etc/lighttpd/lighttpd.conf, with its script for types."""
    p = wanted[0]
    conf = places.write(f"{folder}/conf", f'server.modules = ( "mod_indexfile", "mod_access", "mod_alias", "mod_redirect" )\nserver.document-root = "{p.root}"\nserver.errorlog = "{folder}/log"\n'
                        f'server.bind = "{p.address}"\nserver.port = {p.port}\nindex-file.names = ( "index.html" )\ninclude_shell "/usr/share/lighttpd/create-mime.conf.pl"\n')
    processes.start("lighttpd", "-D", "-f", conf, log=f"{folder}/log")


def express(processes, folder, wanted):
    for p in wanted:
        p.config = "app.use(express.static(root))"
    places.express(processes, folder, wanted)


SERVERS = {"nginx": nginx, "apache": apache, "lighttpd": lighttpd, "caddy": places.caddy, "express": express}
# Before nginx, which then listens at ORIGIN with the same port.
FRONTS = {"varnish": places.varnish, "haproxy": places.haproxy, "squid": places.squid, "trafficserver": places.trafficserver}


# ---------------------------------------------------------------- the clients

def curl(place, *options):
    subprocess.run(["curl", "-s", "--interface", OTHER, "--max-time", str(places.PATIENCE), *options], check=True, cwd=place.work)


def by_curl(place):
    for name in ("index.html", "app.js", "style.css", "logo.png"):
        for _ in range(2):
            curl(place, "--compressed", "-o", name, "--etag-save", f"{name}.tag", "--etag-compare", f"{name}.tag", f"{place.url}/{name}")
        for _ in range(2):
            curl(place, "-R", "-A", "dates", "-o", f"{name}.old", "-z", f"{name}.old", f"{place.url}/{name}")


def by_wget(place):
    for _ in range(2):
        subprocess.run(["wget", "-q", "-N", "-P", "mirror", f"--bind-address={OTHER}", f"{place.url}/index.html", f"{place.url}/logo.png"], check=True, cwd=place.work)


def by_apt(place):
    """Of the machine's own apt nothing is read but its programs, and nothing written."""
    state = f"{place.work}/apt"
    for folder in ("state/lists/partial", "cache/archives/partial", "etc/preferences.d", "etc/trusted.gpg.d", "etc/apt.conf.d"):
        os.makedirs(f"{state}/{folder}", exist_ok=True)
    places.write(f"{state}/sources.list", f"deb [trusted=yes] {place.url}/repository ./\n")
    places.write(f"{state}/state/status", "")
    places.write(f"{state}/conf", f'Dir::State "{state}/state";\nDir::State::status "{state}/state/status";\nDir::Cache "{state}/cache";\nDir::Etc "{state}/etc";\nDir::Etc::sourcelist "{state}/sources.list";\n'
                 'Dir::Etc::sourceparts "-";\nAPT::Sandbox::User "root";\nAcquire::Languages "none";\nAPT::Architecture "amd64";\nAcquire::http::Proxy "false";\n')
    for _ in range(2):
        done = subprocess.run(["apt-get", "update"], capture_output=True, text=True, timeout=10 * places.PATIENCE, env={**os.environ, "APT_CONFIG": f"{state}/conf"})
        if done.returncode:
            raise RuntimeError(f"apt-get: {done.stderr.strip()[-300:]}")


def by_chromium(wanted, folder):
    """One browser for all sites: a first visit, the other page, back, a reload, and a script that asks."""
    options = Options()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run", "--disable-component-update",
                     f"--user-data-dir={folder}/profile"):
        options.add_argument(argument)
    RemoteConnection.set_timeout(10 * places.PATIENCE)
    driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
    driver.set_script_timeout(10 * places.PATIENCE)
    try:
        for place in wanted:
            for page in ("index.html", "second.html", "index.html"):
                driver.get(f"{place.url}/{page}")
                time.sleep(0.2)
            driver.refresh()
            time.sleep(0.3)
            driver.execute_async_script("const done = arguments[0]; fetch('app.js', {cache: 'no-cache'}).then((r) => r.text()).then(() => done());")
    finally:
        driver.quit()


# ---------------------------------------------------------------- the run

def audit(binary, pcap, place):
    database = places.audit(binary, pcap, f"{place.folder}/audit.db", "--filter", place.filter)
    with contextlib.closing(sqlite3.connect(database)) as db:
        found = collections.Counter(db.execute("SELECT rule, party FROM findings WHERE severity IN ('error', 'warning')").fetchall())
        details = db.execute("SELECT rule, variant, severity, confidence, party, url, message FROM findings WHERE severity IN ('error', 'warning') LIMIT 12").fetchall()
        agents = {agent.split("/")[0] for (agent,) in db.execute("SELECT DISTINCT user_agent FROM exchanges WHERE status = 304 AND user_agent IS NOT NULL AND outer_exchange_id IS NULL")}
    return found, details, agents


def judge(place, found, details, agents):
    rules = {rule for rule, _ in found}
    expected = {rule for name, rule in TRUE if name == place.name}
    for rule in sorted(rules - expected - {rule for name, rule in MAYBE if name == place.name}):
        yield f"wrongly said: {rule}: {[d for d in details if d[0] == rule][:3]}"
    for rule in sorted(expected - rules):
        yield f"missed: {rule}"
    silent = {agent for agent in ("Mozilla", "curl", "dates", "Wget", "Debian APT-HTTP") if agent not in agents and (place.name, agent) not in NEVER}
    if silent:
        yield f"was never answered 304: {', '.join(sorted(silent))}"


def main():
    binary, chosen = os.path.abspath(sys.argv[1]), sys.argv[2:]
    places.enter_namespace(("nginx", "apache2", "lighttpd", "caddy", "varnishd", "haproxy", "squid", "traffic_server", "node", "chromium", "chromedriver", "curl", "wget", "apt-get"))
    wanted = [name for name in (*SERVERS, *FRONTS) if not chosen or name in chosen]
    processes, wrong = places.Processes(), []
    with tempfile.TemporaryDirectory(prefix="wire304-") as folder:
        os.chmod(folder, 0o755)
        front = []
        for n, name in enumerate(wanted):
            os.makedirs(f"{folder}/{name}")
            place = places.Place(f"{folder}/{name}", 8080 + n)
            place.name, place.url, place.work = name, f"http://{PROXY}:{8080 + n}", f"{folder}/{name}/work"
            os.makedirs(place.work)
            site(place.root)
            front.append(place)
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        try:
            behind = []
            for place in front:
                if place.name in FRONTS:
                    origin = places.Place(f"{place.folder}/origin", place.port, address=ORIGIN)
                    origin.root = place.root
                    behind.append(origin)
                    FRONTS[place.name](processes, place.folder, [place])
                elif place.name != "nginx":
                    SERVERS[place.name](processes, place.folder, [place])
            os.makedirs(f"{folder}/origin")
            nginx(processes, f"{folder}/origin", behind + [p for p in front if p.name == "nginx"])
            for place in places.wait_for(front + behind):
                raise RuntimeError(f"{place.folder}: did not start")
            time.sleep(1)  # proxies try their origins first
            recording = places.Recording(f"{folder}/record.pcap")
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                asked = [pool.submit(by_chromium, front, folder)]
                asked += [pool.submit(lambda p: (by_curl(p), by_wget(p), by_apt(p)), place) for place in front]
                for result in asked:
                    result.result()
            recording.stop()
            for place in front:
                complaints_here = list(judge(place, *audit(binary, recording.pcap, place)))
                print(f"{'FAIL' if complaints_here else 'ok  '} {place.name}" + "".join(f"\n     {line}" for line in complaints_here), flush=True)
                wrong += complaints_here
            if os.environ.get("WIRE304_KEEP"):
                shutil.copy(recording.pcap, f"{os.environ['WIRE304_KEEP']}/clean.pcap")
        finally:
            processes.close()
    print(f"clean: {len(wanted)} places, {len(wrong)} complaints")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
