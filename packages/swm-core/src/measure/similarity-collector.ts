// Letters: B batch, T tokens, D hidden, L layers.
import { type CkaMatrix, ckaMatrices } from './cka.js';
import { cosinePerSample, meanOf } from './cosine.js';
import { linearGram } from './gram-matrix.js';
import { sampledRows } from './sampled-rows.js';

/** How alike the states at two layer boundaries are. */
export interface StateSimilarity {
  /**
   * Mean over token rows of cos(state entering layer a, state entering layer b); boundary L is the state leaving the last layer,
   * before the final norm. Symmetric, 1 on the diagonal. [L+1][L+1]
   */
  readonly cosine: readonly (readonly number[])[];
  /** Every form that the calibration has rows enough for. */
  readonly cka: readonly CkaMatrix[];
}

/**
 * Takes the hidden states of one dense pass boundary by boundary. Of each it keeps Gram matrices and the states of at most 256
 * token rows (for cosines between boundaries): (L+1) * 256 * D * 4 bytes at most, never whole states.
 */
export class SimilarityCollector {
  private readonly sampleRows: readonly number[];
  private readonly tokenRows: readonly number[];
  private readonly tokenStates: Float32Array[] = []; // [L+1] of [R*D]
  private readonly sampleGrams: Float64Array[] = []; // [L] of [R*R]
  private readonly tokenGrams: Float64Array[] = []; // [L] of [R*R]

  constructor(private readonly size: { readonly batch: number; readonly tokens: number; readonly hidden: number }) {
    this.sampleRows = sampledRows(size.batch);
    this.tokenRows = sampledRows(size.batch * size.tokens);
  }

  /** The state entering the next layer, at last the one leaving the last. `state` [B*T, D] */
  add(state: Float32Array): void {
    const { tokens, hidden } = this.size;
    const rowsOf = (rows: readonly number[], width: number) =>
      rows.map((row) => state.subarray(row * width, (row + 1) * width));
    const tokenRows = rowsOf(this.tokenRows, hidden);
    const kept = new Float32Array(tokenRows.length * hidden);
    for (const [at, row] of tokenRows.entries()) kept.set(row, at * hidden);
    this.tokenStates.push(kept);
    if (this.tokenStates.length === 1) return; // CKA is of the layers' outputs
    this.tokenGrams.push(linearGram(tokenRows));
    this.sampleGrams.push(linearGram(rowsOf(this.sampleRows, tokens * hidden)));
  }

  /** Throws `MEASURE.DEGENERATE_LAYER`. */
  finish(): StateSimilarity {
    const { hidden } = this.size;
    const cosine = this.tokenStates.map((low, a) =>
      this.tokenStates.map((high, b) => (b > a ? meanOf(cosinePerSample(low, high, hidden)) : Number.NaN)),
    );
    return {
      cosine: cosine.map((line, a) =>
        line.map((value, b) => (a === b ? 1 : b > a ? value : (cosine[b]?.[a] ?? value))),
      ),
      cka: [
        ...ckaMatrices(this.tokenGrams, this.tokenRows.length, 'tokens'),
        ...ckaMatrices(this.sampleGrams, this.sampleRows.length, 'samples'),
      ],
    };
  }
}
