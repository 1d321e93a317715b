// Rows of films that the server tells of; a blank row of the page is copied and filled.
const worklistRows = {
  VERDICTS: { agree: "agrees", wrong_label: "disagrees", poor_film: "poor film" },
  MOST_PROBABILITIES: 3, // in the closed row

  time(text) {
    const at = new Date(text);
    return Number.isNaN(at.getTime()) ? "" : at.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  },

  signedWords({ signed }) {
    if (!signed) return "";
    const label = signed.label ? `: ${signed.label}` : "";
    const comment = signed.comment ? ` \u201c${signed.comment}\u201d` : "";
    const verdict = worklistRows.VERDICTS[signed.verdict] ?? signed.verdict;
    return `Signed by ${signed.initials}: ${verdict}${label}${comment}, ${worklistRows.time(signed.time)}`;
  },

  probability({ name, text, value }) {
    const style = `--share:${Number(value) || 0}`;
    return onPage.element("span", { class: "probability", style }, name, " ", onPage.element("b", {}, text));
  },

  words(film) {
    return {
      ...film,
      why: film.why.join(" "),
      signed: worklistRows.signedWords(film),
      received: worklistRows.time(film.received),
      all_probabilities: film.probabilities.map(({ name, text }) => `${name} ${text}`).join(", ") || "none",
    };
  },

  flags(film) {
    const all = { referred: film.is_referred, rejected: film.is_rejected, novel: film.is_novel, junk: film.is_junk };
    return Object.keys(all).filter((name) => all[name]).join(" ");
  },

  /** Write the words of a film into its row; its pictures stay. */
  fill(row, film) {
    Object.assign(row, { id: `film-${film.id}` });
    Object.assign(row.dataset, {
      key: film.id,
      hash: film.sha256 ?? "",
      group: film.group,
      call: film.call ?? "",
      finding: film.finding ?? "",
      novelty: film.novelty ?? "",
      flags: worklistRows.flags(film),
      signed: film.signed ? "yes" : "no",
    });
    const words = worklistRows.words(film);
    for (const part of row.querySelectorAll("[data-part]")) {
      const { part: name } = part.dataset;
      if (name === "probabilities") {
        part.replaceChildren(...film.probabilities.slice(0, worklistRows.MOST_PROBABILITIES).map(worklistRows.probability));
      } else if (name in words) part.textContent = words[name] ?? "";
    }
    worklistRows.noThumbnail(row, film.is_rejected ? "no picture" : "loading");
    if (film.is_rejected) row.querySelector(".no-picture").textContent = "No picture: the file could not be scored.";
  },

  /** What stands in place of the thumbnail as long as there is none. */
  noThumbnail(row, text) {
    const place = row.querySelector(".row-thumb.none");
    if (place) place.textContent = text;
  },

  blank() {
    return document.getElementById("blank-row").content.querySelector("li").cloneNode(true);
  },

  /** Show a thumbnail in a row. */
  thumbnail(row, address) {
    const place = row.querySelector(".row-thumb");
    place.classList.remove("none");
    place.replaceChildren(onPage.element("img", { src: address, alt: "", decoding: "async" }));
  },

  /** Show the large film in a row; a heat picture for each of the classes waits to be fetched. */
  picture(row, film, address, limit, names) {
    const alt = `Film ${film.path}`;
    const heats = names.map((name) => onPage.element("img", { class: "heat", "data-class": name, alt: `Heat map for ${name}`, hidden: true }));
    row.querySelector(".film-stack").replaceChildren(onPage.element("img", { class: "film-picture", src: address, alt }), ...heats);
    row.classList.add("with-film");
    row.querySelector(".film-figure").hidden = false;
    row.querySelector(".no-picture").hidden = names.length > 0;
    row.querySelector(".no-picture").textContent = "No heat map: the network gives no answer to this film.";
    row.querySelector(".heat-scale").hidden = names.length === 0;
    for (const place of row.querySelectorAll("[data-part='limit']")) place.textContent = onPage.number(limit);
    document.dispatchEvent(new CustomEvent("heat-ready", { detail: { row } }));
  },
};
