"use strict";
// a table whose rows can be sorted: each of its column heads becomes a button
const factors = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, "%": 1 };
const number = (text) => {
  const found = /^[-+]?[\d,]*\.?\d+(?:e[-+]?\d+)?/i.exec(text);
  return found ? Number(found[0].replaceAll(",", "")) * (factors[text.charAt(found[0].length)] ?? 1) : NaN;
};
const cell = (row, place) => (row.cells[place]?.dataset.value ?? row.cells[place]?.textContent ?? "").trim();
const compare = (one, other) => {
  const [a, b] = [number(one), number(other)];
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b) || one.localeCompare(other);
  return a - b;
};
for (const table of document.querySelectorAll("table.sort")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, place) => {
    if (!head.textContent) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows].sort((x, y) => compare(cell(x, place), cell(y, place)));
      table.tBodies[0].append(...(down ? rows.reverse() : rows));
    });
  });
}
