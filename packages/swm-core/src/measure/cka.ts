// Letters: R rows, L layers.
import { rbfGram } from './gram-matrix.js';
import { centredGram, innerProducts, unbiasedCentredGram } from './hsic.js';
import { degenerateLayer } from './measure-errors.js';

/** What a row is: a calibration sample, all its tokens' states in one vector, or the state of one token. */
export type CkaRows = 'samples' | 'tokens';
export type CkaKernel = 'linear' | 'rbf';
/** `minibatch` is the form of the paper's published analysis. */
export type CkaEstimator = 'biased' | 'unbiased' | 'minibatch';

/** Centred kernel alignment of the outputs of every two layers. */
export interface CkaMatrix {
  readonly rows: CkaRows;
  readonly kernel: CkaKernel;
  readonly estimator: CkaEstimator;
  /** R: what it was measured on. */
  readonly rowCount: number;
  /** Symmetric, 1 on the diagonal; between 0 and 1, the unbiased estimate between -1 and 1. [L][L] */
  readonly values: readonly (readonly number[])[];
}

/** Fewer rows have no unbiased estimate, and hardly any biased one. */
const MIN_ROWS = 4;
/** Samples of a batch of the published analysis. */
const BATCH_ROWS = 16;
/** What is left of a Gram matrix after centring, over the whole of it, when rows differ by a millionth: by the rounding of f32 states. */
const ROUNDING = 1e-12;

const normOf = (matrix: Float64Array): number => Math.sqrt(matrix.reduce((sum, value) => sum + value * value, 0));

/** Centres each layer's Gram matrix; throws `MEASURE.DEGENERATE_LAYER` where nothing is left. */
function centreAll(
  grams: readonly Float64Array[],
  centre: (gram: Float64Array) => Float64Array,
  rows: CkaRows,
): Float64Array[] {
  return grams.map((gram, layer) => {
    const centred = centre(gram);
    if (!(normOf(centred) > ROUNDING * normOf(gram))) throw degenerateLayer(layer, rows);
    return centred;
  });
}

/** CKA_ij = HSIC_ij / √(HSIC_ii HSIC_jj), in which constant factors of the HSIC cancel. */
function normalised(hsic: readonly (readonly number[])[]): number[][] {
  const self = (layer: number) => hsic[layer]?.[layer] ?? Number.NaN;
  return hsic.map((line, i) =>
    line.map((value, j) => (i === j ? 1 : value / (Math.sqrt(self(i)) * Math.sqrt(self(j))))),
  );
}

/** CKA by the biased HSIC (Kornblith et al. 2019, arXiv 1905.00414) or the unbiased one (Song et al. 2012). Gram matrices [L] of [R*R] → [L][L] */
function ckaMatrix(
  grams: readonly Float64Array[],
  count: number,
  estimator: 'biased' | 'unbiased',
  rows: CkaRows,
): number[][] {
  const centre = estimator === 'biased' ? centredGram : unbiasedCentredGram;
  return normalised(innerProducts(centreAll(grams, (gram) => centre(gram, count), rows)));
}

/** The Gram matrix of some consecutive rows. [R*R] → [(next - first)²] */
function blockOf(gram: Float64Array, count: number, first: number, next: number): Float64Array {
  const size = next - first;
  return Float64Array.from(
    { length: size * size },
    (_, at) => gram[(first + Math.floor(at / size)) * count + first + (at % size)] ?? Number.NaN,
  );
}

/**
 * The published analysis (methods.md 2): batches of 16 samples, numerator and denominators summed over the batches. Its unbiased
 * formula is applied to centred Gram matrices with their diagonals, where it leaves tr(Kc Lc) / R(R-3): a biased estimate. Unlike
 * it, nothing is truncated to whole numbers, and a last batch of fewer than 4 is left out.
 */
function minibatchCka(grams: readonly Float64Array[], count: number, rows: CkaRows): number[][] {
  const sums = grams.map(() => new Array<number>(grams.length).fill(0));
  for (let first = 0; count - first >= MIN_ROWS; first += BATCH_ROWS) {
    const next = Math.min(count, first + BATCH_ROWS);
    const size = next - first;
    const centre = (gram: Float64Array) => centredGram(blockOf(gram, count, first, next), size);
    const products = innerProducts(centreAll(grams, centre, rows));
    for (const [i, line] of sums.entries())
      for (const [j, sum] of line.entries()) line[j] = sum + (products[i]?.[j] ?? Number.NaN) / (size * (size - 3));
  }
  return normalised(sums);
}

/**
 * Every form of CKA that these rows allow; none for fewer than 4. Throws `MEASURE.DEGENERATE_LAYER`.
 * `linear` [L] of [R*R], of the layers' outputs, in order
 */
export function ckaMatrices(linear: readonly Float64Array[], rowCount: number, rows: CkaRows): CkaMatrix[] {
  if (rowCount < MIN_ROWS) return [];
  const matrices: CkaMatrix[] = [];
  for (const kernel of ['linear', 'rbf'] as const) {
    const grams = kernel === 'linear' ? linear : linear.map((gram) => rbfGram(gram, rowCount));
    for (const estimator of ['biased', 'unbiased'] as const)
      matrices.push({ rows, kernel, estimator, rowCount, values: ckaMatrix(grams, rowCount, estimator, rows) });
  }
  if (rows === 'samples')
    matrices.push({
      ...{ rows, kernel: 'linear', estimator: 'minibatch', rowCount },
      values: minibatchCka(linear, rowCount, rows),
    });
  return matrices;
}
