#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The HTML report in a real browser: Chromium without a screen, driven through Debian's chromedriver.

usage: browser.py BINARY SOURCE [--pictures FOLDER] [page ...]

Opens the report of the example, of a hostile capture and of a large database, in light and dark and as
wide as a desk and as narrow as a phone. Each table is sorted by each column and filtered, everything
is unfolded, the keyboard alone does the same; nothing is written to the console, no request leaves
the file, and nothing that came from the wire runs. --pictures keeps what it looked like. Exits 77
(skipped) where Chromium, its driver or Selenium are not installed.
"""
import argparse
import base64
import json
import os
import pathlib
import shutil
import sys
import tempfile

SKIP = 77
PATIENCE = 900  # seconds: costs nothing where all is well, however busy the machine is
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
import html_report  # noqa: E402

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.remote.remote_connection import RemoteConnection
except ImportError:
    if os.path.exists("/usr/bin/python3") and os.path.realpath(sys.executable) != os.path.realpath("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])  # Debian's package is of Debian's Python
    print("browser: skipped: Debian's python3-selenium is not installed")
    sys.exit(SKIP)

DESK, PHONE = (1280, 900), (390, 844)

# Sorts by each column both ways and says where the order is not that of the keys.
SORT = """
const wrong = [];
for (const table of document.querySelectorAll("table.sorts")) {
  const heads = Array.from(table.tHead.rows[0].cells);
  if (table.tBodies[0].rows.length < 2) continue;
  heads.forEach((head, column) => {
    const seen = new Set();
    for (let turn = 0; turn < 2; turn++) {
      head.querySelector("button").click();
      const way = head.getAttribute("aria-sort");
      seen.add(way);
      const keys = Array.from(table.tBodies[0].rows).map((row) => keyOf(row, column));
      for (let i = 1; i < keys.length; i++)
        if (way === "ascending" ? compare(keys[i - 1], keys[i]) > 0 : compare(keys[i - 1], keys[i]) < 0) {
          wrong.push(table.id + " by " + head.textContent + " " + way);
          break;
        }
      if (heads.filter((other) => other.hasAttribute("aria-sort")).length !== 1) wrong.push(table.id + ": aria-sort");
    }
    if (seen.size !== 2) wrong.push(table.id + " sorts one way by " + head.textContent);
  });
}
return wrong;
"""

# Filters each table by the text of its last row's first cell, and by nothing.
FILTER = """
const wrong = [];
for (const input of document.querySelectorAll(".tools input")) {
  const table = document.getElementById(input.getAttribute("aria-controls"));
  const rows = Array.from(table.tBodies[0].rows), last = rows[rows.length - 1];
  const type = (text) => { input.value = text; input.dispatchEvent(new Event("input")); };
  type(last.textContent);
  if (last.hidden) wrong.push(table.id + ": the row itself is gone");
  type("no row has this 4711");
  if (rows.some((row) => !row.hidden)) wrong.push(table.id + ": rows stay");
  if (!input.closest(".tools").textContent.includes("0 of " + rows.length)) wrong.push(table.id + ": miscounted");
  type("");
  if (rows.some((row) => row.hidden)) wrong.push(table.id + ": rows are lost");
}
return wrong;
"""

# What a person would notice: text on its own colour, things that stick out, controls without a name.
LOOK = """
const wrong = [];
if (document.documentElement.scrollWidth > window.innerWidth) wrong.push("the page scrolls sideways: " + document.documentElement.scrollWidth);
for (const control of document.querySelectorAll("button, input, summary, a"))
  if (!(control.textContent.trim() || (control.labels && control.labels[0] && control.labels[0].textContent.trim()))) wrong.push("a control without a name: " + control.outerHTML.slice(0, 80));
for (const picture of document.querySelectorAll("svg:not([aria-hidden])"))
  if (!picture.getAttribute("aria-label")) wrong.push("a picture without words");
const levels = Array.from(document.querySelectorAll("h1,h2,h3")).map((h) => Number(h.tagName[1]));
for (let i = 1; i < levels.length; i++) if (levels[i] > levels[i - 1] + 1) wrong.push("a heading is left out");
const luminance = (color) => {
  const part = color.match(/[\\d.]+/g).slice(0, 3).map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
  return .2126 * part[0] + .7152 * part[1] + .0722 * part[2];
};
const paper = (element) => {
  for (; element; element = element.parentElement) {
    const color = getComputedStyle(element).backgroundColor;
    if (color !== "rgba(0, 0, 0, 0)") return color;
  }
  return "rgb(255, 255, 255)";
};
const told = new Set();
for (const element of document.querySelectorAll("p, td, th, dd, dt, a, code, small, b, summary, h1, h2, h3, span, button, caption, blockquote")) {
  if (!element.textContent.trim() || !element.getClientRects().length) continue;
  const ink = luminance(getComputedStyle(element).color), ground = luminance(paper(element));
  const contrast = (Math.max(ink, ground) + .05) / (Math.min(ink, ground) + .05);
  const what = element.tagName + "." + element.className;
  if (contrast < 4.5 && !told.has(what)) { told.add(what); wrong.push(what + " has a contrast of " + contrast.toFixed(1)); }
}
return wrong;
"""


class Browser:
    """One window; `page` is a file."""

    def __init__(self, page, size=DESK, dark=False, script=True):
        options = Options()
        options.binary_location = shutil.which("chromium")
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage",
                         "--disable-background-networking", f"--window-size={size[0]},{size[1]}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.size, self.url = size, pathlib.Path(page).as_uri()
        RemoteConnection.set_timeout(PATIENCE)
        self.driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
        self.driver.set_script_timeout(PATIENCE)
        self.driver.set_page_load_timeout(PATIENCE)
        self.tell("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=size == PHONE)
        self.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        if not script:
            self.tell("Emulation.setScriptExecutionDisabled", value=True)
        self.driver.get(self.url)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def tell(self, method, **parameters):
        return self.driver.execute_cdp_cmd(method, parameters)

    def run(self, script):
        return self.driver.execute_script(script)

    def picture(self, file, height=4000):
        """From the top, as much as there is up to `height`."""
        whole = self.tell("Page.getLayoutMetrics")["cssContentSize"]["height"]
        clip = {"x": 0, "y": 0, "width": self.size[0], "height": min(whole, height), "scale": 1}
        data = self.tell("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
        with open(file, "wb") as f:
            f.write(base64.b64decode(data))

    def troubles(self):
        """What stands on the console, and every request but that of the page."""
        for entry in self.driver.get_log("browser"):
            yield f"console: {entry['message']}"
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                if url.split("#")[0] != self.url and not url.startswith("data:"):
                    yield f"a request: {url}"


# ---------------------------------------------------------------- what is done with each page

def use(browser):
    """Sorts, filters and unfolds everything."""
    yield from browser.run(SORT)
    yield from browser.run(FILTER)
    yield from browser.run("for (const d of document.querySelectorAll('details')) d.open = true; return [];")
    yield from browser.run(LOOK)
    if browser.run("return window.hacked === undefined ? 0 : 1"):
        yield "what came from the wire was run"
    broken = browser.run("return Array.from(document.querySelectorAll('script')).length")
    if broken != 1:
        yield f"{broken} scripts"


def use_keyboard(browser):
    """Sorts the hosts with Tab and Enter alone, and opens a finding by its link."""
    order = "return Array.from(document.querySelectorAll('#t-hosts tbody tr')).map((r) => r.cells[0].textContent).join()"
    before = browser.run(order)
    element = browser.driver.switch_to.active_element
    for _ in range(400):
        element.send_keys(Keys.TAB)
        element = browser.driver.switch_to.active_element
        if browser.run("return document.activeElement.closest('#t-hosts') !== null"):
            break
    else:
        yield "Tab does not reach the table of hosts"
        return
    element.send_keys(Keys.ENTER)
    element.send_keys(Keys.ENTER)
    if browser.run(order) == before:
        yield "Enter does not sort"
    browser.run("for (const d of document.querySelectorAll('details')) d.open = false; document.querySelector('.fixes a').focus()")
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    if not browser.run("return document.getElementById(location.hash.slice(1)).open"):
        yield "a link to a finding does not unfold it"


def use_without_script(page, pictures):
    with Browser(page, script=False) as browser:
        if pictures:
            browser.picture(f"{pictures}/without-script.png")
        nodes = browser.tell("Accessibility.getFullAXTree")["nodes"]
        roles = [node.get("role", {}).get("value") for node in nodes]
        if roles.count("table") < 4 or roles.count("heading") < 9 or "navigation" not in roles or "main" not in roles:
            yield f"without script: roles {sorted(set(map(str, roles)))}"
        if "searchbox" in roles:
            yield "without script: a filter that does nothing"


def use_printed(browser, pictures):
    data = base64.b64decode(browser.tell("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"])
    if not data.startswith(b"%PDF") or len(data) < 20000:
        yield f"printed: {len(data)} octets"
    if pictures:
        with open(f"{pictures}/printed.pdf", "wb") as file:
            file.write(data)


def examine(name, page, pictures):
    for size, dark in ((DESK, False), (DESK, True), (PHONE, False), (PHONE, True)):
        look = f"{name}, {'phone' if size == PHONE else 'desk'}, {'dark' if dark else 'light'}"
        with Browser(page, size, dark) as browser:
            if pictures:
                browser.picture(f"{pictures}/{look.replace(', ', '-')}.png")
            complaints = list(use(browser))
            if name == "shop" and size == DESK and not dark:
                browser.driver.get(browser.url)
                complaints += use_keyboard(browser)
                complaints += use_printed(browser, pictures)
            if name == "large":
                took = browser.run("const t = performance.getEntriesByType('navigation')[0]; return t.loadEventEnd - t.startTime")
                print(f"{look}: loaded in {took:.0f} ms, {os.path.getsize(page):,} octets")
                if took > 120000:  # a machine that does other things, too
                    complaints.append(f"took {took} ms to load")
            complaints += browser.troubles()
            yield from (f"{look}: {complaint}" for complaint in complaints)
    if name == "shop":
        yield from use_without_script(page, pictures)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("source")
    parser.add_argument("pages", nargs="*")
    parser.add_argument("--pictures")
    options = parser.parse_args()
    for program in ("chromium", "chromedriver"):
        if not shutil.which(program):
            print(f"browser: skipped: {program} is not installed")
            return SKIP
    complaints = []
    with tempfile.TemporaryDirectory() as path:
        folder = html_report.Folder(os.path.abspath(options.binary), os.path.abspath(options.source), path)
        for name in options.pages or ("shop", "hostile", "large"):
            page = f"{path}/{name}.html"
            with open(page, "wb") as file:
                file.write(folder.page(name, "--price", "0.09 EUR"))
            complaints += examine(name, page, options.pictures)
    print("\n".join(complaints) or "browser: passed")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
