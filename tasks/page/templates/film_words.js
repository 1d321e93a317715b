{
  // What the page knows of the open film, in words and numbers.
  const data = onPage.data("cases-data");
  const place = (name) => document.getElementById(`film-${name}`);

  const squareAddress = (image_id) => {
    const text = data.squares[image_id];
    return text ? `data:image/webp;base64,${text}` : "data:,";
  };

  const callWords = (film) => {
    const kind = data.outcomes[film.outcome];
    const call = `Label ${film.label}, called ${film.called} (${kind}).`;
    if (data.negative_class === null) return `${call} Probability of ${film.called}: ${onPage.number(film.probability, 3)}.`;
    const sides = `Probability of a finding ${onPage.number(film.probability, 3)}, threshold ${onPage.number(data.threshold, 3)}.`;
    return `${call} ${sides}`;
  };

  const setWords = (film) => {
    if (film.class_set === null) return "not stated";
    return film.class_set.length > 0 ? film.class_set.join(", ") : "no class: none fits well enough";
  };

  /** Why the film should go to a radiologist; empty if the network may call it alone. */
  const reasons = (film) => {
    const found = [];
    if (film.class_set !== null && film.class_set.length === 0) found.push("its set holds no class");
    if (film.class_set !== null && film.class_set.length > 1) found.push("its set holds several classes");
    if (film.is_novel) found.push("it is unlike the training films");
    if (film.is_refused) found.push("the guard of the network refuses it");
    return found;
  };

  const factsOf = (film) => {
    const why = reasons(film);
    const groups = Object.entries(film.groups).map(([name, value]) => `${name} ${value}`);
    const size = film.width ? `${film.width} \u00d7 ${film.height} px` : "\u2013";
    return [
      ["File", film.path],
      ["Patient", film.patient],
      ["Classes that fit (conformal set)", setWords(film)],
      ["To a radiologist", film.is_referred ? `yes: ${why.join("; ") || "no reason stated"}` : "no"],
      ["Novelty", onPage.number(film.novelty, 3)],
      ["Film", size],
      ["Groups", groups.join(", ") || "none known"],
    ];
  };

  const classRow = (film, name, number) =>
    onPage.element(
      "tr",
      name === film.called ? { class: "chosen" } : {},
      onPage.element("th", { scope: "row" }, name),
      onPage.element("td", { class: "n" }, onPage.number(film.probabilities[number], 3)),
      onPage.element("td", { class: "n" }, onPage.number(film.logits[number], 2)),
    );

  const neighbour = ([image_id, label, distance]) => {
    const alt = `Training film, label ${label}`;
    return onPage.element(
      "figure",
      {},
      onPage.element("img", { src: squareAddress(image_id), width: 128, height: 128, alt }),
      onPage.element("figcaption", {}, `${label}, distance ${onPage.number(distance)}`),
    );
  };

  const onFilm = ({ detail: film }) => {
    place("title").textContent = film.path;
    place("call").textContent = callWords(film);
    const square = place("square");
    square.src = squareAddress(film.image_id);
    square.alt = `The square of ${film.path} that the network gets`;
    place("classes").replaceChildren(...data.classes.map((name, number) => classRow(film, name, number)));
    place("facts").replaceChildren(
      ...factsOf(film).flatMap(([name, value]) => [onPage.element("dt", {}, name), onPage.element("dd", {}, value)]),
    );
    place("nearest").replaceChildren(...film.nearest.map(neighbour));
  };

  if (data) document.addEventListener("film-open", onFilm);
}
