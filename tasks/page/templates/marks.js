{
  // Marks of a reader: verdict, right class and comment of a film. They are kept where the browser
  // allows it, and leave the page as a file.
  const WORDS = { agree: "label is right", wrong_label: "wrong label", poor_film: "poor film" };
  const KEYS = { a: "agree", w: "wrong_label", p: "poor_film" };
  const data = onPage.data("cases-data");
  const byId = new Map((data?.films ?? []).map((film) => [film.image_id, film]));
  const field = (name) => document.getElementById(`mark-${name}`);
  const part = (name) => document.getElementById(`marks-${name}`);
  const storageKey = data ? `lungline-marks-${data.model}-${data.key}` : "";
  const drafts = new Map(); // comments without a verdict yet
  let marks = new Map();
  let others = []; // rows of an imported file for films that this page does not have
  let isExported = true;
  let film = null;

  const say = (text) => {
    part("said").textContent = text;
  };

  /** Keep the marks for the next visit; say so where the browser does not (a page opened as a file). */
  const keep = () => {
    const kept = { marks: [...marks], others, initials: field("initials").value, isExported };
    try {
      localStorage.setItem(storageKey, JSON.stringify(kept));
    } catch {
      part("unkept").hidden = false;
    }
  };

  const isMark = (mark) => markFile.VERDICTS.includes(mark?.verdict);

  const recall = () => {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(storageKey));
    } catch (error) {
      if (error instanceof SyntaxError) say("The marks of an earlier visit cannot be read.");
      else part("unkept").hidden = false;
    }
    if (!kept) return;
    marks = new Map(kept.marks.filter(([image_id, mark]) => byId.has(image_id) && isMark(mark)));
    others = kept.others;
    isExported = kept.isExported;
    field("initials").value = kept.initials;
  };

  const nameOf = (image_id) => byId.get(image_id).path;

  const rowOf = ([image_id, mark]) => {
    const link = onPage.element("a", { href: `#film=${image_id}` }, nameOf(image_id));
    const button = onPage.element("button", { type: "button", "aria-label": `Take back the mark of ${nameOf(image_id)}` }, "Take back");
    button.addEventListener("click", () => takeBack(image_id));
    const cells = [byId.get(image_id).label, WORDS[mark.verdict], mark.label, mark.comment, mark.initials, button];
    return onPage.element(
      "tr",
      {},
      onPage.element("th", { scope: "row" }, link),
      ...cells.map((value) => onPage.element("td", {}, value)),
    );
  };

  const tellMark = () => {
    const mark = film && marks.get(film.image_id);
    for (const button of document.querySelectorAll("[data-verdict]")) {
      button.setAttribute("aria-pressed", button.dataset.verdict === mark?.verdict);
    }
    field("undo").disabled = !mark;
    const unfinished = field("comment").value && !mark ? "The comment needs a verdict, else it is not part of the file." : "";
    field("state").textContent = mark ? `Marked: ${WORDS[mark.verdict]}${mark.label ? `, ${mark.label}` : ""}.` : unfinished;
  };

  const showMarks = () => {
    const all = [...marks].sort(([one], [other]) => (nameOf(one) < nameOf(other) ? -1 : 1));
    const table = part("table");
    table.hidden = all.length === 0;
    table.querySelector("tbody").replaceChildren(...all.map(rowOf));
    const more = others.length > 0 ? `, and ${others.length} from the imported file for films that are not on this page` : "";
    const left = isExported ? "" : " Not exported yet.";
    part("count").textContent = all.length + others.length === 0 ? "No mark yet." : `${onPage.count(all.length, "mark")}${more}.${left}`;
    part("export").disabled = all.length + others.length === 0;
    tellMark();
    document.dispatchEvent(new CustomEvent("marks-changed", { detail: [...marks.keys()] }));
  };

  const changed = () => {
    isExported = marks.size + others.length === 0;
    keep();
    showMarks();
  };

  const mark = (verdict) => {
    if (!film) return;
    marks.set(film.image_id, {
      verdict,
      label: verdict === "wrong_label" ? field("class").value : "",
      comment: field("comment").value.trim(),
      initials: field("initials").value.trim(),
    });
    drafts.delete(film.image_id);
    changed();
  };

  const takeBack = (image_id) => {
    if (!marks.has(image_id)) return;
    drafts.set(image_id, marks.get(image_id).comment);
    marks.delete(image_id);
    changed();
  };

  /** A change of class or comment belongs to the mark of the open film, if it has one. */
  const amend = () => {
    const made = film && marks.get(film.image_id);
    if (made) mark(made.verdict);
    else if (film) drafts.set(film.image_id, field("comment").value);
    tellMark();
  };

  /** A right class is proposed: the label is wrong. */
  const propose = () => {
    if (field("class").value) mark("wrong_label");
    else amend();
  };

  const onFilm = ({ detail }) => {
    film = detail;
    const made = marks.get(film.image_id);
    field("comment").value = made ? made.comment : (drafts.get(film.image_id) ?? "");
    field("class").value = made ? made.label : "";
    // The class that the label has already is no proposal
    for (const option of field("class").options) option.disabled = option.value === film.label;
    tellMark();
  };

  const rowsToExport = () => {
    const own = [...marks].map(([image_id, made]) => {
      const { path, label } = byId.get(image_id);
      return { image_id, path, label_seen: label, ...made, model: data.model };
    });
    return [...own, ...others].sort((one, other) => (one.path < other.path ? -1 : Number(one.path > other.path)));
  };

  const exportFile = () => {
    const content = new Blob([markFile.write(rowsToExport())], { type: "text/csv;charset=utf-8" });
    const address = URL.createObjectURL(content);
    const link = onPage.element("a", { href: address, download: "lungline-corrections.csv" });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    isExported = true;
    keep();
    showMarks();
    say("Exported. Put the file into data/corrections/, then run make run.");
  };

  /** Take one row of a file in; the answer says what became of it. */
  const takeIn = (row) => {
    if (!isMark(row)) return "unknown";
    const known = byId.get(row.image_id);
    if (!known) {
      others = [...others.filter((other) => other.image_id !== row.image_id), row];
      return "foreign";
    }
    if (marks.has(row.image_id)) return "kept";
    const label = data.classes.includes(row.label) ? row.label : "";
    if (row.label !== label) return "unknown";
    marks.set(row.image_id, { verdict: row.verdict, label, comment: row.comment, initials: row.initials });
    return row.label_seen === known.label ? "taken" : "changed";
  };

  const tellImport = (results) => {
    const n = (name) => results.filter((one) => one === name).length;
    const words = [`Taken: ${n("taken") + n("changed")}.`];
    if (n("changed")) words.push(`${onPage.count(n("changed"), "film")} had another label when it was marked: look again.`);
    if (n("kept")) words.push(`${onPage.count(n("kept"), "film")} already marked here: the mark of this page stays.`);
    if (n("foreign")) words.push(`${onPage.count(n("foreign"), "film")} not on this page: kept for the next export.`);
    if (n("unknown")) words.push(`Not taken: ${onPage.count(n("unknown"), "row")} with an unknown verdict or class.`);
    say(words.join(" "));
  };

  const importFile = async () => {
    const [file] = part("import").files;
    if (!file) return;
    try {
      const results = markFile.read(await file.text()).map(takeIn);
      changed();
      if (film) onFilm({ detail: film });
      tellImport(results);
    } catch (error) {
      say(`The file was not taken: ${error.message}.`);
    }
    part("import").value = "";
  };

  const onKey = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || onPage.isTyping(event)) return;
    if (!document.getElementById("cases-keys-on").checked || !film) return;
    if (event.key in KEYS) mark(KEYS[event.key]);
    else if (event.key === "u") takeBack(film.image_id);
    else if (event.key === "c") {
      event.preventDefault();
      field("comment").focus();
    }
  };

  const warn = (event) => {
    if (!isExported) event.preventDefault();
  };

  /** The page is open in another tab too, and marks were made there: else each would lose the other's. */
  const onOtherTab = ({ key, newValue }) => {
    if (key !== storageKey || !newValue) return;
    recall();
    showMarks();
    if (film) onFilm({ detail: film });
  };

  const listen = () => {
    document.addEventListener("film-open", onFilm);
    window.addEventListener("storage", onOtherTab);
    document.addEventListener("keydown", onKey);
    window.addEventListener("beforeunload", warn);
    for (const button of document.querySelectorAll("[data-verdict]")) {
      button.addEventListener("click", () => mark(button.dataset.verdict));
    }
    field("undo").addEventListener("click", () => film && takeBack(film.image_id));
    field("class").addEventListener("change", propose);
    field("comment").addEventListener("input", amend);
    field("initials").addEventListener("change", () => { amend(); keep(); });
    part("export").addEventListener("click", exportFile);
    part("import").addEventListener("change", importFile);
  };

  const start = () => {
    part("tools").hidden = false;
    recall();
    if (marks.size > 0) say(`${onPage.count(marks.size, "mark")} of an earlier visit ${marks.size === 1 ? "is" : "are"} back.`);
    listen();
    showMarks();
  };

  if (data) start();
}
