// The game between a critic and a generator on points in the plane: the six methods of chapter 7, one step at a time.
import { Adam, Network, RMSProp, SpectralNorm } from "./network.js";
import { Random } from "./random.js";

/**
 * What tells one way of training a critic from another: the loss, how the critic is kept from being steep, and the name,
 * the usual value and the range of the number that says how strictly.
 */
export const METHODS = {
  GP: { title: "gradient penalty", loss: "wasserstein", rule: "penalty", symbol: "λ", strength: 0.1, range: [0.01, 10] },
  "one-sided": {
    title: "one-sided penalty", loss: "wasserstein", rule: "one-sided", symbol: "λ", strength: 0.1, range: [0.01, 10],
  },
  clip: { title: "weight clipping", loss: "wasserstein", rule: "clip", symbol: "c", strength: 0.1, range: [0.01, 1] },
  R1: { title: "GAN with R1", loss: "logistic", rule: "r1", symbol: "γ", strength: 0.1, range: [0.001, 10] },
  SN: { title: "GAN with spectral norm", loss: "logistic", rule: "spectral" },
  GAN: { title: "the original GAN", loss: "logistic", rule: "" },
};

export class Game {
  /** Both players have two hidden layers of 32; noise and data are points in the plane. */
  constructor({ method = "GP", strength, rate = 3e-3, criticSteps = 5, batch = 64, width = 32, seed = 0 } = {}) {
    Object.assign(this, { ...METHODS[method], method, rate, criticSteps, batch, seed });
    this.strength = strength ?? METHODS[method].strength ?? 0;
    this.critic = new Network([2, width, width, 1]).initialise(new Random(seed, "critic"));
    this.generator = new Network([2, width, width, 2]).initialise(new Random(seed, "generator"));
    this.random = new Random(seed, "training");
    this.steps = 0;
    this.estimate = NaN;
    this.prepare();
  }

  /** Make what depends on the first weights: the clip, the optimisers, the first singular vectors. */
  prepare() {
    if (this.rule === "clip") clip(this.critic, this.strength);
    const Optimizer = this.rule === "clip" ? RMSProp : Adam; // as in chapter 7
    this.criticOptimizer = new Optimizer(this.critic, this.rate);
    this.generatorOptimizer = new Optimizer(this.generator, this.rate);
    this.spectral = this.rule === "spectral" ? new SpectralNorm(this.critic, new Random(this.seed, "spectral")) : null;
  }

  /** Draw a batch with `data(random)`, make a critic step and, after every `criticSteps` of them, a generator step. */
  step(data) {
    const { batch, random } = this;
    const real = new Float64Array(2 * batch);
    for (let i = 0; i < batch; i++) real.set(data(random), 2 * i);
    this.criticStep(real, random.normals(2 * batch), random.uniforms(batch));
    this.steps++;
    if (this.steps % this.criticSteps === 0) this.generatorStep(random.normals(2 * batch));
  }

  /** Improve the critic once (WGAN-GP 2017, Algorithm 1, lines 4–9). */
  criticStep(real, latent, epsilon) {
    const { batch: n, critic } = this;
    const fake = this.generate(latent);
    this.spectral?.iterate();
    critic.clearGradients();
    const both = new Float64Array(4 * n);
    both.set(real);
    both.set(fake, 2 * n);
    const activations = critic.forward(both, 2 * n);
    const { loss, seed } = this.criticLoss(activations.at(-1));
    critic.backward(activations, seed, 2 * n);
    this.estimate = this.loss === "wasserstein" ? -loss : Math.LN2 - loss / 2;
    if (this.rule === "r1") this.addPenalty(real);
    if (this.rule === "penalty" || this.rule === "one-sided") this.addPenalty(mixed(real, fake, epsilon));
    this.spectral?.carryGradients();
    this.criticOptimizer.step();
    if (this.rule === "clip") clip(critic, this.strength); // after the step, so that the generator meets a clipped critic
  }

  /** Return the loss of 2n scores, real ones first, and its derivative by each score. */
  criticLoss(scores) {
    const n = scores.length / 2;
    const seed = new Float64Array(2 * n);
    let loss = 0;
    for (let i = 0; i < 2 * n; i++) {
      const sign = i < n ? -1 : 1; // a real point is to score high
      if (this.loss === "wasserstein") {
        loss += (sign * scores[i]) / n;
        seed[i] = sign / n;
      } else {
        loss += softplus(sign * scores[i]) / n;
        seed[i] = (sign * sigmoid(sign * scores[i])) / n;
      }
    }
    return { loss, seed };
  }

  /** Add the gradient of strength × the mean charge for the critic's slopes at x: (‖∇f‖ − 1)², or ‖∇f‖²/2 for R1. */
  addPenalty(x) {
    const { batch: n, critic } = this;
    const activations = critic.forward(x, n);
    const deltas = critic.deltas(activations, new Float64Array(n).fill(1), n); // deltas[0] is ∇f
    const direction = new Float64Array(2 * n); // the charge's derivative by ∇f
    for (let i = 0; i < n; i++) {
      const [gx, gy] = [deltas[0][2 * i], deltas[0][2 * i + 1]];
      const norm = Math.hypot(gx, gy);
      const excess = this.rule === "one-sided" ? Math.max(norm - 1, 0) : norm - 1;
      const factor = this.rule === "r1" ? 1 : norm > 0 ? (2 * excess) / norm : 0;
      direction[2 * i] = ((this.strength * factor) / n) * gx;
      direction[2 * i + 1] = ((this.strength * factor) / n) * gy;
    }
    critic.backwardOfSlope(activations, deltas, direction, n);
  }

  /** Improve the generator once against a fixed critic (lines 11–12). */
  generatorStep(latent) {
    const { batch: n, critic, generator } = this;
    const made = generator.forward(latent, n);
    this.spectral?.iterate();
    const judged = critic.forward(made.at(-1), n);
    const seed = judged.at(-1).map((score) => -(this.loss === "wasserstein" ? 1 : sigmoid(-score)) / n);
    const [slopes] = critic.deltas(judged, seed, n);
    generator.clearGradients();
    generator.backward(made, slopes, n);
    this.generatorOptimizer.step();
  }

  generate(latent) {
    return this.generator.forward(latent, latent.length / 2).at(-1);
  }

  /** Return the critic's scores of points, and its slopes there. */
  look(points) {
    const n = points.length / 2;
    const activations = this.critic.forward(points, n);
    return { scores: activations.at(-1), slopes: this.critic.deltas(activations, new Float64Array(n).fill(1), n)[0] };
  }
}

function mixed(real, fake, epsilon) {
  return real.map((x, i) => fake[i] + epsilon[i >> 1] * (x - fake[i]));
}

function clip(network, bound) {
  for (const { value } of network.parameters())
    for (let i = 0; i < value.length; i++) value[i] = Math.min(bound, Math.max(-bound, value[i]));
}

function sigmoid(x) {
  return 1 / (1 + Math.exp(-x));
}

function softplus(x) {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
