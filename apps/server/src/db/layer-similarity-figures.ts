import { z } from 'zod';

const numbers = z.array(z.number()).readonly();
const matrix = z.array(numbers).readonly();

/** How alike the layers of a model are: the JSON of `LayerSimilarity.figures`, checked when written and when read. NaN is no number here. */
export const layerSimilarityFiguresSchema = z.object({
  /** Between the states entering each layer and leaving the last. [L+1][L+1] */
  cosine: matrix,
  angularDistance: matrix,
  /** [L] */
  blockInfluence: numbers,
  /** Of the outputs of every two layers, one matrix [L][L] a form. */
  cka: z
    .array(
      z.object({
        rows: z.enum(['samples', 'tokens']),
        kernel: z.enum(['linear', 'rbf']),
        estimator: z.enum(['biased', 'unbiased', 'minibatch']),
        rowCount: z.int(),
        values: matrix,
      }),
    )
    .readonly(),
});
export type LayerSimilarityFigures = z.infer<typeof layerSimilarityFiguresSchema>;
