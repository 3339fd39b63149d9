// A recorded generator of digits, run in the page: transposed convolutions, batch norm as it was at the end of training.

/** The layers of wgan_lib's conv_generator: how each transposed convolution strides and pads. */
const GEOMETRY = [
  { stride: 1, padding: 0 }, // 32×1×1 → 64×4×4
  { stride: 2, padding: 1 }, // → 32×7×7
  { stride: 2, padding: 1 }, // → 16×14×14
  { stride: 2, padding: 1 }, // → 1×28×28
];

/** Return the tensors of a safetensors file, as { name: { shape, values } } in Float32. */
export function readTensors(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  delete header.__metadata__;
  const read = { F16: (at) => half(view.getUint16(at, true)), F32: (at) => view.getFloat32(at, true), I64: () => 0 };
  const size = { F16: 2, F32: 4, I64: 8 };
  return Object.fromEntries(
    Object.entries(header).map(([name, { dtype, shape, data_offsets: [start] }]) => {
      const count = shape.reduce((product, n) => product * n, 1);
      const values = Float32Array.from({ length: count }, (_, i) => read[dtype](8 + length + start + i * size[dtype]));
      return [name, { shape, values }];
    }),
  );
}

/** Return the number that 16 bits stand for: sign, five bits of exponent, ten of mantissa. */
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

export class Generator {
  constructor(tensors) {
    const kernels = Object.keys(tensors)
      .filter((name) => tensors[name].shape.length === 4)
      .sort((a, b) => parseInt(a, 10) - parseInt(b, 10)); // "10.weight" stands before "4.weight" in the file
    this.layers = kernels.map((name, depth) => {
      const next = String(Number(name.split(".")[0]) + 1);
      return { ...GEOMETRY[depth], kernel: tensors[name], ...finish(tensors, name, next) };
    });
    this.latent = this.layers[0].kernel.shape[0];
  }

  /** Return the 28 × 28 pixels, in [−1, 1], of one digit. */
  draw(latent) {
    let image = { side: 1, values: Float32Array.from(latent) };
    this.layers.forEach((layer, depth) => {
      image = transposedConvolution(image, layer);
      const last = depth === this.layers.length - 1;
      image.values = image.values.map(last ? Math.tanh : (x) => Math.max(x, 0));
    });
    return image.values;
  }
}

/** Return what is done to each channel behind a convolution: batch norm as scale and shift, or a bias. */
function finish(tensors, kernel, next) {
  if (!(`${next}.running_var` in tensors)) {
    const bias = tensors[kernel.replace("weight", "bias")].values;
    return { scale: bias.map(() => 1), shift: bias };
  }
  const { weight, bias, running_mean: mean, running_var: variance } = Object.fromEntries(
    ["weight", "bias", "running_mean", "running_var"].map((part) => [part, tensors[`${next}.${part}`].values]),
  );
  const scale = weight.map((w, c) => w / Math.sqrt(variance[c] + 1e-5));
  return { scale, shift: bias.map((b, c) => b - mean[c] * scale[c]) };
}

/** Every pixel of the small image stamps the kernel onto the large one; where stamps overlap, they add. */
function transposedConvolution({ side, values }, { kernel, stride, padding, scale, shift }) {
  const [inputs, outputs, size] = kernel.shape;
  const to = (side - 1) * stride - 2 * padding + size;
  const made = new Float32Array(outputs * to * to);
  for (let c = 0; c < inputs; c++)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const value = values[(c * side + y) * side + x];
        if (value === 0) continue;
        for (let o = 0; o < outputs; o++)
          for (let ky = 0; ky < size; ky++) {
            const row = y * stride - padding + ky;
            if (row < 0 || row >= to) continue;
            for (let kx = 0; kx < size; kx++) {
              const column = x * stride - padding + kx;
              if (column < 0 || column >= to) continue;
              made[(o * to + row) * to + column] += value * kernel.values[((c * outputs + o) * size + ky) * size + kx];
            }
          }
      }
  for (let o = 0; o < outputs; o++)
    for (let i = o * to * to; i < (o + 1) * to * to; i++) made[i] = made[i] * scale[o] + shift[o];
  return { side: to, values: made };
}
