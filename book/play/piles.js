// Piles and holes to drag: the exact plan and W follow, and JS does not move.
import { Plane, colours, element, number } from "./drawing.js";
import { assign, distances } from "./transport.js";

const REAL = [[-1.2, 0.6], [-0.4, 1], [0.6, 0.9], [1.3, 0.4]];
const GENERATED = [[-1.1, -0.6], [-0.3, -1], [0.7, -0.9], [1.2, -0.3]];
const TOGETHER = 0.06; // a pile that lies so near to a hole has filled it

/** Return JS, in nats, of two sets of n equal piles: log 2 times the share of those that meet nobody. */
export function jensenShannon(cost, partner, n) {
  let apart = 0;
  for (let i = 0; i < n; i++) apart += cost[i * n + partner[i]] > TOGETHER;
  return (Math.LN2 * apart) / n;
}

export function mount(root) {
  return new Piles(root);
}

class Piles {
  constructor(root) {
    this.points = { real: Float64Array.from(REAL.flat()), generated: Float64Array.from(GENERATED.flat()) };
    this.held = { kind: "generated", index: 0 };
    this.plane = new Plane(2, "Real points and generated points to drag, joined by the cheapest plan", 1.6);
    this.figures = element("dl", { className: "play-figures" });
    this.says = element("p", {
      className: "play-says",
      textContent: "Drag a cross (or choose one with the keys 1 to 4, and move it with the arrows). Put one on a disc.",
    });
    root.classList.add("play-wide");
    root.replaceChildren(
      element("div", { className: "play-stage" }, this.plane.canvas),
      element("div", { className: "play-side" }, this.figures, this.says),
    );
    this.allowDragging();
    new MutationObserver(() => this.redraw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    new ResizeObserver(() => this.redraw()).observe(this.plane.canvas);
    this.redraw();
  }

  allowDragging() {
    const { canvas } = this.plane;
    canvas.tabIndex = 0;
    canvas.addEventListener("pointerdown", (event) => {
      this.held = this.nearest(this.plane.at(event));
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => event.buttons && this.move(this.plane.at(event)));
    canvas.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
      if (/^[1-4]$/.test(event.key)) this.held = { kind: "generated", index: Number(event.key) - 1 };
      if (move) {
        event.preventDefault();
        const [x, y] = this.points[this.held.kind].subarray(2 * this.held.index);
        this.move([x + move[0], y + move[1]]);
      }
      this.redraw();
    });
  }

  /** Return the point, real or generated, that a finger is nearest to. */
  nearest([x, y]) {
    const all = ["real", "generated"].flatMap((kind) => [0, 1, 2, 3].map((index) => ({ kind, index })));
    const far = ({ kind, index }) => Math.hypot(this.points[kind][2 * index] - x, this.points[kind][2 * index + 1] - y);
    return all.reduce((best, each) => (far(each) < far(best) ? each : best));
  }

  /** Put the held point somewhere; a generated point that comes close to a real one lands on it. */
  move(to) {
    const points = this.points[this.held.kind];
    const other = this.points[this.held.kind === "real" ? "generated" : "real"];
    const edge = this.plane.reach.map((reach) => reach - 0.12);
    let [x, y] = to.map((value, axis) => Math.min(edge[axis], Math.max(-edge[axis], value)));
    for (let i = 0; i < other.length; i += 2)
      if (Math.hypot(other[i] - x, other[i + 1] - y) < TOGETHER) [x, y] = [other[i], other[i + 1]];
    points.set([x, y], 2 * this.held.index);
    this.redraw();
  }

  redraw() {
    const { plane } = this;
    const { real, generated } = this.points;
    const cost = distances(real, generated);
    const { partner, cost: w } = assign(cost, 4);
    this.shown = { w, js: jensenShannon(cost, partner, 4) };
    plane.clear();
    plane.lines(real, generated, partner, 2);
    plane.dots(real, colours().real, 8);
    plane.crosses(generated, colours().generated, 8);
    if (document.activeElement === plane.canvas) {
      const { kind, index } = this.held;
      plane.ring([...this.points[kind].subarray(2 * index, 2 * index + 2)]);
    }
    const rows = [
      ["W, the mean length of the lines", w, 2],
      ["JS, the Jensen–Shannon divergence", this.shown.js, Math.LN2],
    ];
    this.figures.replaceChildren(
      ...rows.flatMap(([name, value, most]) => [
        element("dt", {}, name, element("meter", { ariaLabel: name, min: 0, max: most, value })),
        element("dd", { textContent: number(value) }),
      ]),
    );
  }
}
