// One stream of random numbers for each purpose: the same seed draws the same game on every machine.

/** A source of uniform and Gaussian numbers (the generator sfc32, seeded by a hash of a number and a word). */
export class Random {
  constructor(seed, purpose = "") {
    this.state = new Uint32Array(4);
    let hash = 2166136261 ^ seed; // FNV-1a
    for (const letter of `${seed} ${purpose}`) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619);
    this.state.set([hash, Math.imul(hash, 2654435761), seed, 1]);
    for (let i = 0; i < 12; i++) this.uniform(); // until every bit depends on every other
    this.spare = null;
  }

  /** A number in [0, 1). */
  uniform() {
    const s = this.state;
    const sum = s[0] + s[1] + s[3];
    s[3]++;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = s[2] + (s[2] << 3);
    s[2] = (s[2] << 21) | (s[2] >>> 11);
    s[2] += sum;
    return (sum >>> 0) / 4294967296;
  }

  /** A number from N(0, 1), by Box and Muller, which gives two at a time. */
  normal() {
    if (this.spare !== null) {
      const value = this.spare;
      this.spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  normals(count) {
    return Float64Array.from({ length: count }, () => this.normal());
  }

  uniforms(count) {
    return Float64Array.from({ length: count }, () => this.uniform());
  }

  integer(below) {
    return Math.floor(below * this.uniform());
  }
}
