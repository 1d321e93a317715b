{
  // The open film on a canvas: zoom, window and level, and heat over it.
  const MOST_ZOOM = 12;
  const HIGHEST_SHARE = 0.75; // of the window, so that the sliders stay in sight
  const data = onPage.data("cases-data");
  const canvas = document.getElementById("film-canvas");
  const field = (name) => document.getElementById(`film-${name}`);
  const view = { zoom: 1, x: 0, y: 0 }; // x, y: middle of the view, in shares of the film
  let film = null;
  let picture = null;
  let grey = null;
  let heat = null; // colours over the whole film
  let lines = null; // borders of superpixels over the whole film

  const sourceOf = (image_id) => document.querySelector(`.all-films img[data-film="${CSS.escape(image_id)}"]`);

  const canvasOf = (width, height) => onPage.element("canvas", { width, height });

  /** The picture after window and level: a straight line between two grey levels. */
  const drawGrey = () => {
    if (!picture) return;
    grey = canvasOf(picture.naturalWidth, picture.naturalHeight);
    const context = grey.getContext("2d", { willReadFrequently: true });
    context.drawImage(picture, 0, 0);
    const width = Number(field("window").value);
    const low = Number(field("level").value) - width / 2;
    if (width === 255 && low === 0.5) return; // nothing to change
    const pixels = context.getImageData(0, 0, grey.width, grey.height);
    const table = Uint8ClampedArray.from({ length: 256 }, (_, level) => (255 * (level - low)) / width);
    for (let place = 0; place < pixels.data.length; place += 4) {
      const level = table[pixels.data[place]];
      pixels.data[place] = level;
      pixels.data[place + 1] = level;
      pixels.data[place + 2] = level;
    }
    context.putImageData(pixels, 0, 0);
  };

  const explained = () => (film && film.case !== null ? data.heat.cases[film.case] : null);

  const chosenMethod = () => data.heat.methods.find((method) => method.name === field("method").value);

  /** Heat of the chosen method and class over the whole film; LIME has the borders of its areas too. */
  const drawHeat = () => {
    heat = null;
    lines = null;
    const found = explained();
    const method = chosenMethod();
    if (!found || !method || !picture || !film.box) return;
    const map = heatDrawing.map(found.maps[method.name], Number(field("class").value));
    heat = canvasOf(picture.naturalWidth, picture.naturalHeight);
    heatDrawing.heat(heat, film, map, { opacity: 1 });
    if (method.name !== "lime" || !found.segments) return;
    const segments = heatDrawing.segments(found.segments);
    if (segments.width !== map.width || segments.height !== map.height) return; // borders of other areas
    lines = canvasOf(picture.naturalWidth, picture.naturalHeight);
    heatDrawing.superpixels(lines, film, segments, map);
  };

  /** Where the film is on the canvas: left, top, width, height. */
  const placeOfFilm = () => {
    const width = canvas.width * view.zoom;
    const height = canvas.height * view.zoom;
    return [canvas.width / 2 - view.x * width, canvas.height / 2 - view.y * height, width, height];
  };

  const drawOverlay = (context) => {
    const opacity = Number(field("opacity").value) / 100;
    if (!heat || opacity === 0) return;
    context.globalAlpha = opacity;
    context.drawImage(heat, ...placeOfFilm());
    context.globalAlpha = 1;
    if (lines) context.drawImage(lines, ...placeOfFilm());
  };

  const draw = () => {
    const context = canvas.getContext("2d");
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (!grey) return;
    context.imageSmoothingQuality = "high";
    context.drawImage(grey, ...placeOfFilm());
    drawOverlay(context);
  };

  /** The canvas gets the form of the film, as wide as its place, and the pixels of the screen. */
  const fitCanvas = () => {
    if (!picture) return;
    const ratio = picture.naturalHeight / picture.naturalWidth;
    const room = canvas.parentElement.clientWidth;
    const width = Math.min(room, (HIGHEST_SHARE * window.innerHeight) / ratio);
    const scale = Math.min(2, window.devicePixelRatio || 1);
    canvas.style.width = `${Math.round(width)}px`;
    canvas.style.margin = "0 auto";
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(width * ratio * scale);
    draw();
  };

  const keepInside = (middle) => {
    const half = 0.5 / view.zoom;
    return Math.min(1 - half, Math.max(half, middle));
  };

  const look = (zoom, x, y) => {
    view.zoom = Math.min(MOST_ZOOM, Math.max(1, zoom));
    view.x = keepInside(x);
    view.y = keepInside(y);
    canvas.dataset.zoom = String(view.zoom);
    canvas.classList.toggle("is-large", view.zoom > 1);
    draw();
  };

  const zoomBy = (factor) => look(view.zoom * factor, view.x, view.y);

  const wholeFilm = () => look(1, 0.5, 0.5);

  const resetView = () => {
    field("level").value = "128";
    field("window").value = "255";
    drawGrey();
    wholeFilm();
  };

  const tellScale = (found, method) => {
    const name = found.classes[Number(field("class").value)];
    const limit = onPage.number(method.limit);
    document.getElementById("heat-low").textContent = `against ${name} \u2212${limit}`;
    document.getElementById("heat-high").textContent = `+${limit} for ${name} (logits)`;
  };

  const tellHeat = () => {
    const found = explained();
    const method = chosenMethod();
    if (!found || !method) return;
    tellScale(found, method);
    const place = Number(field("class").value);
    const facts = found.heat[method.name];
    const words = [`Explained because: ${found.why}.`];
    if (facts.empty[place]) words.push(`The map is zero everywhere: by this method nothing in the film speaks for or against ${found.classes[place]}.`);
    if (facts.hottest[place]) words.push(`Hottest place: ${facts.hottest[place]}.`);
    if (facts.lung_share[place] !== null) words.push(`Share of the heat inside the lungs: ${onPage.number(facts.lung_share[place])}.`);
    if (method.is_sane === false) words.push("This method fails its sanity check: do not trust the map.");
    if (lines) words.push("Borders: solid and green round areas that speak for the class, dashed and red against it; the strongest areas only.");
    words.push("Colours at the ends of the bar mean that much or more, no colour means neither; the scale is the same on all films.");
    document.getElementById("heat-words").textContent = words.join(" ");
  };

  const showHeat = () => {
    drawHeat();
    tellHeat();
    draw();
  };

  const offerClasses = () => {
    const found = explained();
    field("heat").hidden = !found || data.heat.methods.length === 0;
    document.getElementById("film-unexplained").hidden = found !== null;
    const names = found ? found.classes : [];
    field("class").replaceChildren(...names.map((name, place) => onPage.element("option", { value: place }, name)));
  };

  const openPicture = async (opened) => {
    const source = sourceOf(opened.image_id);
    const loaded = new Image();
    if (source) {
      loaded.src = source.src;
      await loaded.decode();
    }
    if (opened !== film) return; // the reader has gone on
    picture = source ? loaded : null;
    grey = null;
    drawGrey();
    drawHeat();
    tellHeat();
    view.zoom = 1;
    view.x = 0.5;
    view.y = 0.5;
    fitCanvas();
    wholeFilm();
    canvas.dataset.film = opened.image_id;
  };

  const onFilm = (event) => {
    film = event.detail;
    offerClasses();
    canvas.setAttribute("aria-label", `Film ${film.path}, label ${film.label}`);
    openPicture(film);
  };

  const onWheel = (event) => {
    if (!event.ctrlKey) return; // else the page scrolls
    event.preventDefault();
    zoomBy(event.deltaY < 0 ? 1.25 : 0.8);
  };

  const onDrag = (event) => {
    if (event.buttons !== 1 || view.zoom === 1) return;
    const { clientWidth, clientHeight } = canvas;
    look(
      view.zoom,
      view.x - event.movementX / (clientWidth * view.zoom),
      view.y - event.movementY / (clientHeight * view.zoom),
    );
  };

  const onKey = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || onPage.isTyping(event)) return;
    if (!document.getElementById("cases-keys-on").checked) return;
    if (event.key === "+" || event.key === "=") zoomBy(1.5);
    else if (event.key === "-") zoomBy(1 / 1.5);
    else if (event.key === "0") wholeFilm();
  };

  const start = () => {
    document.addEventListener("film-open", onFilm);
    document.addEventListener("keydown", onKey);
    canvas.addEventListener("wheel", onWheel, { passive: false });
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", onDrag);
    window.addEventListener("resize", fitCanvas);
    field("in").addEventListener("click", () => zoomBy(1.5));
    field("out").addEventListener("click", () => zoomBy(1 / 1.5));
    field("reset").addEventListener("click", resetView);
    for (const name of ["level", "window"]) field(name).addEventListener("input", () => { drawGrey(); draw(); });
    for (const name of ["method", "class"]) field(name).addEventListener("change", showHeat);
    field("opacity").addEventListener("input", draw);
  };

  if (data) start();
}
