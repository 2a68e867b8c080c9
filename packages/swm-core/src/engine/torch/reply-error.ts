import type { CodedError } from '../../errors.js';
import { degenerateLayer } from '../../measure/measure-errors.js';
import { formatPlan, identityPlan } from '../../plan/index.js';
import { engineProtocol, noGradients, nonFinite, torchOutOfMemory, weightsUnreadable } from '../engine-errors.js';
import { countOf, type Fields, oneOf, type ReplyError, textOf } from './messages.js';

/** A question about a plan may find the dense model at fault. */
const dense = (details: Fields): string => formatPlan(identityPlan(countOf(details, 'denseDepth', 1)));

/** The coded error of a reply, made by the factories every engine uses: one wording for one failure. `plan` as `formatPlan` gives it. */
export function replyError({ code, message, details }: ReplyError, plan: string): CodedError {
  switch (code) {
    case 'ENGINE.NON_FINITE':
      return nonFinite(textOf(details, 'where'), 'denseDepth' in details ? dense(details) : plan);
    case 'ENGINE.OUT_OF_MEMORY':
      return torchOutOfMemory(
        textOf(details, 'device'),
        countOf(details, 'neededBytes'),
        countOf(details, 'freeBytes'),
      );
    case 'ENGINE.NO_GRADIENTS':
      return noGradients('torch');
    case 'MEASURE.DEGENERATE_LAYER':
      return degenerateLayer(countOf(details, 'layer'), oneOf(details, 'rows', ['samples', 'tokens']));
    case 'ENGINE.WEIGHTS_UNREADABLE':
      return weightsUnreadable(message);
    default:
      return engineProtocol(`it reports ${code}: ${message}`, JSON.stringify(details));
  }
}
