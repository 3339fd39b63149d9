// The data sets of WGAN-GP's toy experiments, as the authors draw them; each function draws one point of the plane.

/** Eight Gaussians on a circle of radius √2. */
function eight(random) {
  const angle = (random.integer(8) * Math.PI) / 4;
  return around(Math.SQRT2 * Math.cos(angle), Math.SQRT2 * Math.sin(angle), 0.02 / Math.SQRT2, random);
}

/** Twenty-five Gaussians on a grid with steps of 1/√2. */
function twentyFive(random) {
  return around((random.integer(5) - 2) / Math.SQRT2, (random.integer(5) - 2) / Math.SQRT2, 0.05 / Math.sqrt(8), random);
}

/** A Swiss roll, seen from its end. */
function roll(random) {
  const angle = 1.5 * Math.PI * (1 + 2 * random.uniform());
  return around((angle * Math.cos(angle)) / 7.5, (angle * Math.sin(angle)) / 7.5, 0.25 / 7.5, random);
}

function around(x, y, spread, random) {
  return [x + spread * random.normal(), y + spread * random.normal()];
}

/** Points that the reader has painted, each with a little noise. */
export function painted(points) {
  return (random) => around(...points[random.integer(points.length)], 0.02, random);
}

export const DATA = { "8 Gaussians": eight, "25 Gaussians": twentyFive, "Swiss roll": roll };
