// The list of films: order, filters and keys. An opened film is told to the other scripts by the
// event `film-open` of the document; a change of what is shown by `list-changed`.
const worklist = {
  films: new Map(), // by key: the row and what the filters look at
  shown: [],
  MOST_MOVES: 100, // of single rows; more are put in at once
  groups: document.getElementById("groups"),
  sorted: document.getElementById("sorted"),

  field(name) {
    return document.getElementById(`list-${name}`);
  },

  filters() {
    return [...document.querySelectorAll("[data-filter]")];
  },

  numberOf(text) {
    return text === "" ? null : Number(text);
  },

  /** Take a row in, new or changed. */
  put(row) {
    const { key, hash, group, call, finding, novelty, flags, signed } = row.dataset;
    const path = row.querySelector("[data-part='path']").textContent;
    worklist.films.set(key, {
      key,
      row,
      details: row.querySelector("details"),
      group,
      call,
      finding: worklist.numberOf(finding),
      novelty: worklist.numberOf(novelty),
      flags: flags.split(" "),
      signed: signed ?? "no",
      path,
      words: `${path} ${hash}`.toLowerCase(),
    });
  },

  byPath(one, other) {
    return one.path < other.path ? -1 : Number(one.path > other.path);
  },

  byJunk(one, other) {
    return Number(one.flags.includes("junk")) - Number(other.flags.includes("junk"));
  },

  /** Highest first; a film without the number comes last. */
  highest(name) {
    return (one, other) => (other[name] ?? -Infinity) - (one[name] ?? -Infinity) || 0;
  },

  compare() {
    const order = worklist.field("order").value;
    const byNumber = order === "path" ? () => 0 : worklist.highest(order === "urgency" ? "finding" : order);
    const byGroup = order === "urgency" ? (one, other) => one.group - other.group || worklist.byJunk(one, other) : () => 0;
    return (one, other) => byGroup(one, other) || byNumber(one, other) || worklist.byPath(one, other);
  },

  passes(film, wanted, filters, keepsOpen) {
    if (!film.words.includes(wanted)) return false;
    return filters.every(([name, value]) => {
      if (name === "flags") return film.flags.includes(value);
      return film[name] === value || (keepsOpen && film.details.open);
    });
  },

  /** How many rows would be taken out, put in or moved, one by one. */
  nMoves(before, rows) {
    const wanted = new Set(rows);
    const kept = before.filter((row) => wanted.has(row));
    const moved = new Set();
    let place = 0;
    for (const row of rows) {
      while (moved.has(kept[place])) place += 1;
      if (row === kept[place]) place += 1;
      else moved.add(row);
    }
    return before.length - kept.length + moved.size;
  },

  /** Give a list these rows. A row that stays is not moved: it may hold the focus. */
  arrange(list, rows) {
    if (worklist.nMoves([...list.children], rows) > worklist.MOST_MOVES) {
      worklist.fill(list, rows);
      return;
    }
    const wanted = new Set(rows);
    for (const row of [...list.children]) if (!wanted.has(row)) row.remove();
    let place = list.firstElementChild;
    for (const row of rows) {
      if (row === place) place = place.nextElementSibling;
      else list.insertBefore(row, place);
    }
  },

  /** Put all rows in at once. Chromium counts the rows of a list again after each single move. */
  fill(list, rows) {
    const held = list.contains(document.activeElement) ? document.activeElement : null;
    list.replaceChildren(...rows);
    if (held?.isConnected) held.focus({ preventScroll: true });
  },

  /** Choose, order and show the films. An open film that changes by itself may have to stay. */
  refresh({ keepsOpen = false } = {}) {
    const wanted = worklist.field("search").value.trim().toLowerCase();
    const filters = worklist.filters().filter(({ value }) => value !== "").map((one) => [one.dataset.filter, one.value]);
    worklist.shown = [...worklist.films.values()].filter((film) => worklist.passes(film, wanted, filters, keepsOpen));
    worklist.shown.sort(worklist.compare());
    const shown = new Set(worklist.shown);
    for (const film of worklist.films.values()) if (!shown.has(film) && film.details.open) film.details.open = false;
    const order = worklist.field("order");
    const isUrgency = order.value === "urgency";
    worklist.groups.hidden = !isUrgency;
    worklist.sorted.hidden = isUrgency;
    const title = document.getElementById("title-sorted");
    title.textContent = `Films by ${order.selectedOptions[0].textContent.toLowerCase()}`;
    for (const list of worklist.groups.querySelectorAll("ol.films")) {
      const inside = isUrgency ? worklist.shown.filter((film) => film.group === list.dataset.group) : [];
      worklist.arrange(list, inside.map((film) => film.row));
      list.parentElement.hidden = inside.length === 0;
    }
    worklist.arrange(worklist.sorted.querySelector("ol"), isUrgency ? [] : worklist.shown.map((film) => film.row));
    worklist.tellCount();
  },

  /** A file that is no film, or may be none, is not counted as a film. */
  noun(films) {
    return films.some((film) => film.flags.includes("rejected")) ? "file" : "film";
  },

  tellCount() {
    const all = onPage.count(worklist.films.size, worklist.noun([...worklist.films.values()]));
    const shown = worklist.shown.length;
    const text = shown === worklist.films.size ? `${all} shown.` : `${shown} of ${all} shown.`;
    worklist.field("count").textContent = shown === 0 ? `${text} No row passes the filters.` : text;
  },

  isOpen: (film) => film.details.open,

  open() {
    return worklist.shown.find(worklist.isOpen) ?? null;
  },

  /** The film that is open, or that has the focus. */
  current() {
    return worklist.open() ?? worklist.shown.find((film) => film.row.contains(document.activeElement)) ?? null;
  },

  focus(film) {
    const summary = film.details.querySelector("summary");
    summary.focus({ preventScroll: true });
    film.row.scrollIntoView({ block: film.details.open ? "start" : "nearest", behavior: "instant" });
  },

  /** Go on by n films; if a film is open, the next one opens in its place. */
  step(n) {
    if (worklist.shown.length === 0) return;
    const current = worklist.current();
    const place = worklist.shown.indexOf(current);
    const next = worklist.shown[Math.max(0, Math.min(worklist.shown.length - 1, place < 0 ? 0 : place + n))];
    const wasOpen = current?.details.open ?? false;
    if (wasOpen && next !== current) current.details.open = false;
    if (wasOpen) next.details.open = true;
    worklist.focus(next);
  },

  close() {
    const film = worklist.open();
    if (!film) return;
    film.details.open = false;
    worklist.focus(film);
  },

  clear() {
    worklist.field("search").value = "";
    for (const filter of worklist.filters()) {
      filter.value = [...filter.options].find((option) => option.defaultSelected)?.value ?? "";
    }
    worklist.refresh();
  },

  toggleKeys() {
    const keys = worklist.field("keys");
    keys.hidden = !keys.hidden;
    worklist.field("help").setAttribute("aria-expanded", String(!keys.hidden));
  },
};

{
  const keys = {
    j: () => worklist.step(1),
    k: () => worklist.step(-1),
    "/": () => worklist.field("search").focus(),
    "?": worklist.toggleKeys,
  };

  const onEscape = (event) => {
    if (event.target === worklist.field("search")) worklist.field("search").blur();
    else worklist.close();
  };

  const onKey = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") onEscape(event);
    if (onPage.isTyping(event) || !worklist.field("keys-on").checked || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  };

  /** One film is open at a time; old browsers do not know the name of `details`. */
  const onToggle = ({ target }) => {
    if (!(target instanceof HTMLDetailsElement) || !target.open || target.name !== "film") return;
    for (const film of worklist.shown) {
      if (film.details === target) document.dispatchEvent(new CustomEvent("film-open", { detail: film }));
      else if (film.details.open) film.details.open = false;
    }
  };

  const listen = () => {
    for (const field of [...worklist.filters(), worklist.field("order")]) field.addEventListener("change", worklist.refresh);
    worklist.field("search").addEventListener("input", worklist.refresh);
    worklist.field("clear").addEventListener("click", worklist.clear);
    worklist.field("help").addEventListener("click", worklist.toggleKeys);
    worklist.field("tools").addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("keydown", onKey);
    document.addEventListener("toggle", onToggle, true);
  };

  worklist.field("tools").hidden = false;
  worklist.field("filters").open = matchMedia("(min-width: 641px)").matches; // a phone shows films first
  for (const row of document.querySelectorAll("li.film-row")) worklist.put(row);
  listen();
  worklist.refresh();
}
