import { PERPLEXITY_TEXTS } from '@swm/eval/protocol';
import type { PerplexityFigure } from '../../services/result-service.js';
import type { PerplexityType } from './perplexity.type.js';

/** A stored perplexity as the API shows it. */
export const perplexityView = (figure: PerplexityFigure): PerplexityType => ({
  ...figure,
  title: PERPLEXITY_TEXTS.find(({ name }) => name === figure.text)?.title ?? figure.text,
});
