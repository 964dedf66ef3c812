# SPDX-License-Identifier: MIT
"""What must not be read cannot be: not in the database, not in a report, in no disguise.

usage: privacy.py BINARY FORGE EXCHANGES [TEST...]     runs every function below whose name begins with test_

Words that occur nowhere else are put wherever a request or a response can tell of somebody, and then
looked for in the octets of whatever is written: as they are, percent-decoded, in base64. A second
look goes over every transcript, whose own tags, queries and addresses are what is looked for. Each
test yields what it found. Prints a line per complaint; exits 1 if any.
"""
import base64
import concurrent.futures
import contextlib
import html
import json
import os
import re
import sqlite3
import struct
import subprocess
import sys
import tempfile
import urllib.parse

import laws

BINARY, FORGE, EXCHANGES = (os.path.abspath(path) for path in sys.argv[1:4])
FORMATS = ["terminal", "html", "json", "ndjson", "csv", "markdown", "har", "trace"]
LEVELS = ["full", "standard", "strict"]


# ---------------------------------------------------------------- a capture

def v4(text):
    return bytes(int(part) for part in text.split("."))


class Capture:
    """TCP over IPv4 over Ethernet, as few packets as it takes."""

    def __init__(self):
        self.packets = []
        self.clock = 1700000000.0

    def packet(self, source, target, ports, seq, ack, flags, payload=b""):
        tcp = struct.pack("!HHIIBBHHH", *ports, seq, ack, 0x50, flags, 65535, 0, 0) + payload
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), len(self.packets) & 0xFFFF, 0x4000, 64, 6, 0,
                         v4(source), v4(target))
        self.clock += 0.001
        self.packets.append((self.clock, b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0" + ip + tcp))

    def write(self, path):
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
            for clock, octets in self.packets:
                file.write(struct.pack("<IIII", int(clock), int(clock % 1 * 1e6), len(octets), len(octets)) + octets)


class Connection:
    def __init__(self, capture, client, server, port):
        self.capture, self.ends, self.ports = capture, [client, server], [port, 80]
        self.seq = [1000, 5000]
        for side, flags in ((0, 0x02), (1, 0x12), (0, 0x10)):
            self.send(side, b"", flags)
            self.seq[side] += bool(flags & 2)

    def send(self, side, octets, flags=0x18):
        self.capture.packet(self.ends[side], self.ends[1 - side], (self.ports[side], self.ports[1 - side]),
                            self.seq[side], self.seq[1 - side], flags, octets)
        self.seq[side] += len(octets)

    def exchange(self, request, response, body=b"", after=1):
        self.capture.clock += after
        for side, head, rest in ((0, request, b""), (1, response, body)):
            lines = head.strip("\n").split("\n")
            octets = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + rest
            for at in range(0, len(octets), 1400):
                self.send(side, octets[at:at + 1400])


# ---------------------------------------------------------------- the words

CLIENT, OTHER_CLIENT, SERVER = "198.51.100.77", "198.51.100.78", "203.0.113.99"
NEVER = {  # at no level
    "cookie": "kekscanary01", "set-cookie": "kekscanary02", "authorization": "kekscanary03",
    "proxy-authorization": "kekscanary04", "userinfo": "kekscanary05", "folded cookie": "kekscanary06",
}
NOT_STANDARD = {  # values of queries and their like, wherever a URL may stand
    "query": "fragecanary01", "second value": "fragecanary02", "query without name": "fragecanary03",
    "query that ends in =": "fragecanary04", "fragment": "fragecanary05", "path parameter": "fragecanary06",
    "Referer": "fragecanary07", "Location": "fragecanary08", "Content-Location": "fragecanary09",
    "Link": "fragecanary10", "Cache-Status": "fragecanary11", "absolute target": "fragecanary12",
    "Referer with a quote": "fragecanary13", "unknown field": "fragecanary14", "percent": "fragecanary15",
    "signature": "fragecanary16", "Refresh": "fragecanary17", "folded": "fragecanary18",
}
NOT_STRICT = {
    "client": CLIENT, "other client": OTHER_CLIENT, "server": SERVER, "X-Forwarded-For": "192.0.2.211",
    "Forwarded": "fd00:cafe::1234", "X-Real-IP": "192.0.2.212", "Via": "192.0.2.213", "name of a client": "canarypeter01",
    "User-Agent": "agentcanary01", "tag": "tagcanary01", "weak tag": "tagcanary02", "no tag": "tagcanary03",
    "no tag, second word": "tagcanary04", "If-None-Match": "tagcanary05", "If-Range": "tagcanary06",
    "If-Match": "tagcanary07", "echoed tag": "tagcanary08", "field": "feldcanary01", "field of a response": "feldcanary02",
    "request id": "feldcanary03", "Content-Disposition": "feldcanary04", "Host": "192.0.2.214", "line": "feldcanary05",
    "reason": "192.0.2.215", "in a path": "192.0.2.216",
}
WORDS = {**NEVER, **NOT_STANDARD, **NOT_STRICT}
HIDDEN = {"full": NEVER, "standard": {**NEVER, **NOT_STANDARD}, "strict": WORDS}


def planted(path):
    w = WORDS
    capture = Capture()
    one = Connection(capture, CLIENT, SERVER, 40001)
    asker = f"""Host: shop.example
User-Agent: Mozilla/5.0 ({w['User-Agent']}) Gecko Firefox/120.0
Cookie: sid={w['cookie']}
Authorization: Bearer {w['authorization']}
Proxy-Authorization: Basic {w['proxy-authorization']}
Referer: http://shop.example/from?who={w['Referer']}
X-Forwarded-For: {w['X-Forwarded-For']}, 10.0.0.1
Forwarded: for="[{w['Forwarded']}]:4711";proto=http, for={w['name of a client']}
X-Real-IP: {w['X-Real-IP']}
X-Login: {w['field']}
X-Request-ID: {w['request id']}
X-Original: /a?b={w['unknown field']}
X-Folded: /a?b=1
 &c={w['folded']}
Cookie:
 sid={w['folded cookie']}"""
    answer = f"""Server: nginx/1.22.1
Date: Tue, 14 Nov 2023 22:13:20 GMT
Set-Cookie: sid={w['set-cookie']}
Via: 1.1 {w['Via']}
Content-Location: /there?x={w['Content-Location']}#{w['fragment']}
Link: </style.css?v={w['Link']}>; rel=preload
Refresh: 5; url=/again?x={w['Refresh']}
Cache-Status: edge; hit; key="/a?b={w['Cache-Status']}"
Content-Disposition: attachment; filename="{w['Content-Disposition']}"
X-Account: {w['field of a response']}
{w['line']} is no field"""
    page = b"x" * 9000
    query = f"/page?q={w['query']}&r={w['second value']}&{w['query without name']}&{w['query that ends in =']}=="
    for tag in (w["tag"], w["tag"]):
        one.exchange(f"GET {query} HTTP/1.1\n{asker}", f'HTTP/1.1 200 OK\n{answer}\nETag: "{tag}"\nContent-Length: 9000', page)
    one.exchange(f'GET {query} HTTP/1.1\n{asker}\nIf-None-Match: "{w["If-None-Match"]}"',
                 f'HTTP/1.1 304 Not Modified {w["reason"]}\nETag: W/"{w["weak tag"]}"')
    one.exchange(f"GET {query} HTTP/1.1\n{asker}\nIf-None-Match: {w['no tag']} {w['no tag, second word']}",
                 f"HTTP/1.1 304 Not Modified\nETag: {w['no tag']} {w['no tag, second word']}")
    one.exchange(f"GET /c;jsessionid={w['path parameter']}/{w['in a path']}/d HTTP/1.1\n{asker}",
                 f"HTTP/1.1 301 Moved\n{answer}\nLocation: http://shop.example/e?t={w['Location']}\nContent-Length: 0")
    for _ in range(3):
        one.exchange(f"GET /c;jsessionid={w['path parameter']}/d HTTP/1.1\n{asker}",
                     f"HTTP/1.1 301 Moved\n{answer}\nLocation: http://shop.example/e?t={w['Location']}\nContent-Length: 0")
    one.exchange(f"GET http://me:{w['userinfo']}@shop.example/abs?x={w['absolute target']} HTTP/1.1\n{asker}",
                 f"HTTP/1.1 200 OK\n{answer}\nContent-Length: 9000", page)
    one.exchange(f'GET /quote?x=1 HTTP/1.1\nHost: {w["Host"]}:8080\nReferer: http://h/?q={{"a":"{w["Referer with a quote"]}"}}',
                 f"HTTP/1.1 200 OK\n{answer}\nContent-Length: 9000", page)
    one.exchange(f"GET /part?u=http%3A%2F%2Fh%2F%3Ft%3D{w['percent']} HTTP/1.1\n{asker}\nRange: bytes=0-99\n"
                 f'If-Range: "{w["If-Range"]}"\nIf-Match: "{w["If-Match"]}"',
                 f'HTTP/1.1 206 Partial Content\n{answer}\nContent-Range: bytes 0-99/9000\nETag: "{w["tag"]}"\nContent-Length: 100',
                 b"x" * 100)
    two = Connection(capture, OTHER_CLIENT, SERVER, 40002)
    busted = ("Host: shop.example\nUser-Agent: curl/7.88.1", "Cache-Control: max-age=3600\nETag: \"asset\"\nContent-Length: 9000")
    for i in range(6):
        two.exchange(f"GET /app.js?_=170000000{i}919&who={w['query']} HTTP/1.1\n{busted[0]}", f"HTTP/1.1 200 OK\n{busted[1]}", page)
    for i in range(6):
        two.exchange(f"GET /s.js?X-Amz-Signature={w['signature']}{i} HTTP/1.1\n{busted[0]}", f"HTTP/1.1 200 OK\n{busted[1]}", b"y" * 9000)
    tag = w["echoed tag"]
    for asked in ("", f'\nIf-None-Match: "{tag}"', f'\nIf-None-Match: "{tag}"'):
        two.exchange(f"GET /x?y=1 HTTP/1.1\nHost: shop.example\nUser-Agent: curl/7.88.1{asked}",
                     f'HTTP/1.1 200 OK\nVary: Cookie, X-Login\nETag: "{tag}"\nContent-Length: 9000', b"z" * 9000)
    capture.write(path)


# ---------------------------------------------------------------- looking for them

def in_base64(word):
    """What base64 makes of the word wherever it stands in a text, without the ends that its neighbours change."""
    for before in range(3):
        text = base64.b64encode(b"\0" * before + word).decode().rstrip("=")
        yield text[(0, 2, 3)[before]:len(text) - 1].encode()


def disguises(word):
    yield word
    yield from in_base64(word)
    if re.fullmatch(rb"\d+\.\d+\.\d+\.\d+", word):
        yield word.replace(b".", b"-")


def found_in(octets, words):
    texts = [octets, urllib.parse.unquote_to_bytes(octets), html.unescape(octets.decode("latin-1")).encode("latin-1", "replace")]
    for what, word in words.items():
        for form in disguises(word.encode("latin-1")):
            if any(form in text for text in texts):
                yield f"{what} ({word})"
                break


def octets_of(path):
    with open(path, "rb") as file:
        return file.read()


def run(*words, codes=(0, 5)):
    done = subprocess.run([BINARY, *words], capture_output=True, timeout=600, env={**os.environ, "TZ": "UTC", "NO_COLOR": "1"})
    if done.returncode not in codes or b"Sanitizer" in done.stderr or b"runtime error" in done.stderr:
        raise RuntimeError(f"wire304 {' '.join(words)}: exit {done.returncode}: {done.stderr.decode()}")
    return done.stdout + done.stderr


def rows(database, text):
    with contextlib.closing(sqlite3.connect(database)) as db:
        return db.execute(text).fetchall()


def audits(folder, capture, *options):
    """The audits of a capture by level."""
    for level in LEVELS:
        path = f"{folder}/{level}.db"
        said = run("analyze", "--force", "--no-progress", "--privacy", level, "-o", path, *options, capture)
        yield level, path, said


VERDICTS = """SELECT rule, variant, severity, confidence, exchange_id, reference_exchange_id, avoidable_bytes, opportunity_bytes,
              (SELECT key FROM issues WHERE id = issue_id) FROM findings ORDER BY 1, 2, 5"""
NUMBERS = """SELECT id, connection_id, outer_exchange_id, status, outcome, wire_bytes, response_body_bytes, flaws, lifetime_s,
             avoidable_bytes, (SELECT count(DISTINCT url) FROM exchanges), (SELECT count(DISTINCT client_key) FROM exchanges),
             (SELECT count(DISTINCT etag) FROM exchanges), (SELECT count(DISTINCT body_hash) FROM exchanges) FROM exchanges"""


# ---------------------------------------------------------------- tests

def test_the_words_are_there_to_be_found(folder):
    planted(f"{folder}/in.pcap")
    capture = octets_of(f"{folder}/in.pcap").decode("latin-1").encode("latin-1")
    missing = [word for word in WORDS.values() if word not in (CLIENT, OTHER_CLIENT, SERVER) and word.encode() not in capture]
    if missing:
        yield f"not in the capture: {missing}"
    run("analyze", "-q", "--heads", "all", "-o", f"{folder}/full.db", f"{folder}/in.pcap")
    shown = set(found_in(octets_of(f"{folder}/full.db"), {**NOT_STANDARD, **NOT_STRICT}))
    for what, word in {**NOT_STANDARD, **NOT_STRICT}.items():
        if f"{what} ({word})" not in shown:
            yield f"{what} is not in a full audit: that it is not in others shows nothing"


def test_no_level_tells_what_it_hides(folder):
    planted(f"{folder}/in.pcap")
    for heads in ("all", "findings"):
        for level, path, said in audits(folder, f"{folder}/in.pcap", "--heads", heads):
            texts = {"the summary": said, "the database": octets_of(path)}
            for form in FORMATS:
                texts[form] = run("report", "--format", form, path)
            for table in ("exchanges", "findings", "connections", "heads", "etag_history", "run", "coverage"):
                texts[f"csv of {table}"] = run("report", "--format", "csv", "--table", table, path)
            for where, octets in texts.items():
                for what in found_in(octets, HIDDEN[level]):
                    yield f"--privacy {level} --heads {heads}: {what} is in {where}"


def test_verdicts_are_the_same(folder):
    planted(f"{folder}/in.pcap")
    told = {level: (rows(path, VERDICTS), rows(path, NUMBERS)) for level, path, _ in audits(folder, f"{folder}/in.pcap")}
    if len(told["full"][0]) < 20:
        yield f"only {len(told['full'][0])} findings: not much is shown"
    for level in LEVELS[1:]:
        for what, one, other in zip(("findings", "exchanges"), told["full"], told[level]):
            if one != other:
                yield f"--privacy {level}: other {what}: {set(one) ^ set(other)}"


def test_no_redacted_report_tells_anything(folder):
    planted(f"{folder}/in.pcap")
    for heads in ("all", "findings"):
        path = f"{folder}/full.db"
        run("analyze", "--force", "-q", "--heads", heads, "-o", path, f"{folder}/in.pcap")
        choices = [[], ["--host", "shop.*"], ["--client", CLIENT], ["--url", f"*{WORDS['query']}*"], ["--rule", "304-*"], ["--top", "3"]]
        for form in FORMATS:
            for choice in choices:
                for what in found_in(run("report", "--redact", "--format", form, *choice, path), WORDS):
                    yield f"report --redact --format {form} {' '.join(choice)}: {what}"
        tables = [row[0] for row in rows(path, "SELECT name FROM sqlite_schema WHERE type = 'view'")]
        for table in tables:
            for what in found_in(run("report", "--redact", "--format", "csv", "--table", table, path), WORDS):
                yield f"report --redact --table {table}: {what}"
        if not any(found_in(octets_of(path), NOT_STANDARD)):
            yield "the audit itself was changed"


def test_pseudonyms_are_stable_in_one_report_and_differ_between_two(folder):
    planted(f"{folder}/in.pcap")
    run("analyze", "--force", "-q", "-o", f"{folder}/full.db", f"{folder}/in.pcap")
    one, other = ([line.split(b",") for line in run("report", "--redact", "--format", "csv", "--table", "exchanges",
                                                    f"{folder}/full.db").splitlines()] for _ in range(2))
    at = one[0].index(b"client")
    clients = rows(f"{folder}/full.db", "SELECT client FROM exchanges ORDER BY id")
    names = {}
    for (client,), row in zip(clients, one[1:]):
        if names.setdefault(client, row[at]) != row[at]:
            yield f"{client} has two names in one report"
    if len(set(names.values())) != len(names):
        yield "two clients have one name"
    if {row[at] for row in one[1:]} & {row[at] for row in other[1:]}:
        yield "two reports share pseudonyms: the key is not theirs"


def test_a_kept_key_gives_the_same_pseudonyms_everywhere(folder):
    planted(f"{folder}/in.pcap")
    key, path = f"{folder}/key", f"{folder}/full.db"
    run("analyze", "--force", "-q", "-o", path, f"{folder}/in.pcap")
    one, other = (run("report", "--redact-key", key, "--format", "csv", "--table", "exchanges", path) for _ in range(2))
    if one != other:
        yield "two reports with one key differ"
    if any(found_in(one, WORDS)):
        yield "--redact-key alone does not redact"
    if os.stat(key).st_mode & 0o777 != 0o600:
        yield f"others may read the key: {os.stat(key).st_mode:o}"
    if run("report", "--redact-key", f"{folder}/other", "--format", "csv", "--table", "exchanges", path) == one:
        yield "another key gives the same pseudonyms"

    # the packets of a finding speak of the same client and URL as the report does
    number, = rows(path, "SELECT id FROM findings ORDER BY id LIMIT 1")[0]
    run("evidence", "-q", "--redact-key", key, "-o", f"{folder}/proof.pcapng", path, str(number))
    run("analyze", "--force", "-q", "-o", f"{folder}/proof.db", f"{folder}/proof.pcapng")
    for client, server, url in rows(f"{folder}/proof.db", "SELECT client, server, url FROM exchanges"):
        for what in (client, server, url):
            if what.encode() not in one:
                yield f"the evidence speaks of {what}, the report does not"

    for text in ("", "no key\n", "0" * 63, "0" * 64 + "\n\n", "G" * 64):
        with open(f"{folder}/wrong", "w", encoding="ascii") as file:
            file.write(text)
        done = subprocess.run([BINARY, "report", "--redact-key", f"{folder}/wrong", path], capture_output=True, check=False)
        if done.returncode != 3 or done.stdout or b"no key for pseudonyms" not in done.stderr:
            yield f"a key of {text!r}: exit {done.returncode}, {done.stderr!r}"


def test_what_busts_caches_may_be_read(folder):
    planted(f"{folder}/in.pcap")
    for level, path, _ in audits(folder, f"{folder}/in.pcap"):
        said = rows(path, """SELECT e.url, (SELECT request_head FROM heads WHERE exchange_id = e.id) FROM findings f
                             JOIN exchanges e ON e.id = f.exchange_id WHERE rule = 'cache-buster-identical' AND variant IS NULL""")
        if not said:
            yield f"--privacy {level}: no cache-buster was found"
        for url, head in said:
            if "_=170000000" not in url or (head and b"_=170000000" not in head):
                yield f"--privacy {level}: a cache-buster cannot be read: {url} {head[:60] if head else ''}"


SECRETS = "SELECT etag, if_none_match, target, user_agent, client, server, forwarded_for, content_location FROM exchanges"


def secrets_of(database):
    """What of a transcript's own values is private at `strict`, by where it stands."""
    words = {}
    for row in rows(database, SECRETS):
        etag, offered, target, agent, client, server, named, location = (
            value.decode("latin-1") if isinstance(value, bytes) else value or "" for value in row)
        for value in (etag, offered):
            for tag in re.findall(r'"([^"]*)"', value) or [value.strip()]:
                words[f"tag {tag}"] = re.sub(r"(-+gzip|;gzip|:gzip|-+br|-zstd|-df)$", "", tag)
        for url in (target, location):
            for parameter in re.findall(r"[?&][^&=]*=([^&#]*)", url):
                words[f"query {parameter}"] = parameter
        for address in (client, server):
            words[f"address {address}"] = address
        words[f"client {named}"] = named
        words[f"agent {agent}"] = agent
    tells = re.compile(r"[A-Za-z].*\d|\d.*[A-Za-z]|\d+\.\d+\.\d+\.\d+|:.*:")  # a plain word may stand anywhere
    return {what: word for what, word in words.items() if len(word) >= 6 and tells.search(word)}


RULES = {rule["rule"] for rule in json.loads(subprocess.run([BINARY, "rules", "--format", "json"], capture_output=True).stdout)["rules"]}
def test_evidence_of_heads_has_no_bodies(folder):
    planted(f"{folder}/in.pcap")
    run("analyze", "-q", "-o", f"{folder}/full.db", f"{folder}/in.pcap")
    for (number,) in rows(f"{folder}/full.db", "SELECT min(id) FROM findings GROUP BY rule"):
        for options in (["--heads-only"], ["--heads-only", "--with-credentials"]):
            run("evidence", "-q", *options, "-o", f"{folder}/proof.pcapng", f"{folder}/full.db", str(number))
            octets = octets_of(f"{folder}/proof.pcapng")
            if any(letter * 24 in octets for letter in (b"x", b"y", b"z")):
                yield f"finding {number}: {options}: there are bodies in it"
            if b"HTTP/1.1 200 OK" not in octets:
                yield f"finding {number}: {options}: there are no heads in it"
            if options == ["--heads-only"]:
                yield from (f"finding {number}: {what}" for what in found_in(octets, NEVER))


def test_redacted_evidence_tells_nothing(folder):
    """No word, no address in octets, no content, no link layer; and it still shows what it is about."""
    planted(f"{folder}/in.pcap")
    run("analyze", "-q", "--heads", "all", "-o", f"{folder}/full.db", f"{folder}/in.pcap")
    findings = rows(f"{folder}/full.db", "SELECT min(id), rule FROM findings GROUP BY rule, variant, url")
    for number, rule in findings:
        run("evidence", "-q", "--redact", "-o", f"{folder}/proof.pcapng", f"{folder}/full.db", str(number))
        octets = octets_of(f"{folder}/proof.pcapng")
        for what in found_in(octets, WORDS):
            yield f"finding {number} ({rule}): {what}"
        for address in (CLIENT, OTHER_CLIENT, SERVER):
            if v4(address) in octets:
                yield f"finding {number} ({rule}): {address}, in octets"
        for what in (b"\x02\0\0\0\0\x01", b"x" * 24, b"y" * 24, b"z" * 24, folder.encode()):
            if what in octets:
                yield f"finding {number} ({rule}): {what[:8]!r}"
        if b"HTTP/1.1 " not in octets or rule.encode() not in octets:
            yield f"finding {number} ({rule}): there is nothing in it"
    if len(findings) < 10:
        yield f"only {len(findings)} findings: not much is shown"


def test_who_is_forgotten_is_gone(folder):
    """And nobody else: the octets of the file, the laws, the other's rows."""
    planted(f"{folder}/in.pcap")
    path, other = f"{folder}/full.db", "SELECT * FROM exchanges WHERE client = '%s' ORDER BY id" % OTHER_CLIENT
    mine = {what: word for what, word in WORDS.items() if what not in ("other client", "server", "query", "signature", "echoed tag")}
    for heads in ("all", "findings"):
        run("analyze", "--force", "-q", "--heads", heads, "-o", path, f"{folder}/in.pcap")
        before = rows(path, other)
        n = rows(path, f"SELECT count(*) FROM exchanges WHERE client = '{CLIENT}'")[0][0]
        said = run("forget", "--client", CLIENT, path).decode()
        if f"forgot {n} exchanges" not in said or n == 0:
            yield f"{n} exchanges, and it said: {said}"
        for what in found_in(octets_of(path), mine):
            yield f"--heads {heads}: {what} is still in the file"
        if rows(path, other) != before:
            yield "somebody else's exchanges have changed"
        if rows(path, "SELECT forgotten_exchanges FROM run") != [(n,)]:
            yield "the run does not tell"
        yield from laws.complaints(path)
        for form in FORMATS:
            run("report", "--format", form, path)


def test_forgetting_keeps_the_laws_behind_proxies(folder):
    """Every client of every transcript about proxies: what was sent because of it goes too."""
    for name in sorted(os.listdir(EXCHANGES)):
        if not name.startswith("proxy-") or not name.endswith("-clean.http"):
            continue
        subprocess.run([FORGE, f"{EXCHANGES}/{name}", f"{folder}/in.pcap"], check=True)
        path = f"{folder}/{name}.db"
        run("analyze", "--force", "-q", "-o", path, f"{folder}/in.pcap")
        client = rows(path, "SELECT coalesce(forwarded_for, client) FROM exchanges WHERE client NOT NULL ORDER BY id LIMIT 1")
        if not client:
            continue
        run("forget", "--client", client[0][0], path)
        yield from (f"{name}: {complaint}" for complaint in laws.complaints(path))
        if rows(path, "SELECT 1 FROM exchanges WHERE outer_exchange_id NOT IN (SELECT id FROM exchanges)"):
            yield f"{name}: an exchange has an outer one that is gone"


def test_nothing_is_forgotten_behind_anybodys_back(folder):
    planted(f"{folder}/in.pcap")
    path = f"{folder}/full.db"
    run("analyze", "-q", "-o", path, f"{folder}/in.pcap")
    before = octets_of(path)
    run("forget", "--client", "192.0.2.99", path, codes=(2,))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM exchanges").fetchone()
        if b"in use" not in run("forget", "--client", CLIENT, path, codes=(4,)):
            yield "a database that is in use is not refused as such"
    if octets_of(path) != before:
        yield "it was changed all the same"


BUSTERS = "SELECT 1 FROM findings WHERE rule = 'cache-buster-identical'"


def look_at(transcript):
    name = os.path.basename(transcript)
    with tempfile.TemporaryDirectory() as folder:
        capture = f"{folder}/in.pcap"
        if subprocess.run([FORGE, transcript, capture], capture_output=True).returncode:
            return [f"{name}: forge failed"]
        complaints, told = [], {}
        for level, path, said in audits(folder, capture, "--heads", "all"):
            told[level] = rows(path, VERDICTS), rows(path, NUMBERS)
        secrets = {} if rows(f"{folder}/full.db", BUSTERS) else secrets_of(f"{folder}/full.db")
        for where, octets in (("the database", octets_of(f"{folder}/strict.db")),
                              ("the redacted report", run("report", "--redact", "--format", "json", f"{folder}/full.db"))):
            complaints += [f"{name}: {what} is in {where}" for what in found_in(octets, secrets)]
        for level in LEVELS[1:]:
            if told[level] != told["full"]:
                complaints.append(f"{name}: --privacy {level} changes a verdict")
        return complaints


def test_every_rule(folder):
    """The first transcript of each; with WIRE304_ALL_TRANSCRIPTS set, all."""
    names = sorted(name for name in os.listdir(EXCHANGES) if name.endswith(".http"))
    if "WIRE304_ALL_TRANSCRIPTS" not in os.environ:
        names = [name for name in names if name[:-5] in RULES]
    transcripts = [f"{EXCHANGES}/{name}" for name in names]
    with concurrent.futures.ThreadPoolExecutor(2) as workers:
        for complaints in workers.map(look_at, transcripts):
            yield from complaints


def main():
    wanted = sys.argv[4:]
    bad = 0
    for name, test in sorted(globals().items()):
        if not name.startswith("test_") or (wanted and name not in wanted):
            continue
        with tempfile.TemporaryDirectory() as folder:
            for complaint in test(folder):
                print(f"{name}: {complaint}")
                bad += 1
    if not bad:
        print("nothing was found that should not be")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
