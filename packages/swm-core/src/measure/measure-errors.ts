import { CodedError } from '../errors.js';

/** `MEASURE.DEGENERATE_LAYER`: a similarity is undefined, since a layer tells no two rows apart. */
export const degenerateLayer = (layer: number, rows: 'samples' | 'tokens'): CodedError =>
  new CodedError({
    code: 'MEASURE.DEGENERATE_LAYER',
    message: `The similarity of layer ${layer} is undefined: its output is the same for most ${rows} of the calibration.`,
    fix: 'Calibrate with more and more varied text; if it stays, the weights of that layer or of one below it are broken.',
    details: { layer, rows },
  });
