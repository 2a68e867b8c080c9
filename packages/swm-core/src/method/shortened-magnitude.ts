import { defineMethod, opaque } from './definition.js';
import { dropLowest } from './drop-lowest.js';
import { checkProtection, protect } from './protected-blocks.js';

/** Shortened-LLM by magnitude (arXiv 2402.02834): the score is the block's sum of absolute weights, norms included. Needs no data. */
export const shortenedMagnitudeMethod = defineMethod({
  name: 'shortened-magnitude',
  title: 'Shortened-LLM Magnitude',
  summary: 'Drops the layers with the smallest weights; looks at no data.',
  reference: 'arXiv 2402.02834',
  target: 'layers',
  options: { protect },
  check: (options, model) => checkProtection(options.protect, model),
  create: (options, targetLayers) =>
    opaque(dropLowest({ name: 'shortened-magnitude', question: 'magnitudes', targetLayers, protect: options.protect })),
});
