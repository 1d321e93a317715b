// Films come from the server, which is asked again every few seconds.
const liveWorklist = {
  films: new Map(), // by id, as the server tells of them
  FEW: 50,

  /** Take films in, new or changed; the reader keeps the place on the page. */
  take(films) {
    const anchor = liveWorklist.anchor();
    const top = anchor?.getBoundingClientRect().top;
    for (const film of films) {
      const known = worklist.films.get(film.id);
      const row = known?.row ?? worklistRows.blank();
      // its height must be known at once, or the rows below would move when it comes into view
      row.classList.toggle("fresh", films.length < liveWorklist.FEW);
      worklistRows.fill(row, film);
      liveWorklist.films.set(film.id, film);
      worklist.put(row);
    }
    worklist.refresh({ keepsOpen: true }); // another reader may have signed what is open here
    liveWorklist.count();
    if (anchor?.isConnected) scrollBy({ top: anchor.getBoundingClientRect().top - top, behavior: "instant" });
  },

  /** The row that must not move: the open one, the one with the focus, or the first in sight. */
  anchor() {
    if (scrollY === 0) return null; // at the top the reader wants to see what is new
    const current = worklist.current();
    if (current) return current.row;
    return worklist.shown.find(({ row }) => row.getBoundingClientRect().bottom > 0)?.row ?? null;
  },

  /** Films that nobody has signed, in each group. */
  count() {
    const open = [...worklist.films.values()].filter((film) => film.signed === "no");
    document.getElementById("not-loaded").hidden = true;
    document.getElementById("result").hidden = false;
    for (const place of document.querySelectorAll("[data-count]")) {
      const { count, noun } = place.dataset;
      const counted = count === "all" ? open : open.filter((film) => film.group === count);
      const n = counted.length;
      place.textContent = noun ? onPage.count(n, noun === "any" ? worklist.noun(counted) : noun) : String(n);
    }
  },
};

{
  const EVERY_MS = 5000;
  const HIDDEN_MS = 30_000; // a tab that nobody looks at
  const MOST_MS = 60_000;
  let version = 0;
  let wait = EVERY_MS;
  let timer = null;
  let isFirst = true;
  const seen = new IntersectionObserver((entries) => entries.forEach(onSight), { rootMargin: "400px" });
  let thumbnails = Promise.resolve(); // one after another: the server draws them

  const loadThumbnail = async (row) => {
    const film = liveWorklist.films.get(row.dataset.key);
    try {
      worklistRows.thumbnail(row, await server.picture(server.address(film, "/thumbnail.jpg")));
    } catch (error) {
      // too many ask at once: again later
      if (error.status === 503) setTimeout(() => seen.observe(row), 1000 * (error.retryAfter ?? 10));
      else worklistRows.noThumbnail(row, "no picture");
    }
  };

  function onSight({ isIntersecting, target }) {
    if (!isIntersecting) return;
    seen.unobserve(target);
    thumbnails = thumbnails.then(() => loadThumbnail(target));
  }

  const watch = (films) => {
    for (const film of films) if (!film.is_rejected) seen.observe(worklist.films.get(film.id).row);
  };

  const tellNew = (films) => {
    const first = films.filter((film) => film.group === 1).length;
    if (films.length > 0 && !isFirst) server.say(`${onPage.count(films.length, "new film")}, ${first} to read first.`);
  };

  const tellState = (n_waiting) => {
    const waiting = n_waiting > 0 ? ` ${onPage.count(n_waiting, "film")} wait${n_waiting === 1 ? "s" : ""} to be scored.` : "";
    document.getElementById("server-state").textContent = `List of ${new Date().toLocaleTimeString("en-GB")}.${waiting}`;
  };

  /** Without an answer of the server there is nothing to search or to save. */
  const showTools = (isShown) => {
    for (const name of ["server-tools", "list-tools", "list-count"]) document.getElementById(name).hidden = !isShown;
  };

  /** Ask for all changes since the last answer, in parts. */
  const askChanges = async () => {
    const fresh = [];
    for (let more = true; more; ) {
      const answer = await server.json(`worklist?after=${version}`);
      const unknown = answer.films.filter((film) => !liveWorklist.films.has(film.id));
      if (answer.films.length > 0) liveWorklist.take(answer.films);
      watch(unknown);
      fresh.push(...unknown);
      version = answer.version;
      more = answer.more === true && answer.films.length > 0;
      tellState(answer.n_waiting);
    }
    if (isFirst) liveWorklist.count();
    tellNew(fresh);
    isFirst = false;
  };

  const tellFailure = (error) => {
    wait = Math.min(MOST_MS, Math.max(2 * wait, 1000 * (error.retryAfter ?? 0)));
    const busy = error.status ? `The server says: ${error.message}` : "The server does not answer.";
    server.complain("list", `${busy} The list may be old. Asking again in ${Math.round(wait / 1000)} s.`);
  };

  const round = async () => {
    clearTimeout(timer);
    try {
      await askChanges();
      wait = EVERY_MS;
      server.complain("list", "");
      showTools(true);
    } catch (error) {
      if (error.status === 401) {
        server.needToken();
        return; // asking again without a token would only fill the log of the server
      }
      tellFailure(error);
    }
    timer = setTimeout(round, document.hidden ? Math.max(wait, HIDDEN_MS) : wait);
  };

  /** The classes with heat, the called one first. */
  const heatNames = (film, numbers) => {
    const names = numbers.map((number) => liveWorklist.classes[number]);
    return names.sort((one, other) => Number(other === film.call) - Number(one === film.call));
  };

  const onOpen = async ({ detail: { key, row } }) => {
    const film = liveWorklist.films.get(key);
    if (!film || film.is_rejected || row.querySelector("img.film-picture")) return;
    try {
      const [facts, address] = await Promise.all([server.json(server.address(film)), server.picture(server.address(film, "/film.jpg"))]);
      worklistRows.picture(row, film, address, facts.heat_limit, heatNames(film, facts.heat_classes));
    } catch (error) {
      server.report(error);
    }
  };

  const onHeat = async ({ detail: { row, name } }) => {
    const heat = [...row.querySelectorAll("img.heat")].find((one) => one.dataset.class === name);
    if (!heat || heat.hasAttribute("src")) return;
    const film = liveWorklist.films.get(row.dataset.key);
    try {
      heat.src = await server.picture(server.address(film, `/heat/${liveWorklist.classes.indexOf(name)}.png`));
    } catch (error) {
      server.report(error);
    }
  };

  const onToken = (event) => {
    event.preventDefault();
    const field = document.getElementById("token");
    server.keep(field.value.trim());
    field.value = "";
    document.getElementById("token-form").hidden = true;
    document.getElementById("forget-token").hidden = false;
    round();
  };

  const forget = () => {
    server.keep("");
    location.reload(); // nothing of the patients stays on the page
  };

  const listen = () => {
    document.addEventListener("film-open", onOpen);
    document.addEventListener("heat-shown", onHeat);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) round(); });
    document.getElementById("token-form").addEventListener("submit", onToken);
    document.getElementById("forget-token").addEventListener("click", forget);
    document.addEventListener("films-added", round);
  };

  liveWorklist.classes = onPage.data("classes");
  server.recall();
  document.getElementById("forget-token").hidden = server.token === "";
  showTools(false);
  listen();
  round();
}
