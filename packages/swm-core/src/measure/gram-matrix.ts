// Letters: R rows, X features.

/** Bandwidth of the RBF kernel in median distances: the fraction that told layers apart best in Kornblith et al. 2019, table 2. */
const BANDWIDTH_FRACTION = 0.8;

/** In f64. Four sums at once: additions that wait for each other would take three times as long. */
function dot(a: Float32Array, b: Float32Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = a.length - (a.length % 4);
  // Every index below is < length.
  for (let at = 0; at < whole; at += 4) {
    s0 += (a[at] as number) * (b[at] as number);
    s1 += (a[at + 1] as number) * (b[at + 1] as number);
    s2 += (a[at + 2] as number) * (b[at + 2] as number);
    s3 += (a[at + 3] as number) * (b[at + 3] as number);
  }
  for (let at = whole; at < a.length; at += 1) s0 += (a[at] as number) * (b[at] as number);
  return s0 + s1 + (s2 + s3);
}

/** Inner products of the rows, in f64: the Gram matrix of the linear kernel. R rows of X numbers → [R*R] */
export function linearGram(rows: readonly Float32Array[]): Float64Array {
  const count = rows.length;
  const gram = new Float64Array(count * count);
  for (const [i, row] of rows.entries())
    for (const [j, other] of rows.entries()) {
      if (j > i) break;
      const product = dot(row, other);
      gram[i * count + j] = product;
      gram[j * count + i] = product;
    }
  return gram;
}

function median(values: Float64Array): number {
  const sorted = values.toSorted();
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

/**
 * The Gram matrix of the RBF kernel exp(-d² / 2σ²) from the linear one, whose entries hold every distance d. σ is 0.8 of the median
 * distance between two different rows (Kornblith et al. 2019, arXiv 1905.00414, section 3). NaN where that median is 0. [R*R] → [R*R]
 */
export function rbfGram(linear: Float64Array, count: number): Float64Array {
  const at = (i: number, j: number) => linear[i * count + j] ?? Number.NaN;
  const squares = new Float64Array(count * count);
  const distances = new Float64Array((count * (count - 1)) / 2);
  let pair = 0;
  for (let i = 0; i < count; i += 1)
    for (let j = 0; j < i; j += 1) {
      const square = Math.max(0, at(i, i) + at(j, j) - 2 * at(i, j)); // rounding alone makes it negative
      squares[i * count + j] = square;
      squares[j * count + i] = square;
      distances[pair] = Math.sqrt(square);
      pair += 1;
    }
  const sigma = BANDWIDTH_FRACTION * median(distances);
  return squares.map((square) => Math.exp(-square / (2 * sigma * sigma)));
}
