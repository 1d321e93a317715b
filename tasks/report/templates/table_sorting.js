"use strict";

{
  // Tables with the class `sortable`: a button in each heading sorts the first body of the table.
  const STATES = ["none", "descending", "ascending"];

  const keyOf = (row, column) => row.cells[column].dataset.value ?? "";

  /** Undefined numbers stand last in both directions. */
  const compare = (one, other, column, direction) => {
    const [a, b] = [keyOf(one, column), keyOf(other, column)];
    if (a === "" || b === "") return (a === "") - (b === "");
    const [x, y] = [Number(a), Number(b)];
    const order = Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, "en-GB") : x - y;
    return direction === "ascending" ? order : -order;
  };

  const sort = (table, original, heading) => {
    const column = heading.cellIndex;
    const body = table.tBodies[0];
    const next = STATES[(STATES.indexOf(heading.ariaSort ?? "none") + 1) % STATES.length];
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    if (next !== "none") heading.setAttribute("aria-sort", next);
    const rows = [...original];
    if (next !== "none") rows.sort((one, other) => compare(one, other, column, next));
    body.append(...rows);
  };

  const addButton = (table, original, heading) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(table, original, heading));
    heading.append(button);
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    const original = [...table.tBodies[0].rows];
    for (const heading of table.querySelectorAll("thead th[data-sort]")) {
      addButton(table, original, heading);
    }
  }
}
