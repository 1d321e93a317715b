"use strict";

{
  const viewer = document.getElementById("pair-viewer");
  const data = viewer && JSON.parse(document.getElementById("pair-data").textContent);
  const field = (name) => document.getElementById(`pair-${name}`);
  const image = new Image();

  const make = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  const number = (value, digits) => value.toFixed(digits).replace("-", "\u2212");

  const fill = (select, options, wanted) => {
    const before = wanted ?? select.value;
    select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
    if (options.some(([value]) => value === before)) select.value = before;
  };

  const film = () => data.films.find((one) => one.image_id === field("film").value);
  const network = (side) => data.networks.find((one) => one.name === field(side).value);
  const caseOf = (side) => network(side).cases[field("film").value];

  const fillNetworks = () => {
    const able = data.networks.filter((one) => one.cases[field("film").value]);
    const names = able.map((one) => [one.name, one.name]);
    fill(field("left"), names);
    fill(field("right"), names);
    if (field("left").value === field("right").value) {
      const other = names.find(([name]) => name !== field("left").value);
      if (other) field("right").value = other[0];
    }
  };

  /** Methods and classes that one of the two networks has; the title says what is unsafe. */
  const fillChoices = () => {
    const methods = new Map();
    const classes = new Set();
    for (const side of ["left", "right"]) {
      for (const one of network(side).methods) {
        const warning = one.is_sane === false ? " (failed its sanity check)" : "";
        if (!methods.has(one.name) || warning) methods.set(one.name, one.title + warning);
      }
      for (const name of caseOf(side).classes) classes.add(name);
    }
    fill(field("method"), [...methods]);
    fill(field("class"), [...classes].map((name) => [name, name]));
  };

  /** What hinders a map, as a sentence; empty if nothing does. */
  const hindrance = (side) => {
    const [method, name] = [field("method").value, field("class").value];
    const heat = caseOf(side).heat[method];
    const title = field("method").selectedOptions[0].textContent;
    if (!heat) return `${title} does not work with ${network(side).name}.`;
    const place = caseOf(side).classes.indexOf(name);
    if (place < 0) return `${name} was not in question for ${network(side).name} on this film.`;
    return heat.empty[place] ? `The map is empty: nothing speaks for or against ${name}.` : "";
  };

  const canvasOf = (label) => {
    const canvas = make("canvas", { role: "img", "aria-label": label });
    heatDrawing.film(canvas, image);
    return canvas;
  };

  const drawHeat = (side, map, isSmooth) => {
    const canvas = canvasOf(`The film with the heat of ${network(side).name} for ${field("class").value}`);
    if (map) heatDrawing.heat(canvas, film(), map, { isSmooth });
    return canvas;
  };

  const drawSuperpixels = (side, map) => {
    const name = field("class").value;
    const canvas = canvasOf(`Superpixels for ${name}, solid and green, and against, dashed and red`);
    heatDrawing.superpixels(canvas, film(), heatDrawing.segments(caseOf(side).segments), map);
    return canvas;
  };

  const figure = (canvas, text) => make("figure", {}, canvas, make("figcaption", {}, text));

  const pictures = (side) => {
    const [method, one] = [field("method").value, caseOf(side)];
    if (hindrance(side)) return [figure(drawHeat(side, null, true), hindrance(side))];
    const map = heatDrawing.map(one.heat[method], one.classes.indexOf(field("class").value));
    if (method !== "lime" || !one.segments) return [figure(drawHeat(side, map, true), "Heat")];
    return [
      figure(drawSuperpixels(side, map), "Superpixels: solid green for, dashed red against"),
      figure(drawHeat(side, map, false), "Heat of all superpixels"),
    ];
  };

  /** Colour bar in logits; one scale for each network and method. */
  const colourBar = (side) => {
    const method = network(side).methods.find((one) => one.name === field("method").value);
    if (!method || !method.limit) return "";
    const limit = number(method.limit, 2);
    const name = field("class").value;
    return make(
      "div",
      { class: "colour-bar" },
      make("span", { class: "ramp" }),
      make("span", {}, `\u2212${limit}: against ${name}`),
      make("span", {}, "0"),
      make("span", {}, `+${limit} logits: for ${name}`),
    );
  };

  const probabilities = (one) => {
    const rows = Object.entries(one.probabilities).sort(([, a], [, b]) => b - a);
    return make(
      "table",
      { class: "probabilities" },
      make("caption", {}, "Probability of each class"),
      make(
        "tbody",
        {},
        ...rows.map(([name, value]) =>
          make(
            "tr",
            {},
            make("th", { scope: "row" }, name),
            make("td", {}, make("meter", { value, min: 0, max: 1, "aria-label": name })),
            make("td", { class: "n" }, number(value, 3)),
          ),
        ),
      ),
    );
  };

  const callText = (side) => {
    const one = caseOf(side);
    const isWrong = ["FN", "FP", "wrong"].includes(one.outcome);
    return `Calls ${one.called_class}: ${isWrong ? "✗ wrong" : "✓ right"}, label ${film().label}.`;
  };

  const panel = (side) => {
    const { name, page } = network(side);
    const address = `${page}#film=${field("film").value}`;
    return make(
      "article",
      { class: "pair-panel" },
      make("h3", {}, make("a", { href: address }, name)),
      make("p", { class: "call" }, callText(side)),
      make("div", { class: "pair-pictures" }, ...pictures(side)),
      colourBar(side),
      probabilities(caseOf(side)),
    );
  };

  const draw = () => {
    field("panels").replaceChildren(panel("left"), panel("right"));
    const [left, right, method] = ["left", "right", "method"].map((name) => field(name).value);
    const title = network("left").methods.find((one) => one.name === method)?.title ?? method;
    field("status").textContent = `${left} and ${right}, ${title}, ${film().title}`;
  };

  const showFilm = () => {
    fillNetworks();
    fillChoices();
    image.onload = draw;
    image.src = film().picture;
  };

  const start = () => {
    fill(
      field("film"),
      data.films.map((one) => [one.image_id, `${one.title} (label ${one.label})`]),
    );
    field("film").addEventListener("change", showFilm);
    for (const side of ["left", "right"]) {
      field(side).addEventListener("change", () => {
        fillChoices();
        draw();
      });
    }
    for (const name of ["method", "class"]) field(name).addEventListener("change", draw);
    viewer.hidden = false;
    showFilm();
  };

  if (data && data.films.length > 0) start();
}
