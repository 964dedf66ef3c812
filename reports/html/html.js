// <![CDATA[
// SPDX-License-Identifier: MIT
// Sorting, filtering, and folding. The page says all that it says without this script, too.
"use strict";

// What a row is sorted by in a column: the number beside the text, or the text.
function keyOf(row, column) {
  const cell = row.cells[column];
  if (!cell) return "";
  return cell.dataset.v === undefined ? cell.textContent.trim().toLowerCase() : Number(cell.dataset.v);
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

// Numbers begin with the largest, text with A.
function sortBy(table, head, column) {
  const numeric = head.classList.contains("n") || head.dataset.numeric === "1";
  const before = head.getAttribute("aria-sort");
  const ascending = before ? before === "descending" : !numeric;
  const body = table.tBodies[0];
  const rows = Array.from(body.rows).map((row, i) => ({ row, i, key: keyOf(row, column) }));
  rows.sort((a, b) => (ascending ? compare(a.key, b.key) : compare(b.key, a.key)) || a.i - b.i);
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  body.append(...rows.map((entry) => entry.row));
}

function makeSortable(table) {
  Array.from(table.tHead.rows[0].cells).forEach((head, column) => {
    const first = table.tBodies[0].rows[0];
    if (first && first.cells[column] && first.cells[column].dataset.v !== undefined) head.dataset.numeric = "1";
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sortBy(table, head, column));
  });
}

// A row is shown if it has every word.
function filterRows(table, text, count) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = Array.from(table.tBodies[0].rows);
  let shown = 0;
  for (const row of rows) {
    const has = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => has.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  count.textContent = words.length ? `${shown} of ${rows.length} rows` : `${rows.length} rows`;
}

function makeFilter(table) {
  const tools = document.createElement("div"), label = document.createElement("label");
  const input = document.createElement("input"), count = document.createElement("span");
  tools.className = "tools";
  input.type = "search";
  input.setAttribute("aria-controls", table.id);
  count.setAttribute("role", "status");
  label.append("Filter ", input);
  tools.append(label, count);
  table.parentNode.before(tools);
  input.addEventListener("input", () => filterRows(table, input.value, count));
  filterRows(table, "", count);
}

// Where a link leads, everything around it is unfolded.
function unfold() {
  let element = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  const target = element;
  for (; element; element = element.parentElement)
    if (element.tagName === "DETAILS") element.open = true;
  if (target) target.scrollIntoView();
}

// Printed is what is not folded away on purpose.
const opened = [];
function beforePrint() {
  for (const details of document.querySelectorAll("details:not([open])"))
    if (!details.closest(".folded")) {
      details.open = true;
      opened.push(details);
    }
}

function afterPrint() {
  for (const details of opened.splice(0)) details.open = false;
}

function makeFolding(section) {
  const all = Array.from(section.querySelectorAll("details"));
  if (all.length < 3) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "all";
  button.textContent = "Unfold all";
  button.addEventListener("click", () => {
    const open = button.textContent === "Unfold all";
    for (const details of all) details.open = open;
    button.textContent = open ? "Fold all" : "Unfold all";
  });
  section.querySelector("h2").after(button);
}

for (const table of document.querySelectorAll("table.sorts")) {
  if (table.tBodies[0].rows.length > 1) makeSortable(table);
  if (table.tBodies[0].rows.length > 7) makeFilter(table);
}
for (const id of ["urls", "issues"]) {
  const section = document.getElementById(id);
  if (section) makeFolding(section);
}
// What scrolls sideways can be reached by the keyboard.
for (const box of document.querySelectorAll(".scroll"))
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
window.addEventListener("hashchange", unfold);
window.addEventListener("beforeprint", beforePrint);
window.addEventListener("afterprint", afterPrint);
unfold();
// ]]>
