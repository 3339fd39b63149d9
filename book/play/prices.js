// Prices to move until the dual meets W: three holes, three piles, and the linear programme of chapter 2.
import { colours, element, number, sharpCanvas } from "./drawing.js";

export const HOLES = [0.5, 1.5, 4]; // the real points x, on a line, a third of the mass each
export const PILES = [2, 3, 5.5]; // the generated points y

/** Return the dual's value, and the pairs (hole, pile) whose prices ask for more than the way costs. */
export function judge(u, v) {
  const value = [...u, ...v].reduce((sum, price) => sum + price / 3, 0);
  const broken = HOLES.flatMap((x, i) => PILES.flatMap((y, j) => (u[i] + v[j] > Math.abs(x - y) + 1e-9 ? [[i, j]] : [])));
  return { value, broken };
}

/** W of holes and piles in order on a line: the mean distance of the sorted. */
export const W = HOLES.reduce((sum, x, i) => sum + Math.abs(x - PILES[i]) / 3, 0);

export function mount(root) {
  return new Prices(root);
}

class Prices {
  constructor(root) {
    Object.assign(this, { u: [0, 0, 0], v: [0, 0, 0] });
    Object.assign(this, sharpCanvas("Holes and piles on a line, with the ways whose prices ask for too much", 1.9));
    this.says = element("p", { className: "play-says", ariaLive: "polite" });
    this.figures = element("dl", { className: "play-figures" });
    const side = element("div", { className: "play-side" }, this.form(), this.figures, this.says);
    root.replaceChildren(element("div", { className: "play-stage" }, this.canvas), side);
    new MutationObserver(() => this.redraw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    new ResizeObserver(() => this.redraw()).observe(this.canvas);
    this.redraw();
  }

  form() {
    const slider = (prices, index, label) => {
      const out = element("output", { textContent: "0" });
      const input = element("input", { type: "range", ariaLabel: label, min: -6, max: 6, step: 0.25, value: 0 });
      input.oninput = () => {
        prices[index] = Number(input.value);
        out.textContent = input.ariaValueText = number(prices[index]);
        this.redraw();
      };
      return element("label", {}, element("span", { textContent: label }), input, out);
    };
    return element(
      "div",
      { className: "play-settings" },
      ...HOLES.map((x, i) => slider(this.u, i, `u${i + 1}, hole at ${x}`)),
      ...PILES.map((y, j) => slider(this.v, j, `v${j + 1}, pile at ${y}`)),
    );
  }

  redraw() {
    const { value, broken } = judge(this.u, this.v);
    this.draw(broken);
    const rows = [
      ["what the prices earn, Σ u/3 + Σ v/3", value],
      ["the cheapest transport, W", W],
    ];
    this.figures.replaceChildren(
      ...rows.flatMap(([name, shown]) => [
        element("dt", { textContent: name }),
        element("dd", { textContent: number(shown) }),
      ]),
    );
    const gap = W - value;
    this.says.textContent = broken.length
      ? `Too dear: ${broken.map(([i, j]) => `u${i + 1} + v${j + 1}`).join(", ")} ask${broken.length > 1 ? "" : "s"} for more ` +
        "than the way costs. Prices only count when no way is overcharged."
      : gap < 1e-9
        ? "Met. No plan can be cheaper than these prices earn, and here is a plan that costs as much: both are optimal."
        : `Allowed, and so a proof that W is at least ${number(value)}. You can still earn ${number(gap)} more.`;
  }

  draw(broken) {
    const { context } = this;
    const { width, height } = this.fit();
    const ink = colours();
    const x = (place) => 24 + (place / 6) * (width - 48);
    const ground = 0.72 * height;
    context.strokeStyle = ink.muted;
    context.lineWidth = 1;
    context.strokeRect(12, ground, width - 24, 0);
    HOLES.forEach((hole, i) =>
      PILES.forEach((pile, j) => {
        const wrong = broken.some(([a, b]) => a === i && b === j);
        const tight = Math.abs(this.u[i] + this.v[j] - Math.abs(pile - hole)) < 1e-9;
        context.strokeStyle = wrong ? ink.generated : tight ? ink.critic : ink.muted;
        context.lineWidth = wrong || tight ? 3 : 1;
        context.setLineDash(wrong ? [7, 4] : []);
        context.beginPath();
        context.moveTo(x(hole), ground);
        context.quadraticCurveTo(x((hole + pile) / 2), ground - 1.9 * ground * (Math.abs(hole - pile) / 5.5), x(pile), ground);
        context.stroke();
      }),
    );
    context.setLineDash([]);
    context.font = "13px system-ui, sans-serif";
    context.textAlign = "center";
    const mark = (place, name, price, colour, down) => {
      context.fillStyle = colour;
      context.beginPath();
      context.arc(x(place), ground, 6, 0, 2 * Math.PI);
      context.fill();
      context.fillText(`${name} = ${number(price)}`, x(place), ground + (down ? 40 : 22));
    };
    HOLES.forEach((hole, i) => mark(hole, `u${i + 1}`, this.u[i], ink.real, false));
    PILES.forEach((pile, j) => mark(pile, `v${j + 1}`, this.v[j], ink.generated, true));
  }
}
