// Letters: R rows, L layers. Gram matrices are symmetric, [R*R].

/** Sums of the rows of a Gram matrix. → [R] */
function rowSums(gram: Float64Array, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, row) =>
    gram.subarray(row * count, (row + 1) * count).reduce((sum, value) => sum + value, 0),
  );
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/** H K H with H = I - 11ᵀ/R: rows and columns sum to 0. → [R*R] */
export function centredGram(gram: Float64Array, count: number): Float64Array {
  const means = rowSums(gram, count).map((sum) => sum / count);
  const mean = sumOf(means) / count;
  return gram.map((value, at) => value - (means[Math.floor(at / count)] ?? 0) - (means[at % count] ?? 0) + mean);
}

/**
 * The U-centred matrix (Székely and Rizzo 2014): of the Gram matrix with its diagonal set to 0, diagonal 0 again. Inner products of
 * two such matrices over R(R-3) are the unbiased HSIC of Song et al. 2012 (JMLR 13, theorem 2). R >= 4. → [R*R]
 */
export function unbiasedCentredGram(gram: Float64Array, count: number): Float64Array {
  const isDiagonal = (at: number) => at % (count + 1) === 0;
  const hollow = gram.map((value, at) => (isDiagonal(at) ? 0 : value));
  const sums = rowSums(hollow, count);
  const shares = sums.map((sum) => sum / (count - 2));
  const share = sumOf(sums) / ((count - 1) * (count - 2));
  return hollow.map((value, at) =>
    isDiagonal(at) ? 0 : value - (shares[Math.floor(at / count)] ?? 0) - (shares[at % count] ?? 0) + share,
  );
}

/** Sum of products of every two matrices; the HSIC up to a factor that depends on R alone. L matrices → [L][L] */
export function innerProducts(matrices: readonly Float64Array[]): number[][] {
  const products = matrices.map(() => new Array<number>(matrices.length).fill(Number.NaN));
  for (const [a, left] of matrices.entries())
    for (const [b, right] of matrices.entries()) {
      if (b > a) break;
      let sum = 0;
      for (let at = 0; at < left.length; at += 1) sum += (left[at] as number) * (right[at] as number); // at < length
      for (const [row, column] of [
        [a, b],
        [b, a],
      ] as const) {
        const line = products[row];
        if (line) line[column] = sum;
      }
    }
  return products;
}
