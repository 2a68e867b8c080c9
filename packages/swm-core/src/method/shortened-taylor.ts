import { defineMethod, opaque } from './definition.js';
import { dropLowest } from './drop-lowest.js';
import { checkProtection, protect } from './protected-blocks.js';

/** Shortened-LLM Taylor (arXiv 2402.02834): the score is the sum of |w · dL/dw| over the block, one backward pass on the dense model. */
export const shortenedTaylorMethod = defineMethod({
  name: 'shortened-taylor',
  title: 'Shortened-LLM Taylor',
  summary: 'Drops the layers whose weights the loss would miss least, to first order; one backward pass.',
  reference: 'arXiv 2402.02834',
  target: 'layers',
  needsGradients: true,
  options: { protect },
  check: (options, model) => checkProtection(options.protect, model),
  create: (options, targetLayers) =>
    opaque(dropLowest({ name: 'shortened-taylor', question: 'gradients', targetLayers, protect: options.protect })),
});
