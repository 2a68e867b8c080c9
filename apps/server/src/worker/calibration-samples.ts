import { createHash } from 'node:crypto';
import { seededRandom } from '@swm/core';
import { CodedError } from '@swm/core/errors';

/** `CALIBRATION.TOO_FEW`: not enough documents are long enough. */
const tooFew = (found: number, wanted: number, tokens: number): CodedError =>
  new CodedError({
    code: 'CALIBRATION.TOO_FEW',
    message: `Only ${found} of the calibration documents have ${tokens} tokens or more; ${wanted} samples were asked for.`,
    fix: 'Ask for fewer or shorter samples, or calibrate with a file of longer documents.',
  });

/**
 * Draws `samples` windows of `tokens` token ids: documents in random order, each at most once, those too short passed over, a random
 * start in each (methods.md 1.2). With `bosId` the beginning-of-sequence token stands before each window, whose last token goes. Throws
 * `CALIBRATION.TOO_FEW`.
 */
export function drawSamples(options: {
  readonly documents: readonly string[];
  readonly encode: (text: string) => readonly number[];
  readonly samples: number;
  readonly tokens: number;
  readonly seed: number;
  readonly bosId?: number | undefined;
}): number[][] {
  const { documents, encode, samples, tokens, seed, bosId } = options;
  // The published script's own generator is not ported.
  const bits = seededRandom(seed);
  const below = (count: number) => Math.floor((bits() / 2 ** 32) * count);
  const left = documents.map((_, index) => index);
  const drawn: number[][] = [];
  while (drawn.length < samples && left.length > 0) {
    const [index = 0] = left.splice(below(left.length), 1);
    const ids = encode(documents[index] ?? '');
    if (ids.length < tokens) continue;
    const first = below(ids.length - tokens + 1);
    const window = ids.slice(first, first + tokens);
    drawn.push(bosId === undefined ? [...window] : [bosId, ...window.slice(0, -1)]);
  }
  if (drawn.length < samples) throw tooFew(drawn.length, samples, tokens);
  return drawn;
}

/** sha256 (hex) over the JSON of the matrix: what "the same calibration" means. */
export const tokenIdsSha256 = (tokenIds: readonly (readonly number[])[]): string =>
  createHash('sha256').update(JSON.stringify(tokenIds)).digest('hex');
