# SPDX-License-Identifier: MIT
"""The HTML report, read by a strict parser and held against the database it was made from.

usage: html_report.py BINARY SOURCE [TEST...]     runs every function whose name begins with test_

Each test yields what is not true. Prints a line per complaint; exits 1 if any.
"""
import base64
import glob
import hashlib
import os
import re
import sqlite3
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

SIZE_BOUND = 5 << 20
ELEMENTS = set("""html head meta link title style script body svg defs pattern rect line a header nav main section
    h1 h2 h3 p small b i em code dl dt dd div table caption thead tbody tfoot tr th td ol ul li span details summary
    blockquote footer abbr wbr""".split())
HOSTILE = ["<script>window.hacked=1</script>", "\"><img src=x onerror='window.hacked=1'>", "'><svg/onload=window.hacked=1>",
           "</title></style></script><script>window.hacked=1</script>", "javascript:window.hacked=1", "]]><!--", "&lt;b&gt;&#60;",
           "\u202egpj.exe", "\ufffe\uffff\ufeff"]


# ---------------------------------------------------------------- captures and databases

def checksum(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


class Capture:
    """A pcap of HTTP conversations, each over a connection of its own; a second between messages."""

    def __init__(self, path):
        self.file, self.time, self.port = open(path, "wb"), 1_700_000_000, 40000
        self.file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))

    def packet(self, source, target, flags, number, acknowledged, payload=b""):
        (source_ip, source_port), (target_ip, target_port) = source, target
        tcp = struct.pack("!HHIIBBHHH", source_port, target_port, number & 0xffffffff, acknowledged & 0xffffffff, 0x50, flags, 65535, 0, 0)
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), 1, 0x4000, 64, 6, 0, source_ip, target_ip)
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        frame = bytes(12) + b"\x08\x00" + ip + tcp + payload
        self.time += 0.01
        self.file.write(struct.pack("<IIII", int(self.time), int(self.time % 1 * 1e6), len(frame), len(frame)) + frame)

    def talk(self, *messages):
        """Requests and responses in turn."""
        self.port += 1
        ends = [(bytes([192, 0, 2, 9]), self.port), (bytes([192, 0, 2, 80]), 80)]
        at = [1000, 5000]
        self.packet(ends[0], ends[1], 2, at[0] - 1, 0)
        self.packet(ends[1], ends[0], 18, at[1] - 1, at[0])
        for i, message in enumerate(messages):
            self.time += 1
            who = i % 2
            for begin in range(0, len(message), 1400):
                piece = message[begin:begin + 1400]
                self.packet(ends[who], ends[1 - who], 24, at[who], at[1 - who], piece)
                at[who] += len(piece)
        self.packet(ends[0], ends[1], 17, at[0], at[1])
        self.packet(ends[1], ends[0], 17, at[1], at[0] + 1)

    def close(self):
        self.file.close()


def octets(text):
    return text.encode("utf-8", "surrogatepass")


def hostile_capture(path):
    """Whatever can be written by others is written by an attacker: target, Host, every field, the client's name."""
    capture = Capture(path)
    for i, evil in enumerate(HOSTILE):
        word = octets(evil)
        target = b"/" + octets(evil.replace(" ", "+"))
        tag = b'"' + word.replace(b'"', b"`") + b'"'
        request = (b"GET " + target + b" HTTP/1.1\r\nHost: " + word.replace(b" ", b"") + b"\r\nUser-Agent: " + word + b"\r\nX-Forwarded-For: "
                   + word + b"\r\nCookie: secret=" + word + b"\r\n")
        fields = (b"Server: " + word + b"\r\nVary: Accept-Encoding\r\nCache-Control: max-age=60, x=\"" + word + b"\"\r\nETag: " + tag
                  + b"\r\nX-Odd: \xff\x01" + word + b"\r\n" + word + b": name\r\n")
        body = b"<script>window.hacked=1</script>" * 20
        full = b"HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n" + fields + b"Content-Length: %d\r\n\r\n" % len(body) + body
        bare = b"HTTP/1.1 304 Not Modified\r\nContent-Type: " + word + b"\r\nServer: " + word + b"\r\n\r\n"
        capture.talk(request + b"\r\n", full, request + b"If-None-Match: " + tag + b"\r\n\r\n", bare,
                     request + b"If-None-Match: " + tag + b"\r\n\r\n", full, request + b"\r\n", full)
    capture.close()


def analyze(binary, database, *captures):
    subprocess.run([binary, "analyze", "-q", "-o", database, *captures], check=True, timeout=600)


def report(binary, database, *options):
    run = subprocess.run([binary, "report", "--format", "html", *options, database], capture_output=True, timeout=600)
    if run.returncode:
        sys.exit(f"report of {database}: exit {run.returncode}: {run.stderr.decode()}")
    return run.stdout


def enlarge(database, copies=8000):
    """Every table grows: URLs, hosts, clients and issues with long names in `copies` variants, exchanges four times as many."""
    db = sqlite3.connect(database)
    db.executescript(f"""
        CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {copies}) SELECT i FROM n;
        INSERT INTO url SELECT 1000000 + i, 'http', 'host<' || i || '>' || hex(zeroblob(60)), '/', 'http://host<' || i || '>/<&"' || hex(zeroblob(300)),
            '/<*>/' || i || hex(zeroblob(300)) FROM n;
        INSERT INTO requester SELECT 1000000 + i, 'c' || i, 'client<' || i || '>' || hex(zeroblob(100)), 'GET', 'agent', NULL FROM n;
        INSERT INTO response SELECT 1000000 + i, '"tag' || i || hex(zeroblob(100)) || '"', NULL, 'max-age=60', NULL, 'text/html', NULL, '1000', NULL,
            NULL, NULL, 'server<' || i || '>' || hex(zeroblob(40)), 60 FROM n;
        CREATE TEMP TABLE of AS SELECT * FROM exchange WHERE id = (SELECT min(exchange) FROM finding);
        CREATE TEMP TABLE why AS SELECT * FROM finding WHERE id = (SELECT min(id) FROM finding);
        CREATE TEMP TABLE told AS SELECT * FROM head WHERE id = (SELECT id FROM of);""")
    columns = [row[1] for row in db.execute("PRAGMA table_info(exchange)")]
    for part in range(4):
        new = {"id": f"10000000 + {part} * {copies} + i", "url": "1000000 + i", "requester": "1000000 + i", "response": "1000000 + i",
               "start_us": f"start_us + {part} * 1000000 + i", "bits": f"bits & ~(1023 << 12) | {200 if part == 0 else 304} << 12"}
        db.execute(f"INSERT INTO exchange SELECT {', '.join(new.get(c, c) for c in columns)} FROM of, n")
    rules = [row[0] for row in db.execute("SELECT DISTINCT rule FROM looked_at")]
    verdict = db.execute("SELECT max(id) FROM verdict").fetchone()[0]
    for i, rule in enumerate(rules):
        db.execute("INSERT INTO verdict VALUES (?, ?, NULL, 3, 2, 'responder', 2, 'RFC 9110', NULL)", (verdict + 1 + i, rule))
    new = {"id": "20000000 + i", "issue": "3000000 + i", "verdict": f"{verdict} + 1 + i % {len(rules)}", "exchange": "10000000 + i",
           "message": "'<message>' || hex(zeroblob(900))", "avoidable": "1", "opportunity": "0"}
    columns = [row[1] for row in db.execute("PRAGMA table_info(finding)")]
    db.execute(f"INSERT INTO finding SELECT {', '.join(new.get(c, c) for c in columns)} FROM why, n")
    columns = [row[1] for row in db.execute("PRAGMA table_info(issue)")]
    new = {"id": "3000000 + i", "key": "'key' || i", "first_finding": "20000000 + i", "heads": "1"}
    db.execute(f"INSERT INTO issue ({', '.join(columns)}) SELECT {', '.join(new.get(c, 'NULL') for c in columns)} FROM n")
    db.execute("INSERT INTO issue_sum SELECT 3000000 + i, 3, 1, 1, 0, 1700000000000000, 1700000000000000 FROM n")
    long_head = b"HTTP/1.1 304 Not Modified\r\n" + b"".join(b"X-Long-%d: %s\r\n" % (i, b"<" * 2000) for i in range(100)) + b"\r\n"
    db.execute("INSERT INTO head SELECT 10000000 + i, ?, ? FROM n WHERE i < 2000", (long_head, long_head))
    db.commit()
    db.close()


class Folder:
    """Databases that the tests share, made once."""

    def __init__(self, binary, source, path):
        self.binary, self.source, self.path, self.made = binary, source, path, {}

    def database(self, name):
        if name in self.made:
            return self.made[name]
        path = self.made[name] = f"{self.path}/{name}.db"
        if name == "hostile":
            hostile_capture(f"{self.path}/hostile.pcap")
            analyze(self.binary, path, f"{self.path}/hostile.pcap")
        elif name == "large":
            analyze(self.binary, path, f"{self.source}/examples/shop.pcap")
            enlarge(path)
        elif name == "empty":
            with open(f"{self.path}/empty.pcap", "wb") as file:
                file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            subprocess.run([self.binary, "analyze", "-q", "-o", path, f"{self.path}/empty.pcap"], capture_output=True, timeout=600)
        else:
            analyze(self.binary, path, self.captures()[name])
        return path

    def captures(self):
        files = sorted(glob.glob(f"{self.source}/examples/*.pcap") + glob.glob(f"{self.source}/tests/captures/*.pcap"))
        return {os.path.basename(file)[:-5]: file for file in files}

    def names(self):
        return [*self.captures(), "hostile", "empty"]

    def page(self, name, *options):
        return report(self.binary, self.database(name), *options)


def tree(page):
    """Raises where the page is not well-formed XML."""
    return xml.etree.ElementTree.fromstring(page)


# ---------------------------------------------------------------- the page as such

def test_pages_are_well_formed(folder):
    for name in folder.names():
        try:
            root = tree(folder.page(name))
        except xml.etree.ElementTree.ParseError as error:
            yield f"{name}: {error}"
            continue
        for element in root.iter():
            if element.tag not in ELEMENTS:
                yield f"{name}: an element <{element.tag}>"
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        for twice in {word for word in ids if ids.count(word) > 1}:
            yield f"{name}: id {twice} twice"
        for element in root.iter("a"):
            href = element.get("href")
            if href[0] == "#" and href[1:] not in ids:
                yield f"{name}: a link leads nowhere: {href}"
            elif href[0] != "#" and not href.startswith("https://www.rfc-editor.org/rfc/rfc"):
                yield f"{name}: a link to {href}"
        for element in root.iter():
            used = [element.get(a) for a in ("aria-labelledby", "aria-controls") if element.get(a)]
            for word in used:
                if word not in ids:
                    yield f"{name}: {word} labels nothing"


def test_nothing_is_asked_for(folder):
    for name in folder.names():
        page = folder.page(name)
        root = tree(page)
        policy = [e.get("content") for e in root.iter("meta") if e.get("http-equiv") == "Content-Security-Policy"]
        if len(policy) != 1 or "default-src 'none'" not in policy[0]:
            yield f"{name}: no policy"
        for tag in ("style", "script"):
            elements = list(root.iter(tag))
            text = re.search(f"<{tag}>(.*)</{tag}>".encode(), page, re.S)[1]
            hashed = base64.b64encode(hashlib.sha256(text).digest()).decode()
            if len(elements) != 1 or elements[0].attrib or f"{tag}-src 'sha256-{hashed}'" not in policy[0]:
                yield f"{name}: <{tag}> is not the one that the policy allows"
        for element in root.iter():
            for attribute, value in element.attrib.items():
                if attribute in ("src", "style", "srcset", "action") or attribute.startswith("on"):
                    yield f"{name}: <{element.tag} {attribute}>"
                if attribute == "href" and element.tag == "link" and value != "data:,":
                    yield f"{name}: <link href={value}>"
        if re.search(rb"url\((?!#)|@import", page.split(b"</style>")[0]):
            yield f"{name}: the style loads something"


def test_hostile_texts_are_texts(folder):
    root = tree(folder.page("hostile"))
    text = "".join(root.itertext())
    for evil in HOSTILE[:7]:
        if evil not in text.replace("\u200b", ""):
            yield f"{evil} is not shown"
    for evil in ("\u202e", "\ufeff", "\x01"):
        if evil in text:
            yield f"{evil!r} is shown as it is"
    if "secret=<" in text or "secret=java" in text:
        yield "a cookie is shown"


def test_the_page_is_bounded(folder):
    page = folder.page("large")
    if len(page) > SIZE_BOUND:
        yield f"{len(page)} octets"
    tree(page)
    if page.count(b"Shown are") < 5:
        yield "nobody says what was left out"
    more = folder.page("large", "--top", "1000000")
    if len(more) > SIZE_BOUND:
        yield f"--top: {len(more)} octets"
    tree(more)


def test_a_part_says_that_it_is_one(folder):
    whole, part = folder.page("shop"), folder.page("shop", "--host", "static.example", "--severity", "waste")
    tree(part)
    if b"A part of the audit only" in whole or b"A part of the audit only" not in part:
        yield "the part does not say so"
    if b"304-missing-vary" in part.split(b'id="issues"')[1].split(b'id="doubts"')[0]:
        yield "the part tells of another host"


# ---------------------------------------------------------------- what it says

def cells(root, section):
    for part in root.iter("section"):
        if part.get("id") == section:
            for row in part.iter("tr"):
                yield row


def card_of(root):
    """{software: [(passed, checked)]} of the report card."""
    card = {}
    for row in cells(root, "card"):
        grades = [cell for cell in row if cell.get("class", "").startswith("grade")]
        if grades:
            numbers = [[int(n.replace(",", "")) for n in re.findall(r"[\d,]*\d", "".join(cell.itertext()))] for cell in grades]
            card["".join(row[0].itertext())] = [tuple(n) if n else (0, 0) for n in numbers]
    return card


DUTIES = ("304-missing-cache-control", "304-missing-content-location", "304-missing-date", "304-missing-etag", "304-missing-expires",
          "304-missing-vary", "304-has-body", "304-content-length-mismatch")


def test_the_bar_adds_up(folder):
    for name in folder.names():
        root = tree(folder.page(name))
        rows = list(cells(root, "bytes"))
        parts = sum(int(row[1].get("data-v")) for row in rows if len(row) == 5 and row[1].get("data-v") and row[0].find("svg") is not None)
        whole = sqlite3.connect(folder.database(name)).execute("SELECT coalesce(sum(bytes), 0) FROM coverage").fetchone()[0]
        if parts != whole:
            yield f"{name}: parts of {parts} octets, captured {whole}"


def test_the_card_says_what_the_findings_say(folder):
    for name in folder.names():
        db = sqlite3.connect(folder.database(name))
        card = card_of(tree(folder.page(name)))
        for place, rule in enumerate(DUTIES):
            failed = db.execute("SELECT count(DISTINCT exchange_id) FROM findings WHERE rule = ? AND severity IN ('error', 'warning') "
                                "AND confidence <> 'possible'", (rule,)).fetchone()[0]
            passed, checked = (sum(cells[place][i] for cells in card.values()) for i in (0, 1))
            if checked - passed != failed:
                yield f"{name}: {rule}: {checked - passed} failed, {failed} were found"
            known = db.execute("SELECT coalesce(sum(exchanges), 0) FROM checks WHERE rule = ?", (rule,)).fetchone()[0]
            if checked > known:
                yield f"{name}: {rule}: {checked} checked, the rule met {known}"
    card = card_of(tree(folder.page("shop")))
    if card != {"nginx/1.22.1": [(13, 13), (13, 13), (13, 13), (13, 13), (13, 13), (2, 13), (13, 13), (0, 0)]}:
        yield f"shop: {card}"


def test_every_rule_that_fired_is_there(folder):
    for name in folder.names():
        page = folder.page(name)
        for rule, in sqlite3.connect(folder.database(name)).execute("SELECT DISTINCT rule FROM issues"):
            if f'id="rule-{rule}"'.encode() not in page:
                yield f"{name}: {rule} is missing"


def test_money_is_of_bytes(folder):
    page = folder.page("shop", "--price", "1000000 EUR").decode()
    if "25.99 EUR" not in page:  # 25,988 octets at 1,000,000 for 10^9
        yield "what is avoidable has no price"


# ---------------------------------------------------------------- main

def main():
    binary, source = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    names = sys.argv[3:] or [name for name in globals() if name.startswith("test_")]
    with tempfile.TemporaryDirectory() as path:
        folder = Folder(binary, source, path)
        complaints = [f"{name}: {complaint}" for name in names for complaint in globals()[name](folder)]
    print("\n".join(complaints) or f"{len(names)} passed")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
