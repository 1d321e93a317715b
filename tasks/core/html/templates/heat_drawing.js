"use strict";

// Draws heat and superpixels over a film on a canvas, in the colours of the overlays.
const heatDrawing = {
  FULL: 127, // step of the bytes that stands for the limit, as in heat_bytes.py
  MOST_OPAQUE: 0.75, // of the hottest place: the film stays visible below it
  // Okabe and Ito, https://jfly.uni-koeln.de/color/: orange speaks for the class, blue against
  FOR: [213, 94, 0],
  AGAINST: [0, 114, 178],
  FOR_LINE: "#1fbf4a",
  AGAINST_LINE: "#e8413a",
  STRONGEST: 8, // superpixels with a border

  bytes(text) {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  },

  /** Steps of one map: {width, height, steps} from {shape: [k, h, w], bytes}. */
  map(heat, number) {
    const [, height, width] = heat.shape;
    const all = new Int8Array(heatDrawing.bytes(heat.bytes).buffer);
    const size = height * width;
    return { width, height, steps: all.subarray(number * size, (number + 1) * size) };
  },

  /** A canvas of the size of the map, coloured; transparent where the heat is 0. */
  colours({ width, height, steps }, opacity) {
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(width, height);
    steps.forEach((step, place) => {
      const colour = step > 0 ? heatDrawing.FOR : heatDrawing.AGAINST;
      const alpha = (opacity * Math.abs(step)) / heatDrawing.FULL;
      pixels.data.set([...colour, Math.round(255 * Math.min(1, alpha))], 4 * place);
    });
    context.putImageData(pixels, 0, 0);
    return canvas;
  },

  /** The canvas takes the size of the film and shows it. */
  film(canvas, image) {
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    canvas.getContext("2d").drawImage(image, 0, 0);
  },

  /** Part of a square of the given size that the film fills, and the place of that part on the film. */
  places(film, width, height, canvas) {
    const [left, top, right, bottom] = film.square_box;
    const [filmLeft, filmTop, filmRight, filmBottom] = film.box;
    return {
      from: [left * width, top * height, (right - left) * width, (bottom - top) * height],
      to: [
        filmLeft * canvas.width,
        filmTop * canvas.height,
        (filmRight - filmLeft) * canvas.width,
        (filmBottom - filmTop) * canvas.height,
      ],
    };
  },

  /** Heat in colour over the film that the canvas shows. */
  heat(canvas, film, map, { opacity = heatDrawing.MOST_OPAQUE, isSmooth = true } = {}) {
    const { from, to } = heatDrawing.places(film, map.width, map.height, canvas);
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = isSmooth;
    context.drawImage(heatDrawing.colours(map, opacity), ...from, ...to);
  },

  /** Numbers of superpixels: {width, height, numbers}. */
  segments(text) {
    const [height, width] = text.shape;
    return { width, height, numbers: new Uint16Array(heatDrawing.bytes(text.bytes).buffer) };
  },

  /** Mean step of each superpixel, the strongest `STRONGEST` only; those of weight 0 are left out. */
  strongest(segments, map) {
    const sums = new Map();
    segments.numbers.forEach((number, place) => {
      const [sum, count] = sums.get(number) ?? [0, 0];
      sums.set(number, [sum + map.steps[place], count + 1]);
    });
    const weights = [...sums].map(([number, [sum, count]]) => [number, sum / count]);
    const known = weights.filter(([, weight]) => weight !== 0);
    known.sort(([one, a], [other, b]) => Math.abs(b) - Math.abs(a) || one - other);
    return known.slice(0, heatDrawing.STRONGEST);
  },

  /** Borders of one superpixel, as lines between neighbours of which one is outside. */
  border({ width, height, numbers }, number) {
    const path = [];
    const isInside = (x, y) =>
      x >= 0 && y >= 0 && x < width && y < height && numbers[y * width + x] === number;
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        if (!isInside(x, y)) continue;
        if (!isInside(x, y - 1)) path.push([x, y, x + 1, y]);
        if (!isInside(x, y + 1)) path.push([x, y + 1, x + 1, y + 1]);
        if (!isInside(x - 1, y)) path.push([x, y, x, y + 1]);
        if (!isInside(x + 1, y)) path.push([x + 1, y, x + 1, y + 1]);
      }
    }
    return path;
  },

  /** Diagonal stripes of a colour. As a stroke they are dashes, however short the lines are. */
  stripes(context, colour, size) {
    const tile = document.createElement("canvas");
    tile.width = size;
    tile.height = size;
    const painter = tile.getContext("2d");
    painter.fillStyle = colour;
    for (let y = 0; y < size; y += 1) {
      for (let x = 0; x < size; x += 1) {
        if ((x + y) % size < size / 2) painter.fillRect(x, y, 1, 1);
      }
    }
    return context.createPattern(tile, "repeat");
  },

  /** Borders of the strongest superpixels: solid and green for the class, dashed and red against. */
  superpixels(canvas, film, segments, map) {
    const { from, to } = heatDrawing.places(film, segments.width, segments.height, canvas);
    const context = canvas.getContext("2d");
    const across = (x) => to[0] + ((x - from[0]) * to[2]) / from[2];
    const down = (y) => to[1] + ((y - from[1]) * to[3]) / from[3];
    context.save();
    context.beginPath();
    context.rect(...to);
    context.clip();
    context.lineWidth = Math.max(2, canvas.width / 180);
    const dashes = heatDrawing.stripes(
      context,
      heatDrawing.AGAINST_LINE,
      Math.max(8, Math.round(canvas.width / 32)),
    );
    // The lines for the class are drawn last: they stay solid where two borders meet
    const ranked = heatDrawing.strongest(segments, map).sort(([, a], [, b]) => a - b);
    for (const [number, weight] of ranked) {
      context.strokeStyle = weight > 0 ? heatDrawing.FOR_LINE : dashes;
      context.beginPath();
      for (const [x1, y1, x2, y2] of heatDrawing.border(segments, number)) {
        context.moveTo(across(x1), down(y1));
        context.lineTo(across(x2), down(y2));
      }
      context.stroke();
    }
    context.restore();
  },
};
