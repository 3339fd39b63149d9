// A walk through the latent space of a recorded generator, and the way from one digit to another.
import { element, sharpCanvas } from "./drawing.js";
import { Generator, readTensors } from "./generator.js";
import { Random } from "./random.js";

const STEPS = 9; // digits on the way, both ends included

/** Return the point a share t of the way from a to b along the sphere that both lie near. */
export function between(a, b, t) {
  const norm = (x) => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
  const [na, nb] = [norm(a), norm(b)];
  const cosine = a.reduce((sum, value, i) => sum + (value * b[i]) / (na * nb), 0);
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  if (angle < 1e-6) return a.map((value, i) => value + t * (b[i] - value));
  const [from, to] = [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
  return a.map((value, i) => from * value + to * b[i]);
}

export function mount(root) {
  const bytes = Uint8Array.from(atob(root.dataset.file), (letter) => letter.charCodeAt(0));
  return new Digits(root, new Generator(readTensors(bytes)));
}

class Digits {
  constructor(root, generator) {
    this.generator = generator;
    this.random = new Random(3, "digits");
    this.ends = [this.random.normals(generator.latent), this.random.normals(generator.latent)];
    this.share = 0.5;
    this.one = sharpCanvas("The digit that the generator draws at this place of its latent space", 1);
    this.way = sharpCanvas("Nine digits on the way from the first to the second", STEPS);
    this.way.canvas.style.gridColumn = "1 / -1";
    root.replaceChildren(
      element("div", { className: "play-stage" }, this.one.canvas),
      element("div", { className: "play-side" }, this.form()),
      this.way.canvas,
    );
    new ResizeObserver(() => this.redraw()).observe(this.one.canvas);
    this.redraw();
  }

  form() {
    const button = (name, action) => element("button", { type: "button", textContent: name, onclick: action });
    const renew = (end) => {
      this.ends[end] = this.random.normals(this.generator.latent);
      this.redraw();
    };
    const slider = element("input", { type: "range", ariaLabel: "place on the way", min: 0, max: 1, step: 0.01, value: this.share });
    slider.oninput = () => this.go(Number(slider.value));
    const walk = button("Walk", () => (this.walking ? this.halt() : this.walk()));
    Object.assign(this, { slider, button: walk });
    return element(
      "div",
      { className: "play-settings" },
      element("label", {}, element("span", { textContent: "place on the way" }), slider),
      element("div", { className: "play-buttons" }, button("Another first", () => renew(0)), button("Another second", () => renew(1)), walk),
      element("p", {
        className: "play-says",
        textContent: "Every place between two digits is a picture, too. Walk goes on and on, from each digit to a new one.",
      }),
    );
  }

  go(share) {
    this.share = share;
    this.slider.value = share;
    this.slider.ariaValueText = `${Math.round(100 * share)} per cent of the way`;
    this.redraw();
  }

  /** Go to the second digit, then on to a new one. With little motion wanted, in nine leaps to each. */
  walk() {
    this.walking = true;
    this.button.textContent = "Stop";
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const turn = () => {
      if (!this.walking) return;
      const share = this.share + (still ? 1 / (STEPS - 1) : 0.01);
      if (share > 1) this.ends = [this.ends[1], this.random.normals(this.generator.latent)];
      this.go(share > 1 ? 0 : share);
      if (still) window.setTimeout(turn, 1000);
      else window.requestAnimationFrame(turn);
    };
    turn();
  }

  halt() {
    this.walking = false;
    this.button.textContent = "Walk";
  }

  redraw() {
    this.paint(this.one, [this.share]);
    const drawn = `${this.ends[0][0]} ${this.ends[1][0]} ${this.way.canvas.clientWidth}`;
    if (drawn === this.drawn) return; // the strip changes with its ends and its width alone
    this.paint(this.way, Array.from({ length: STEPS }, (_, i) => i / (STEPS - 1)));
    this.drawn = drawn;
  }

  /** Draw the digits at these shares of the way side by side. */
  paint({ context, fit }, shares) {
    const { width } = fit();
    const side = width / shares.length;
    this.tile ??= new OffscreenCanvas(28, 28);
    context.imageSmoothingEnabled = false;
    shares.forEach((share, at) => {
      const pixels = this.generator.draw(between(this.ends[0], this.ends[1], share));
      const picture = new ImageData(28, 28);
      pixels.forEach((value, i) => {
        picture.data.fill(Math.round(127.5 * (value + 1)), 4 * i, 4 * i + 3);
        picture.data[4 * i + 3] = 255;
      });
      this.tile.getContext("2d").putImageData(picture, 0, 0);
      context.drawImage(this.tile, at * side, 0, side, side);
    });
  }
}
