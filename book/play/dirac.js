// The Dirac-GAN of chapter 4: click into its field, and see where the two players go from there.
import { Plane, colours, element, number } from "./drawing.js";

const sigmoid = (t) => 1 / (1 + Math.exp(-t)); // what the discriminator believes of the point θ: D(θ)

/**
 * What each method makes of (θ, ψ): the two rates of change. The score is ψ·x, all data are at 0, the generator is at θ.
 * γ is R1's; `bound` clips ψ after each step.
 */
export const FIELDS = {
  GAN: { field: (theta, psi) => gan(theta, psi) },
  "non-saturating GAN": {
    field: (theta, psi) => {
      const belief = sigmoid(psi * theta);
      return [(1 - belief) * psi, -belief * theta];
    },
  },
  "WGAN, clipped": { field: (theta, psi) => [psi, -theta], bound: 1 },
  "WGAN-GP": { field: (theta, psi) => [psi, -theta - 0.7 * (Math.abs(psi) - 1) * Math.sign(psi)] },
  R1: {
    field: (theta, psi, gamma) => {
      const [across, up] = gan(theta, psi);
      return [across, up - gamma * psi];
    },
    regularised: true,
  },
  consensus: {
    // both players also go down half the squared length of the GAN's field, (θ² + ψ²) D² / 2
    field: (theta, psi) => {
      const [across, up] = gan(theta, psi);
      const belief = sigmoid(psi * theta);
      const common = (theta ** 2 + psi ** 2) * belief ** 2 * (1 - belief);
      return [across - theta * belief ** 2 - psi * common, up - psi * belief ** 2 - theta * common];
    },
  },
};

function gan(theta, psi) {
  const belief = sigmoid(psi * theta);
  return [belief * psi, -belief * theta];
}

/** Return the path of n steps of size h from a start, as [[θ, ψ], …]; in turns, the generator answers the new ψ. */
export function path(method, { start = [1, -1], h = 0.2, gamma = 0.3, n = 500, inTurns = false } = {}) {
  const { field, bound = Infinity } = FIELDS[method];
  const cut = (psi) => Math.min(bound, Math.max(-bound, psi));
  let [theta, psi] = start;
  const points = [[theta, psi]];
  for (let i = 0; i < n; i++) {
    const [across, up] = field(theta, psi, gamma);
    psi = cut(psi + h * up);
    theta += h * (inTurns ? field(theta, psi, gamma)[0] : across);
    points.push([theta, psi]);
  }
  return points;
}

export function mount(root) {
  return new Dirac(root);
}

class Dirac {
  constructor(root) {
    this.settings = { start: [1, -1], h: 0.2, gamma: 0.3, inTurns: false };
    this.method = "GAN";
    this.plane = new Plane(2.6, "The field of the Dirac-GAN, and the path of the two players from where you click");
    this.says = element("p", { className: "play-says", ariaLive: "polite" });
    const side = element("div", { className: "play-side" }, this.form(), this.says);
    root.replaceChildren(element("div", { className: "play-stage" }, this.plane.canvas), side);
    this.allowStarts();
    new MutationObserver(() => this.redraw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    new ResizeObserver(() => this.redraw()).observe(this.plane.canvas);
    this.redraw();
  }

  form() {
    const list = Object.keys(FIELDS).map((name) => element("option", { value: name, textContent: name }));
    const select = element("select", { ariaLabel: "method" }, ...list);
    select.onchange = () => {
      this.method = select.value;
      gamma.hidden = !FIELDS[this.method].regularised;
      this.redraw();
    };
    const slider = (name, label, min, max, step) => {
      const out = element("output", { textContent: this.settings[name] });
      const input = element("input", { type: "range", ariaLabel: label, min, max, step, value: this.settings[name] });
      input.oninput = () => {
        this.settings[name] = Number(input.value);
        out.textContent = input.ariaValueText = number(this.settings[name]);
        this.redraw();
      };
      return element("label", {}, element("span", { textContent: label }), input, out);
    };
    const turns = element("input", { type: "checkbox" });
    turns.onchange = () => {
      this.settings.inTurns = turns.checked;
      this.redraw();
    };
    const gamma = slider("gamma", "γ of R1", 0, 3, 0.05);
    gamma.hidden = true;
    const rows = [
      element("label", {}, element("span", { textContent: "method" }), select),
      slider("h", "step size h", 0.02, 0.6, 0.02),
      gamma,
      element("label", {}, element("span", { textContent: "players take turns" }), turns),
    ];
    return element("div", { className: "play-settings" }, ...rows);
  }

  /** A click or a tap sets the start; so do the arrow keys. */
  allowStarts() {
    const { canvas } = this.plane;
    const begin = (point) => {
      this.settings.start = point.map((x) => Math.min(2.5, Math.max(-2.5, x)));
      this.redraw();
    };
    canvas.tabIndex = 0;
    canvas.addEventListener("pointerdown", (event) => begin(this.plane.at(event)));
    canvas.addEventListener("pointermove", (event) => event.buttons && begin(this.plane.at(event)));
    canvas.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
      if (!move) return;
      event.preventDefault();
      begin(this.settings.start.map((x, axis) => x + move[axis]));
    });
  }

  redraw() {
    const { plane, settings, method } = this;
    const points = path(method, settings);
    const radii = points.map(([theta, psi]) => Math.hypot(theta, psi));
    plane.clear();
    plane.flow((theta, psi) => FIELDS[method].field(theta, psi, settings.gamma), colours().muted);
    plane.trail(points, colours().exact);
    plane.axes("θ, where the generator is", "ψ, the slope of the score");
    plane.dots(Float64Array.from(points[0]), colours().muted);
    plane.dots(Float64Array.from(points.at(-1)), colours().generated);
    this.says.textContent =
      `From (${points[0].map(number).join(", ")}): distance to the equilibrium ${number(radii[0])}, ` +
      `after 500 steps ${number(radii.at(-1))}. Exact W is |θ| = ${number(Math.abs(points.at(-1)[0]))}.`;
  }
}
