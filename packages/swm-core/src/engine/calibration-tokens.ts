import type { ModelConfig } from '../checkpoint/model-source.js';
import { badTokens } from './engine-errors.js';

/** Throws `ENGINE.BAD_TOKENS` unless `tokenIds` [B][T] are rows of one length, at least two tokens, all of the model's vocabulary. */
export function checkTokens(tokenIds: readonly (readonly number[])[], config: ModelConfig): void {
  const tokens = tokenIds[0]?.length ?? 0;
  if (tokens < 2) throw badTokens('A calibration sample needs at least two tokens.');
  if (tokenIds.some((row) => row.length !== tokens)) throw badTokens('Calibration samples differ in length.');
  const outside = tokenIds.flat().find((id) => !Number.isInteger(id) || id < 0 || id >= config.vocabSize);
  if (outside !== undefined)
    throw badTokens(`Token ${outside} is outside the model's vocabulary of ${config.vocabSize}.`);
}
