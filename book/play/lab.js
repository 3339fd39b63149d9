// The laboratory: a critic and a generator train in the page, beside the exact referee.
import { DATA, painted } from "./data.js";
import { Game, METHODS } from "./game.js";
import { Random } from "./random.js";
import { Curves, Plane, colours, element, number } from "./drawing.js";
import { assign, distances } from "./transport.js";

const POINTS = 64; // on each side, for the eye and for the referee
const EXTENT = 2; // the plane shown is [-2, 2]²
const GRID = 48; // heat map, points along a side
const PAINT = "paint your own";
const USUAL = { data: "8 Gaussians", method: "GP", strength: null, rate: 3e-3, criticSteps: 5, seed: 0, paint: [] };

/** Build the laboratory inside `root`; what `root.dataset` says, and then the address, decide how it starts. */
export function mount(root) {
  const lab = new Laboratory(root, settingsFrom(root.dataset.settings, window.location.hash));
  window.addEventListener("hashchange", () => lab.restart(settingsFrom("", window.location.hash)));
  return lab;
}

/** Return settings from "data=…&method=…" texts, the later ones first in line; what makes no sense is left at its usual. */
export function settingsFrom(...texts) {
  const given = new URLSearchParams(texts.filter(Boolean).map((text) => text.replace(/^#/, "")).join("&"));
  const wanted = Object.fromEntries(given);
  const within = (name, low, high) => {
    const value = Number(wanted[name]);
    return name in wanted && value >= low && value <= high ? value : USUAL[name];
  };
  const method = wanted.method in METHODS ? wanted.method : USUAL.method;
  const [low, high] = METHODS[method].range ?? [0, 0];
  const strength = Number(wanted.strength);
  const paint = (wanted.paint ?? "").split(";").map((pair) => pair.split(",").map(Number));
  return {
    data: wanted.data in DATA || wanted.data === PAINT ? wanted.data : USUAL.data,
    method,
    strength: strength >= low && strength <= high ? strength : METHODS[method].strength ?? null,
    rate: within("rate", 1e-4, 1e-2),
    criticSteps: Math.round(within("criticSteps", 1, 20)),
    seed: Math.round(within("seed", 0, 999)),
    paint: paint.filter((point) => point.length === 2 && point.every((x) => Math.abs(x) <= EXTENT)).slice(0, 200),
  };
}

class Laboratory {
  constructor(root, settings) {
    this.root = root;
    this.running = false;
    this.build();
    this.restart(settings);
  }

  // The game

  /** Begin a new game with these settings, paused before its first step. */
  restart(settings) {
    this.pause();
    this.settings = settings;
    this.game = new Game(settings);
    const random = new Random(settings.seed, "referee");
    this.latent = random.normals(2 * POINTS);
    this.real = this.drawn(random);
    const pairs = Array.from({ length: 20 }, () => distances(this.drawn(random), this.drawn(random)));
    this.floor = pairs.reduce((sum, cost) => sum + assign(cost, POINTS).cost, 0) / pairs.length;
    this.curves.clear();
    this.showSettings();
    this.judge();
  }

  /** Draw a real point; a reader who has painted none yet gets the origin. */
  draw(random) {
    const { data, paint } = this.settings;
    if (data !== PAINT) return DATA[data](random);
    return painted(paint.length ? paint : [[0, 0]])(random);
  }

  /** Draw the real points that are shown. */
  drawn(random) {
    const points = new Float64Array(2 * POINTS);
    for (let i = 0; i < POINTS; i++) points.set(this.draw(random), 2 * i);
    return points;
  }

  /** Make so many critic steps, with the generator steps between them. */
  advance(steps) {
    for (let i = 0; i < steps; i++) this.game.step((random) => this.draw(random));
  }

  /** Hold the critic's estimate against exact W, on the same 64 real and 64 generated points, and show both. */
  judge() {
    const { game, real } = this;
    const fake = game.generate(this.latent);
    const both = new Float64Array(4 * POINTS);
    both.set(real);
    both.set(fake, 2 * POINTS);
    const { loss } = game.criticLoss(game.look(both).scores);
    this.shown = {
      fake,
      estimate: game.loss === "wasserstein" ? -loss : Math.LN2 - loss / 2,
      ...assign(distances(real, fake), POINTS),
    };
    this.curves.add(game.steps, { estimate: this.shown.estimate, exact: this.shown.cost });
    this.redraw();
  }

  run() {
    this.running = true;
    this.controls.run.textContent = "Pause";
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const turn = () => {
      if (!this.running) return;
      const until = performance.now() + 12; // the rest of a frame is for drawing
      let steps = 0;
      do {
        this.advance(this.settings.criticSteps);
        steps += this.settings.criticSteps;
      } while (still ? steps < 200 : performance.now() < until);
      this.judge();
      if (still) window.setTimeout(turn, 1000);
      else window.requestAnimationFrame(turn);
    };
    turn();
  }

  pause() {
    this.running = false;
    if (this.controls) this.controls.run.textContent = "Run";
  }

  // The page

  build() {
    this.root.replaceChildren();
    this.plane = new Plane(EXTENT, "The plane: real points, generated points, and what the critic makes of them");
    this.curves = new Curves({ estimate: "critic", exact: "exact" }, "The critic's estimate and exact W, step by step");
    this.says = element("p", { className: "play-says", ariaLive: "off" });
    this.figures = element("dl", { className: "play-figures" });
    const side = element("div", { className: "play-side" }, this.settingsForm(), this.figures, this.curves.canvas, this.says);
    this.root.append(element("div", { className: "play-stage" }, this.plane.canvas, this.buttons()), side);
    this.allowPainting();
    new MutationObserver(() => this.redraw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  buttons() {
    const button = (name, action) => element("button", { type: "button", textContent: name, onclick: action });
    this.controls = {
      run: button("Run", () => (this.running ? this.pause() : this.run())),
      step: button("Step", () => this.once(1)),
      cycle: button("One cycle", () => this.once(this.settings.criticSteps)),
      reset: button("Reset", () => this.restart(this.settings)),
    };
    this.layers = Object.fromEntries(
      ["heat map", "arrows", "plan"].map((name) => [
        name,
        element("input", { type: "checkbox", checked: name !== "arrows", onchange: () => this.redraw() }),
      ]),
    );
    const boxes = Object.entries(this.layers).map(([name, box]) => element("label", {}, box, ` ${name}`));
    return element("div", { className: "play-buttons" }, ...Object.values(this.controls), ...boxes);
  }

  once(steps) {
    this.pause();
    this.advance(steps);
    this.judge();
  }

  settingsForm() {
    const change = (name, value) => this.choose({ ...this.settings, [name]: value });
    const choice = (name, label, options) => {
      const list = Object.entries(options).map(([value, title]) => element("option", { value, textContent: title }));
      const select = element("select", { ariaLabel: label, onchange: () => change(name, select.value) }, ...list);
      return [select, element("label", {}, element("span", { textContent: label }), select)];
    };
    const slider = (name, label, range, show) => {
      const input = element("input", { type: "range", ariaLabel: label, min: 0, max: 100, step: 1 });
      const out = element("output", {});
      const text = element("span", { textContent: label });
      const at = () => {
        const [low, high] = range();
        return show.whole ? Math.round(low + (input.value / 100) * (high - low)) : logarithmic(input.value / 100, [low, high]);
      };
      input.oninput = () => {
        out.textContent = show(at());
        input.ariaValueText = out.textContent;
      };
      input.onchange = () => change(name, at());
      const set = (value) => {
        const [low, high] = range();
        input.value = 100 * (show.whole ? (value - low) / (high - low) : Math.log(value / low) / Math.log(high / low));
        out.textContent = show(value);
        input.ariaValueText = out.textContent;
      };
      return [{ input, text, set }, element("label", {}, text, input, out)];
    };
    const whole = Object.assign((value) => String(Math.round(value)), { whole: true });
    const strengths = () => METHODS[this.settings.method].range ?? [0.1, 1];
    const methods = Object.fromEntries(Object.entries(METHODS).map(([name, { title }]) => [name, title]));
    const data = Object.fromEntries([...Object.keys(DATA), PAINT].map((name) => [name, name]));
    const rows = {
      data: choice("data", "real points", data),
      method: choice("method", "critic", methods),
      strength: slider("strength", "λ", strengths, number),
      rate: slider("rate", "learning rate", () => [1e-4, 1e-2], number),
      criticSteps: slider("criticSteps", "critic steps to one of the generator", () => [1, 20], whole),
      seed: slider("seed", "seed", () => [0, 100], whole),
    };
    this.fields = Object.fromEntries(Object.entries(rows).map(([name, [field]]) => [name, field]));
    return element("div", { className: "play-settings" }, ...Object.values(rows).map(([, row]) => row));
  }

  /** Take new settings: into the address, so that it can be sent to someone, and into a new game. */
  choose(settings) {
    if (settings.method !== this.settings.method) settings.strength = METHODS[settings.method].strength ?? null;
    const { paint, ...plain } = settings;
    const words = new URLSearchParams(Object.entries(plain).filter(([, value]) => value !== null));
    if (settings.data === PAINT) words.set("paint", paint.map((point) => point.map((x) => x.toFixed(2))).join(";"));
    window.history.replaceState(null, "", `#${words}`);
    this.restart(settings);
  }

  showSettings() {
    const { settings, fields } = this;
    const { symbol, range } = METHODS[settings.method];
    fields.data.value = settings.data;
    fields.method.value = settings.method;
    fields.strength.input.closest("label").hidden = !range;
    fields.strength.text.textContent = fields.strength.input.ariaLabel = symbol ?? "";
    if (range) fields.strength.set(settings.strength);
    fields.rate.set(settings.rate);
    fields.criticSteps.set(settings.criticSteps);
    fields.seed.set(settings.seed);
    this.says.textContent = REMARKS[settings.data === PAINT && !settings.paint.length ? PAINT : settings.method];
  }

  /** Let a finger, a mouse or the arrow keys put real points into the plane. */
  allowPainting() {
    const { canvas } = this.plane;
    const add = (point) => {
      if (this.settings.data !== PAINT) return;
      this.choose({ ...this.settings, paint: [...this.settings.paint, point].slice(-200) });
    };
    canvas.tabIndex = 0;
    canvas.addEventListener("pointerdown", (event) => add(this.plane.at(event)));
    canvas.addEventListener("pointermove", (event) => event.buttons && add(this.plane.at(event)));
    this.cursor = [0, 0];
    canvas.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
      if (this.settings.data !== PAINT || !(move || event.key === "Enter" || event.key === " ")) return;
      event.preventDefault();
      if (!move) return add([...this.cursor]);
      this.cursor = this.cursor.map((x, axis) => Math.min(EXTENT, Math.max(-EXTENT, x + move[axis])));
      this.redraw();
    });
  }

  redraw() {
    if (!this.shown) return;
    const { plane, game, real, shown, layers } = this;
    const wasserstein = game.loss === "wasserstein";
    plane.clear();
    if (layers["heat map"].checked) plane.heatMap(GRID, (points) => game.look(points).scores);
    if (layers.plan.checked) plane.lines(real, shown.fake, shown.partner);
    plane.dots(real, colours().real);
    plane.crosses(shown.fake, colours().generated);
    if (layers.arrows.checked) plane.arrows(shown.fake, game.look(shown.fake).slopes);
    if (this.settings.data === PAINT && document.activeElement === plane.canvas) plane.ring(this.cursor);
    this.curves.draw();
    const rows = [
      ["critic steps", game.steps.toLocaleString("en")],
      [wasserstein ? "the critic's estimate of W" : "the critic's estimate of JS", number(shown.estimate), "critic"],
      ["exact W on the same points", number(shown.cost), "exact"],
      ["the same between two real samples, on average", number(this.floor)],
    ];
    this.figures.replaceChildren(
      ...rows.flatMap(([name, value, kind = ""]) => [
        element("dt", { textContent: name }),
        element("dd", { textContent: value, className: kind }),
      ]),
    );
  }
}

function logarithmic(share, [low, high]) {
  return Number((low * (high / low) ** share).toPrecision(2));
}

const REMARKS = {
  GP: "The penalty asks for slope 1 between real and generated points. The green estimate should follow the exact W.",
  "one-sided": "Only slopes above 1 are charged. Where no mass has to travel, the critic may be flat.",
  clip: "Every weight stays in [−c, c]. The estimate follows W in a unit of its own: compare the two numbers.",
  R1: "The critic is charged for its slope on real points, so it falls silent when the generator arrives.",
  SN: "Each weight matrix is divided by its largest singular value: the critic can be at most 1-Lipschitz.",
  GAN: "Nothing holds the critic back. Its estimate is of the Jensen–Shannon divergence, which ends at log 2 = 0.693.",
  [PAINT]: "Touch the plane, or use the arrow keys and Enter, to put real points there. Then run.",
};
