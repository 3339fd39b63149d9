// A multilayer perceptron in plain typed arrays, with the two derivatives that a Wasserstein GAN needs: of the scores by
// the weights, and of the slopes by the weights, which is what a gradient penalty differentiates.
//
// A batch of n points of dimension d is one Float64Array of n·d numbers, point after point. A ReLU stands between the
// layers; the last one is linear. Weights are stored as torch stores them, (out, in).

/** A layer's weights and biases, and the gradients that a backward pass adds to. */
class Layer {
  constructor(inputs, outputs) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.weight = new Float64Array(outputs * inputs);
    this.bias = new Float64Array(outputs);
    this.weightGradient = new Float64Array(outputs * inputs);
    this.biasGradient = new Float64Array(outputs);
    this.used = this.weight; // what a pass multiplies by; spectral normalisation puts weight / σ here
  }
}

export class Network {
  /** @param {number[]} sizes input, hidden layers, output */
  constructor(sizes) {
    this.sizes = sizes;
    this.layers = sizes.slice(1).map((outputs, i) => new Layer(sizes[i], outputs));
  }

  /** He's initialisation for the ReLU: uniform in ±√(6 / inputs), biases 0. */
  initialise(random) {
    for (const layer of this.layers) {
      const bound = Math.sqrt(6 / layer.inputs);
      for (let i = 0; i < layer.weight.length; i++) layer.weight[i] = bound * (2 * random.uniform() - 1);
    }
    return this;
  }

  /** Every array of trainable numbers, with its gradient. */
  parameters() {
    return this.layers.flatMap((layer) => [
      { value: layer.weight, gradient: layer.weightGradient },
      { value: layer.bias, gradient: layer.biasGradient },
    ]);
  }

  clearGradients() {
    for (const { gradient } of this.parameters()) gradient.fill(0);
  }

  /** Return the activations of all layers: [x, after layer 1, …, outputs]. */
  forward(x, n) {
    const activations = [x];
    this.layers.forEach((layer, depth) => {
      const hidden = depth < this.layers.length - 1;
      activations.push(affine(activations[depth], layer, n, hidden));
    });
    return activations;
  }

  /** Return the derivatives of Σ outputs·seed by each layer's outputs before the ReLU, and by the inputs (first). */
  deltas(activations, seed, n) {
    const found = [seed];
    for (let depth = this.layers.length - 1; depth >= 0; depth--) {
      const back = timesTransposed(found[0], this.layers[depth], n);
      if (depth > 0) mask(back, activations[depth]);
      found.unshift(back);
    }
    return found;
  }

  /** Add the gradient of Σ outputs·seed to the weights and biases; return it by the inputs. */
  backward(activations, seed, n) {
    const deltas = this.deltas(activations, seed, n);
    this.layers.forEach((layer, depth) => {
      addOuter(layer.weightGradient, deltas[depth + 1], activations[depth], n, layer);
      for (let i = 0; i < n; i++)
        for (let o = 0; o < layer.outputs; o++) layer.biasGradient[o] += deltas[depth + 1][i * layer.outputs + o];
    });
    return deltas[0];
  }

  /**
   * Add the gradient of Σ ∇f(x)·direction to the weights, with the directions held fixed.
   *
   * Between its kinks f is linear in x, so ∇f(x)·direction is the direction itself sent forward through the layers, with
   * the masks of the ReLUs as they stand at x. That is linear in each weight matrix: its derivative is the outer product
   * of what came back to the layer's output (delta) and what came forward to its input. Biases play no part.
   */
  backwardOfSlope(activations, deltas, direction, n) {
    let tangent = direction;
    this.layers.forEach((layer, depth) => {
      addOuter(layer.weightGradient, deltas[depth + 1], tangent, n, layer);
      tangent = affine(tangent, layer, n, false, true);
      if (depth < this.layers.length - 1) mask(tangent, activations[depth + 1]);
    });
  }
}

// The three products below are all the time there is, so each does four points, or four outputs, in one sweep: every
// number read from memory is used four times. A short row is padded by reading the last one again, with a weight of 0.

/** Return W x + b for each point, through a ReLU if the layer is hidden; W x alone if it is to stay linear. */
function affine(x, layer, n, hidden, linear = false) {
  const { inputs, outputs, used, bias } = layer;
  const y = new Float64Array(n * outputs);
  for (let i = 0; i < n; i += 4) {
    const [i0, i1, i2, i3] = [i, Math.min(i + 1, n - 1), Math.min(i + 2, n - 1), Math.min(i + 3, n - 1)];
    const [x0, x1, x2, x3] = [i0 * inputs, i1 * inputs, i2 * inputs, i3 * inputs];
    for (let o = 0; o < outputs; o++) {
      const row = o * inputs;
      let s0 = linear ? 0 : bias[o];
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      for (let k = 0; k < inputs; k++) {
        const w = used[row + k];
        s0 += w * x[x0 + k];
        s1 += w * x[x1 + k];
        s2 += w * x[x2 + k];
        s3 += w * x[x3 + k];
      }
      y[i0 * outputs + o] = hidden && s0 < 0 ? 0 : s0;
      y[i1 * outputs + o] = hidden && s1 < 0 ? 0 : s1;
      y[i2 * outputs + o] = hidden && s2 < 0 ? 0 : s2;
      y[i3 * outputs + o] = hidden && s3 < 0 ? 0 : s3;
    }
  }
  return y;
}

/** Return Wᵀ δ for each point. */
function timesTransposed(delta, layer, n) {
  const { inputs, outputs, used } = layer;
  const y = new Float64Array(n * inputs);
  for (let i = 0; i < n; i++) {
    const to = i * inputs;
    for (let o = 0; o < outputs; o += 4) {
      const [d0, d1, d2, d3] = fourOf(delta, i * outputs + o, outputs - o);
      const row0 = o * inputs;
      const row1 = Math.min(o + 1, outputs - 1) * inputs;
      const row2 = Math.min(o + 2, outputs - 1) * inputs;
      const row3 = Math.min(o + 3, outputs - 1) * inputs;
      for (let k = 0; k < inputs; k++)
        y[to + k] += used[row0 + k] * d0 + used[row1 + k] * d1 + used[row2 + k] * d2 + used[row3 + k] * d3;
    }
  }
  return y;
}

/** Add Σ δ xᵀ over the points to a gradient. */
function addOuter(gradient, delta, x, n, { inputs, outputs }) {
  for (let i = 0; i < n; i += 4) {
    const [i1, i2, i3] = [Math.min(i + 1, n - 1), Math.min(i + 2, n - 1), Math.min(i + 3, n - 1)];
    const [x0, x1, x2, x3] = [i * inputs, i1 * inputs, i2 * inputs, i3 * inputs];
    for (let o = 0; o < outputs; o++) {
      const d0 = delta[i * outputs + o];
      const d1 = i + 1 < n ? delta[i1 * outputs + o] : 0;
      const d2 = i + 2 < n ? delta[i2 * outputs + o] : 0;
      const d3 = i + 3 < n ? delta[i3 * outputs + o] : 0;
      const row = o * inputs;
      for (let k = 0; k < inputs; k++)
        gradient[row + k] += d0 * x[x0 + k] + d1 * x[x1 + k] + d2 * x[x2 + k] + d3 * x[x3 + k];
    }
  }
}

function fourOf(values, at, left) {
  return [values[at], left > 1 ? values[at + 1] : 0, left > 2 ? values[at + 2] : 0, left > 3 ? values[at + 3] : 0];
}

/** Set to 0 what a ReLU has switched off. */
function mask(values, activations) {
  for (let i = 0; i < values.length; i++) if (activations[i] <= 0) values[i] = 0;
}

/** Spectral normalisation (Miyato et al. 2018, Algorithm 1): each weight divided by its largest singular value. */
export class SpectralNorm {
  constructor(network, random) {
    this.network = network;
    this.pairs = network.layers.map((layer) => ({
      u: unit(random.normals(layer.outputs)),
      v: unit(random.normals(layer.inputs)),
      sigma: 1,
    }));
    for (let i = 0; i < 15; i++) this.iterate();
  }

  /** Make one power iteration for each layer, and let its next passes use weight / σ. */
  iterate() {
    this.network.layers.forEach((layer, l) => {
      const pair = this.pairs[l];
      pair.u = unit(times(layer, pair.v));
      const back = timesTransposedVector(layer, pair.u);
      pair.sigma = length(back); // uᵀ W v, since v is this vector's direction
      pair.v = unit(back);
      layer.used = layer.weight.map((w) => w / pair.sigma);
    });
  }

  /** Turn gradients by weight / σ into gradients by the weight, u and v held fixed. */
  carryGradients() {
    this.network.layers.forEach((layer, l) => {
      const { u, v, sigma } = this.pairs[l];
      const { weightGradient: gradient, used, inputs, outputs } = layer;
      let along = 0;
      for (let i = 0; i < gradient.length; i++) along += gradient[i] * used[i];
      for (let o = 0; o < outputs; o++)
        for (let k = 0; k < inputs; k++) {
          const i = o * inputs + k;
          gradient[i] = (gradient[i] - along * u[o] * v[k]) / sigma;
        }
    });
  }
}

function times({ weight, inputs, outputs }, v) {
  return Float64Array.from({ length: outputs }, (_, o) => {
    let sum = 0;
    for (let k = 0; k < inputs; k++) sum += weight[o * inputs + k] * v[k];
    return sum;
  });
}

function timesTransposedVector({ weight, inputs, outputs }, u) {
  return Float64Array.from({ length: inputs }, (_, k) => {
    let sum = 0;
    for (let o = 0; o < outputs; o++) sum += weight[o * inputs + k] * u[o];
    return sum;
  });
}

function length(vector) {
  return Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
}

function unit(vector) {
  const norm = Math.max(length(vector), 1e-12);
  return vector.map((x) => x / norm);
}

/** Adam (Kingma and Ba 2015, Algorithm 1), as torch computes it. */
export class Adam {
  constructor(network, rate, [beta1, beta2] = [0.5, 0.9]) {
    Object.assign(this, { parameters: network.parameters(), rate, beta1, beta2, steps: 0 });
    this.moments = this.parameters.map(({ value }) => [new Float64Array(value.length), new Float64Array(value.length)]);
  }

  step() {
    const { beta1, beta2 } = this;
    this.steps++;
    const first = 1 - beta1 ** this.steps;
    const second = Math.sqrt(1 - beta2 ** this.steps);
    this.parameters.forEach(({ value, gradient }, p) => {
      const [mean, square] = this.moments[p];
      for (let i = 0; i < value.length; i++) {
        mean[i] += (1 - beta1) * (gradient[i] - mean[i]);
        square[i] = beta2 * square[i] + (1 - beta2) * gradient[i] * gradient[i];
        value[i] -= ((this.rate / first) * mean[i]) / (Math.sqrt(square[i]) / second + 1e-8);
      }
    });
  }
}

/** RMSProp with torch's decay of 0.99: the optimiser of the WGAN paper, which asks for one without momentum. */
export class RMSProp {
  constructor(network, rate) {
    Object.assign(this, { parameters: network.parameters(), rate });
    this.squares = this.parameters.map(({ value }) => new Float64Array(value.length));
  }

  step() {
    this.parameters.forEach(({ value, gradient }, p) => {
      const square = this.squares[p];
      for (let i = 0; i < value.length; i++) {
        square[i] = 0.99 * square[i] + 0.01 * gradient[i] * gradient[i];
        value[i] -= (this.rate * gradient[i]) / (Math.sqrt(square[i]) + 1e-8);
      }
    });
  }
}
