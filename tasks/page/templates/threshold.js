{
  const SIDE = 200; // units of the drawings, `PLOT_SIDE` of threshold_drawing.py
  const QUIET_MS = 400; // a screen reader hears the end of a movement, not each step
  const SHARES = ["sensitivity", "specificity", "accuracy", "ppv", "npv"];
  const data = onPage.data("threshold-data");
  const section = document.getElementById("threshold");
  const slider = document.getElementById("threshold-slider");
  const field = document.getElementById("threshold-number");
  const prevalenceField = document.getElementById("threshold-prevalence");
  let stops = [];
  let speaking = 0;

  const share = (part, whole) => (whole > 0 ? part / whole : null);

  /** How many of the rising numbers are below the threshold (binary search). */
  const countBelow = (rising, threshold) => {
    let low = 0;
    let high = rising.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rising[middle] < threshold) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  /** Counts and shares; a film is called if its probability is the threshold or more. */
  const callsAt = (threshold) => {
    const fn = countBelow(data.positive, threshold);
    const tn = countBelow(data.negative, threshold);
    const tp = data.positive.length - fn;
    const fp = data.negative.length - tn;
    return {
      tp, fn, fp, tn,
      sensitivity: share(tp, tp + fn),
      specificity: share(tn, tn + fp),
      accuracy: share(tp + tn, tp + fn + fp + tn),
      ppv: share(tp, tp + fp),
      npv: share(tn, tn + fn),
    };
  };

  /** Predictive values at another share of findings (Altman and Bland, BMJ 309:102, 1994). */
  const elsewhere = ({ sensitivity, specificity }, prevalence) => {
    if (prevalence === null || sensitivity === null || specificity === null) return [null, null];
    const right = sensitivity * prevalence;
    const passed = specificity * (1 - prevalence);
    return [
      share(right, right + (1 - specificity) * (1 - prevalence)),
      share(passed, passed + (1 - sensitivity) * prevalence),
    ];
  };

  /** Thresholds with different calls: each probability, and 1, where the surest films go too. */
  const findStops = () => {
    const all = [...data.positive, ...data.negative, 1];
    return [...new Set(all)].sort((one, other) => one - other);
  };

  const put = (name, value, text) => {
    for (const place of section.querySelectorAll(`[data-out="${name}"]`)) {
      place.textContent = text;
      place.dataset.value = value === null ? "" : String(value);
    }
  };

  const moveDot = (id, x, y) => {
    const dot = document.querySelector(`#${id} circle.marker`);
    if (!dot) return;
    dot.style.display = x === null || y === null ? "none" : "";
    dot.setAttribute("cx", SIDE * (x ?? 0));
    dot.setAttribute("cy", SIDE * (1 - (y ?? 0)));
  };

  const moveMarkers = (threshold, calls) => {
    const alarms = calls.specificity === null ? null : 1 - calls.specificity;
    moveDot("threshold-roc", alarms, calls.sensitivity);
    moveDot("threshold-precision", calls.sensitivity, calls.ppv);
    const line = document.querySelector("#threshold-bars line.marker");
    line.setAttribute("x1", SIDE * threshold);
    line.setAttribute("x2", SIDE * threshold);
  };

  const shade = (calls) => {
    for (const [name, whole] of [
      ["tp", calls.tp + calls.fn], ["fn", calls.tp + calls.fn],
      ["fp", calls.fp + calls.tn], ["tn", calls.fp + calls.tn],
    ]) {
      const cell = section.querySelector(`[data-cell="${name}"]`);
      cell.style.setProperty("--share", share(calls[name], whole) ?? 0);
    }
  };

  const readPrevalence = () => {
    const percent = prevalenceField.valueAsNumber;
    return percent >= 0 && percent <= 100 ? percent / 100 : null;
  };

  const speak = (threshold, calls) => {
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      document.getElementById("threshold-summary").textContent =
        `Threshold ${onPage.number(threshold, 3)}: ${onPage.count(calls.fn, "film")} missed, ` +
        `${onPage.count(calls.fp, "false alarm")}, sensitivity ${onPage.number(calls.sensitivity)}, ` +
        `specificity ${onPage.number(calls.specificity)}.`;
    }, QUIET_MS);
  };

  const showPrevalence = (calls) => {
    const prevalence = readPrevalence();
    const [ppv, npv] = elsewhere(calls, prevalence);
    const text = prevalence === null ? "a share from 0 to 100 %" : `${prevalenceField.value} % with a finding`;
    put("prevalence", prevalence, text);
    put("ppv-elsewhere", ppv, onPage.number(ppv, 3));
    put("npv-elsewhere", npv, onPage.number(npv, 3));
  };

  const show = (threshold) => {
    const calls = callsAt(threshold);
    put("threshold", threshold, onPage.number(threshold, 3));
    for (const name of ["tp", "fn", "fp", "tn"]) put(name, calls[name], String(calls[name]));
    for (const name of SHARES) put(name, calls[name], onPage.number(calls[name], 3));
    showPrevalence(calls);
    shade(calls);
    moveMarkers(threshold, calls);
    for (const button of section.querySelectorAll("[data-threshold]")) {
      button.setAttribute("aria-pressed", Number(button.dataset.threshold) === threshold);
    }
    slider.setAttribute("aria-valuetext", onPage.number(threshold, 3));
    speak(threshold, calls);
  };

  const moveTo = (threshold) => {
    const inside = Math.min(1, Math.max(0, threshold));
    slider.value = String(inside);
    field.value = String(inside);
    show(inside);
  };

  /** The stop `steps` changes of a call above (or below) the threshold. */
  const stopFrom = (threshold, steps) => {
    // Between two probabilities the calls are those of the higher one
    const place = countBelow(stops, threshold) + steps;
    return stops[Math.min(stops.length - 1, Math.max(0, place))];
  };

  const keySteps = {
    ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10,
  };

  const onKey = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Home") moveTo(0);
    else if (event.key === "End") moveTo(1);
    else if (event.key in keySteps) moveTo(stopFrom(Number(field.value), keySteps[event.key]));
    else return;
    event.preventDefault();
  };

  const onField = () => {
    if (Number.isFinite(field.valueAsNumber)) moveTo(field.valueAsNumber);
  };

  const start = () => {
    stops = findStops();
    section.querySelector(".move").hidden = false;
    document.getElementById("threshold-elsewhere").hidden = false;
    slider.addEventListener("keydown", onKey);
    slider.addEventListener("input", () => moveTo(Number(slider.value)));
    field.addEventListener("change", onField);
    prevalenceField.addEventListener("input", () => showPrevalence(callsAt(Number(field.value))));
    for (const button of section.querySelectorAll("[data-threshold]")) {
      button.addEventListener("click", () => moveTo(Number(button.dataset.threshold)));
    }
    moveTo(data.points.find((point) => point.is_chosen).threshold);
  };

  if (data) start();
}
