import type { CkaMatrix } from '../../measure/cka.js';
import { countOf, type Fields, listOf, matrixOf, oneOf } from './messages.js';

/** The field `cka` of an answer: matrices of [depth][depth]. Throws `ENGINE.PROTOCOL`. */
export const readCkaMatrices = (value: Fields, depth: number): CkaMatrix[] =>
  listOf(value, 'cka').map((matrix) => ({
    rows: oneOf(matrix, 'rows', ['samples', 'tokens']),
    kernel: oneOf(matrix, 'kernel', ['linear', 'rbf']),
    estimator: oneOf(matrix, 'estimator', ['biased', 'unbiased', 'minibatch']),
    rowCount: countOf(matrix, 'rowCount', 1),
    values: matrixOf(matrix, 'values', depth),
  }));
