// What every explorable draws with: the plane, curves, the book's colours, and small pieces of the page.

/** The book's colours, read from the page, so that they follow light and dark. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name, usual) => style.getPropertyValue(`--play-${name}`).trim() || usual;
  return {
    real: read("real", "#0072B2"),
    generated: read("generated", "#D55E00"),
    critic: read("critic", "#009E73"),
    exact: read("exact", "#1a1a1a"),
    muted: read("muted", "#8a8a8a"),
    paper: read("paper", "#fcfcfa"),
  };
}

/** Return a new element with properties and children. */
export function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** Return a number as a reader wants it: three digits. */
export function number(value) {
  if (!Number.isFinite(value)) return "–";
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(1);
  return value.toPrecision(3).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "").replace("-", "−");
}

/** Return a canvas that is sharp on any screen: drawn in units of the page, `ratio` wide for 1 high. */
export function sharpCanvas(label, ratio) {
  const canvas = element("canvas", { role: "img", ariaLabel: label });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  canvas.style.aspectRatio = String(ratio);
  const context = canvas.getContext("2d");
  const fit = () => {
    const width = canvas.clientWidth || 320;
    const scale = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(width * scale), Math.round((width / ratio) * scale)];
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, width / ratio);
    return { width, height: width / ratio };
  };
  return { canvas, context, fit };
}

/** The plane within ±extent (less high than wide, if a ratio says so), with points, arrows, a plan and a heat map. */
export class Plane {
  constructor(extent, label, ratio = 1) {
    Object.assign(this, { extent, reach: [extent, extent / ratio], ...sharpCanvas(label, ratio) });
  }

  clear() {
    const { width, height } = this.fit();
    Object.assign(this, { size: width, height });
    this.context.fillStyle = colours().paper;
    this.context.fillRect(0, 0, width, height);
  }

  x(value) {
    return ((value / this.reach[0] + 1) / 2) * this.size;
  }

  y(value) {
    return ((1 - value / this.reach[1]) / 2) * this.height;
  }

  /** Return where in the plane a pointer is. */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const along = (event.clientX - box.left) / box.width;
    const down = (event.clientY - box.top) / box.height;
    return [(2 * along - 1) * this.reach[0], (1 - 2 * down) * this.reach[1]];
  }

  /** Colour the plane by scores: paper where lowest, the critic's green where highest. */
  heatMap(side, score) {
    const points = new Float64Array(2 * side * side);
    for (let row = 0; row < side; row++)
      for (let column = 0; column < side; column++) {
        const i = 2 * (row * side + column);
        points[i] = ((2 * column + 1) / side - 1) * this.extent;
        points[i + 1] = (1 - (2 * row + 1) / side) * this.extent;
      }
    const scores = score(points);
    let [low, high] = [Infinity, -Infinity];
    for (const s of scores) [low, high] = [Math.min(low, s), Math.max(high, s)];
    const [from, to] = [rgb(colours().paper), rgb(colours().critic)];
    const picture = new ImageData(side, side);
    scores.forEach((s, i) => {
      const share = high > low ? (0.75 * Math.round((8 * (s - low)) / (high - low))) / 8 : 0; // nine shades: level lines
      for (let c = 0; c < 3; c++) picture.data[4 * i + c] = from[c] + share * (to[c] - from[c]);
      picture.data[4 * i + 3] = 255;
    });
    this.tile ??= new OffscreenCanvas(side, side);
    this.tile.getContext("2d").putImageData(picture, 0, 0);
    this.context.imageSmoothingEnabled = true;
    this.context.drawImage(this.tile, 0, 0, this.size, this.size);
  }

  dots(points, colour, radius = 3.5) {
    this.context.fillStyle = colour;
    each(points, (px, py) => {
      this.context.beginPath();
      this.context.arc(this.x(px), this.y(py), radius, 0, 2 * Math.PI);
      this.context.fill();
    });
  }

  crosses(points, colour, arm = 3.5) {
    this.context.strokeStyle = colour;
    this.context.lineWidth = arm / 2;
    this.context.beginPath();
    each(points, (px, py) => {
      const [cx, cy] = [this.x(px), this.y(py)];
      this.context.moveTo(cx - arm, cy - arm);
      this.context.lineTo(cx + arm, cy + arm);
      this.context.moveTo(cx - arm, cy + arm);
      this.context.lineTo(cx + arm, cy - arm);
    });
    this.context.stroke();
  }

  /** Draw the plan: a line from each real point to its partner. */
  lines(from, to, partner, width = 1) {
    this.context.strokeStyle = colours().exact;
    this.context.globalAlpha = 0.45;
    this.context.lineWidth = width;
    this.context.beginPath();
    partner.forEach((j, i) => {
      this.context.moveTo(this.x(from[2 * i]), this.y(from[2 * i + 1]));
      this.context.lineTo(this.x(to[2 * j]), this.y(to[2 * j + 1]));
    });
    this.context.stroke();
    this.context.globalAlpha = 1;
  }

  /** Draw at each point the way in which the score rises; slope 1 is drawn as 0.2. */
  arrows(points, slopes) {
    this.context.strokeStyle = colours().generated;
    this.context.lineWidth = 1.2;
    this.context.beginPath();
    each(points, (px, py, i) => {
      const steep = Math.hypot(slopes[i], slopes[i + 1]);
      const reach = (0.2 * Math.min(steep, 3)) / (steep || 1);
      const [ex, ey] = [px + reach * slopes[i], py + reach * slopes[i + 1]];
      const angle = Math.atan2(this.y(ey) - this.y(py), this.x(ex) - this.x(px));
      this.context.moveTo(this.x(px), this.y(py));
      this.context.lineTo(this.x(ex), this.y(ey));
      for (const side of [2.6, -2.6]) {
        this.context.moveTo(this.x(ex), this.y(ey));
        this.context.lineTo(this.x(ex) + 5 * Math.cos(angle + side), this.y(ey) + 5 * Math.sin(angle + side));
      }
    });
    this.context.stroke();
  }

  /** Draw the directions of a field on a grid of 15 by 15 places. */
  flow(field, colour) {
    this.context.strokeStyle = colour;
    this.context.globalAlpha = 0.6;
    this.context.lineWidth = 1;
    this.context.beginPath();
    for (let row = -7; row <= 7; row++)
      for (let column = -7; column <= 7; column++) {
        const [px, py] = [(column / 7.5) * this.reach[0], (row / 7.5) * this.reach[1]];
        const [across, up] = field(px, py);
        const speed = Math.hypot(across, up) || 1;
        const [ex, ey] = [this.x(px) + (9 * across) / speed, this.y(py) - (9 * up) / speed];
        const angle = Math.atan2(-up, across);
        this.context.moveTo(this.x(px) - (9 * across) / speed, this.y(py) + (9 * up) / speed);
        this.context.lineTo(ex, ey);
        for (const side of [2.6, -2.6]) {
          this.context.moveTo(ex, ey);
          this.context.lineTo(ex + 4 * Math.cos(angle + side), ey + 4 * Math.sin(angle + side));
        }
      }
    this.context.stroke();
    this.context.globalAlpha = 1;
  }

  /** Draw the two axes, with a name at the end of each. */
  axes(across, up) {
    const { context } = this;
    context.strokeStyle = context.fillStyle = colours().muted;
    context.lineWidth = 1;
    context.strokeRect(0, this.y(0), this.size, 0);
    context.strokeRect(this.x(0), 0, 0, this.height);
    context.font = "12px system-ui, sans-serif";
    this.words(across, this.size - 6, this.y(0) - 6, "right");
    this.words(up, this.x(0) + 6, 14, "left");
  }

  /** Write on a strip of paper, so that no line runs through the letters. */
  words(text, x, y, align) {
    const { context } = this;
    context.textAlign = align;
    context.strokeStyle = colours().paper;
    context.lineWidth = 5;
    context.strokeText(text, x, y);
    context.fillText(text, x, y);
  }

  /** Draw a path through points [[x, y], …]. */
  trail(points, colour) {
    this.context.strokeStyle = colour;
    this.context.lineWidth = 1.4;
    this.context.beginPath();
    points.forEach(([px, py], i) => this.context[i ? "lineTo" : "moveTo"](this.x(px), this.y(py)));
    this.context.stroke();
  }

  ring([px, py]) {
    this.context.strokeStyle = colours().real;
    this.context.lineWidth = 2;
    this.context.beginPath();
    this.context.arc(this.x(px), this.y(py), 12, 0, 2 * Math.PI);
    this.context.stroke();
  }
}

/** Curves over steps, one colour each, on a common scale from 0 (or the lowest value) to the highest. */
export class Curves {
  /** @param {Object<string, string>} kinds the name of each curve and of its colour */
  constructor(kinds, label) {
    Object.assign(this, { kinds, rows: [], ...sharpCanvas(label, 2.2) });
  }

  clear() {
    this.rows = [];
  }

  add(step, values) {
    if (this.rows.at(-1)?.step === step) this.rows.pop();
    this.rows.push({ step, ...values });
    if (this.rows.length > 800) this.rows = this.rows.filter((_, i) => i % 2 === 0); // every second is enough to see
  }

  draw() {
    const { context, rows } = this;
    const { width, height } = this.fit();
    const values = rows.flatMap((row) => Object.keys(this.kinds).map((name) => row[name])).filter(Number.isFinite);
    const low = Math.min(0, ...values);
    const high = Math.max(low + 1e-9, ...values);
    const last = Math.max(1, rows.at(-1)?.step ?? 1);
    const [left, top, right, bottom] = [52, 10, width - 8, height - 22];
    const x = (step) => left + (step / last) * (right - left);
    const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - top);
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = context.strokeStyle = colours().muted;
    context.lineWidth = 1;
    context.textAlign = "right";
    for (const value of [low, high]) {
      context.fillText(number(value), left - 6, y(value) + 4);
      context.strokeRect(left, y(value), right - left, 0);
    }
    context.fillText(`${last.toLocaleString("en")} critic steps`, right, height - 6);
    context.lineWidth = 2;
    context.textAlign = "left";
    for (const [at, [name, colour]] of Object.entries(this.kinds).entries()) {
      context.fillStyle = context.strokeStyle = colours()[colour];
      context.fillText(colour === "exact" ? "— exact" : `- - ${colour}`, left + 8 + 80 * at, height - 6);
      context.setLineDash(colour === "exact" ? [] : [6, 3]); // told apart without colour, too
      context.beginPath();
      rows.forEach((row, i) => context[i ? "lineTo" : "moveTo"](x(row.step), y(row[name])));
      context.stroke();
    }
    context.setLineDash([]);
  }
}

function each(points, action) {
  for (let i = 0; i < points.length; i += 2) action(points[i], points[i + 1], i);
}

function rgb(colour) {
  const hex = colour.replace("#", "");
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
