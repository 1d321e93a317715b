{
  // The list of films: filters, order, keys and the address. It opens a film by the event
  // `film-open` of the document, on which the other scripts draw and say what they know of it.
  const data = onPage.data("cases-data");
  const list = document.getElementById("cases-list");
  const order = document.getElementById("cases-order");
  const search = document.getElementById("cases-search");
  const filters = [...document.querySelectorAll("[data-filter]")];
  const marked = new Set();
  const entries = new Map();
  let shown = [];
  let open = null;
  let addressTimer = 0;
  const ADDRESS_DELAY_MS = 300; // longer than the repeat of a held key

  const orders = {
    margin: (one, other) => one.margin - other.margin,
    high: (one, other) => other.probability - one.probability,
    low: (one, other) => one.probability - other.probability,
    novelty: (one, other) => (other.novelty ?? 0) - (one.novelty ?? 0),
    path: () => 0,
  };

  const byPath = (one, other) => (one.path < other.path ? -1 : Number(one.path > other.path));

  const states = {
    is_wrong: (film) => film.is_wrong,
    is_referred: (film) => film.is_referred,
    is_novel: (film) => film.is_novel,
    explained: (film) => film.case !== null,
    marked: (film) => marked.has(film.image_id),
    unmarked: (film) => !marked.has(film.image_id),
  };

  const passes = (film, filter) => {
    const { value } = filter;
    if (value === "") return true;
    const name = filter.dataset.filter;
    if (name === "state") return states[value](film);
    if (name.startsWith("group:")) return film.groups[name.slice("group:".length)] === value;
    return film[name] === value;
  };

  const isNamed = (film) => {
    const wanted = search.value.trim().toLowerCase();
    return `${film.path} ${film.patient} ${film.image_id}`.toLowerCase().includes(wanted);
  };

  const entryOf = (film) => {
    const name = film.path.split("/").pop();
    const of = data.negative_class === null ? film.called : "a finding";
    const words = `${film.label}, called ${film.called}; ${of} ${onPage.number(film.probability, 3)}`;
    const note = onPage.element("small", {}, words);
    const link = onPage.element("a", { href: `#film=${film.image_id}`, title: film.path }, name, note);
    return onPage.element("li", {}, link);
  };

  const signMarks = () => {
    for (const film of data.films) {
      const note = entries.get(film.image_id).querySelector("small");
      note.dataset.plain ??= note.textContent;
      note.textContent = note.dataset.plain + (marked.has(film.image_id) ? " \u00b7 marked" : "");
    }
  };

  const tellCount = () => {
    const place = shown.indexOf(open);
    const here = place < 0 ? "" : `; film ${place + 1} is open`;
    document.getElementById("cases-count").textContent =
      `${shown.length} of ${onPage.count(data.films.length, "film")}${here}`;
    document.getElementById("film-previous").disabled = shown.length === 0 || place === 0;
    document.getElementById("film-next").disabled = shown.length === 0 || place === shown.length - 1;
  };

  const refresh = () => {
    shown = data.films.filter((film) => isNamed(film) && filters.every((filter) => passes(film, filter)));
    shown.sort((one, other) => orders[order.value](one, other) || byPath(one, other));
    list.replaceChildren(...shown.map((film) => entries.get(film.image_id)));
    tellCount();
  };

  const signOpen = (film) => {
    if (open) entries.get(open.image_id).firstChild.removeAttribute("aria-current");
    open = film;
    const link = entries.get(film.image_id).firstChild;
    link.setAttribute("aria-current", "true");
    const frame = list.parentElement; // the list scrolls, the page stays where it is
    const place = link.offsetTop - frame.offsetTop;
    if (place < frame.scrollTop || place + link.offsetHeight > frame.scrollTop + frame.clientHeight) {
      frame.scrollTop = place - frame.clientHeight / 3;
    }
  };

  const openFilm = (film) => {
    signOpen(film);
    tellCount();
    document.dispatchEvent(new CustomEvent("film-open", { detail: film }));
  };

  const showAddress = () => {
    // A page opened as a file has an address of its own kind; some browsers forbid to replace it
    try {
      history.replaceState(null, "", `#film=${open.image_id}`);
    } catch {
      location.hash = `film=${open.image_id}`;
    }
  };

  const goTo = (film) => {
    openFilm(film);
    // Browsers allow 100 to 200 new addresses in 10 to 30 s, and a held key opens more films
    clearTimeout(addressTimer);
    addressTimer = setTimeout(showAddress, ADDRESS_DELAY_MS);
  };

  const step = (n) => {
    if (shown.length === 0) return;
    const place = shown.indexOf(open);
    const next = place < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, place + n));
    goTo(shown[next]);
  };

  const filmOfAddress = () => {
    const wanted = location.hash.startsWith("#film=") ? location.hash.slice("#film=".length) : "";
    return data.films.find((film) => film.image_id === wanted);
  };

  const showView = () => {
    const view = document.getElementById("film-view");
    view.focus({ preventScroll: true });
    view.scrollIntoView({ block: "start", behavior: "instant" });
  };

  const onAddress = () => {
    const film = filmOfAddress();
    if (!film) return;
    clearTimeout(addressTimer); // the reader chose another film than the keys did
    if (film !== open) openFilm(film);
    showView();
  };

  const clear = () => {
    for (const filter of filters) filter.value = "";
    search.value = "";
  };

  /** Cells of the matrices: show their films, open the first. */
  const onCell = (event) => {
    const cell = event.target instanceof Element && event.target.closest("a[data-truth], a[data-outcome]");
    if (!cell) return;
    event.preventDefault();
    const { truth, called, outcome } = cell.dataset;
    clear();
    // A matrix of classes counts the most probable class, not the call at the threshold
    const wanted = { label: truth, outcome, [data.negative_class === null ? "called" : "probable"]: called };
    for (const filter of filters) filter.value = wanted[filter.dataset.filter] ?? "";
    refresh();
    if (shown.length > 0) goTo(shown[0]);
    document.getElementById("cases").scrollIntoView({ behavior: "instant" });
    list.querySelector("a")?.focus({ preventScroll: true });
  };

  const toggleHelp = () => {
    const help = document.getElementById("cases-keys");
    help.hidden = !help.hidden;
    document.getElementById("cases-help").setAttribute("aria-expanded", !help.hidden);
  };

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    o: () => { if (!open) step(0); showView(); },
    "/": () => filters[0].focus(),
    "?": toggleHelp,
  };

  const onKey = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || onPage.isTyping(event)) return;
    if (!document.getElementById("cases-keys-on").checked || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  };

  const listen = () => {
    for (const filter of [...filters, order]) filter.addEventListener("change", refresh);
    search.addEventListener("input", refresh);
    document.getElementById("cases-clear").addEventListener("click", () => { clear(); refresh(); });
    document.getElementById("cases-help").addEventListener("click", toggleHelp);
    document.getElementById("film-next").addEventListener("click", () => step(1));
    document.getElementById("film-previous").addEventListener("click", () => step(-1));
    document.addEventListener("keydown", onKey);
    document.addEventListener("click", onCell);
    window.addEventListener("hashchange", onAddress);
    document.addEventListener("marks-changed", (event) => {
      marked.clear();
      for (const image_id of event.detail) marked.add(image_id);
      signMarks();
    });
  };

  const start = () => {
    document.querySelector(".reader").hidden = false;
    // The address of a film now opens it in the browser, no longer its row of the table
    for (const row of document.querySelectorAll(".all-films tr[id]")) row.removeAttribute("id");
    for (const film of data.films) entries.set(film.image_id, entryOf(film));
    listen();
    refresh();
    // The other scripts listen from their own start on, which comes later
    queueMicrotask(() => {
      if (filmOfAddress()) onAddress();
      else if (shown.length > 0) openFilm(shown[0]);
    });
  };

  if (data) start();
}
