// Exact optimal transport between as many points as points: an assignment, solved to the optimum.

/** Return the n × n distances between points in the plane. */
export function distances(x, y) {
  const n = x.length / 2;
  const m = y.length / 2;
  const cost = new Float64Array(n * m);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < m; j++) cost[i * m + j] = Math.hypot(x[2 * i] - y[2 * j], x[2 * i + 1] - y[2 * j + 1]);
  return cost;
}

/**
 * Return the cheapest way to give each of n rows a column of its own: { partner, cost, u, v }.
 *
 * The algorithm of Jonker and Volgenant (1987): row after row joins the assignment along the cheapest chain of
 * exchanges, found as Dijkstra finds a shortest way, in costs that the prices u and v keep non-negative. At the end
 * u[i] + v[j] ≤ cost[i, j] everywhere, with equality at each pair: the prices prove that no assignment is cheaper.
 */
export function assign(cost, n) {
  const u = new Float64Array(n);
  const v = new Float64Array(n);
  const partner = new Int32Array(n).fill(-1); // of each row
  const owner = new Int32Array(n).fill(-1); // of each column
  for (let row = 0; row < n; row++) {
    const { column, way, from, seen } = cheapestChain(cost, n, row, u, v, owner);
    for (let j = 0; j < n; j++)
      if (seen[j]) {
        const change = way[column] - way[j];
        u[owner[j] < 0 ? row : owner[j]] += j === column ? 0 : change;
        v[j] -= change;
      }
    u[row] += way[column];
    exchange(column, row, from, partner, owner);
  }
  let total = 0;
  for (let i = 0; i < n; i++) total += cost[i * n + partner[i]];
  return { partner, cost: total / n, u, v };
}

/** Find the nearest free column to a row: `way` is how far each column is, `from` the row before it on the chain. */
function cheapestChain(cost, n, row, u, v, owner) {
  const way = new Float64Array(n).fill(Infinity);
  const from = new Int32Array(n).fill(-1);
  const seen = new Uint8Array(n);
  let at = row;
  let far = 0;
  for (;;) {
    let next = -1;
    for (let j = 0; j < n; j++) {
      if (seen[j]) continue;
      const reach = far + cost[at * n + j] - u[at] - v[j];
      if (reach < way[j]) {
        way[j] = reach;
        from[j] = at;
      }
      if (next < 0 || way[j] < way[next]) next = j;
    }
    seen[next] = 1;
    if (owner[next] < 0) return { column: next, way, from, seen };
    far = way[next];
    at = owner[next];
  }
}

/** Give each column on the chain to the row before it, from the free column back to the row that came new. */
function exchange(column, row, from, partner, owner) {
  for (;;) {
    const taker = from[column];
    const given = partner[taker];
    partner[taker] = column;
    owner[column] = taker;
    if (taker === row) return;
    column = given;
  }
}
