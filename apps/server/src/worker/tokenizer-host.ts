import { Worker } from 'node:worker_threads';
import { CodedError } from '@swm/core/errors';
import { revive } from './crossed-error.js';
import type { TokenizerReply, TokenizerThreadData } from './tokenizer-messages.js';

/** A thousand samples of 4,096 tokens take about a minute. */
const TIMEOUT_MS = 300_000;
/** The largest vocabularies need a few hundred megabytes. */
const MAX_HEAP_MB = 2048;

/** `CALIBRATION.TOKENIZER_TOO_SLOW`: a pattern of the tokenizer that does not end. */
const tooSlow = (): CodedError =>
  new CodedError({
    code: 'CALIBRATION.TOKENIZER_TOO_SLOW',
    message: `The model’s tokenizer did not encode the calibration text within ${TIMEOUT_MS / 1000} s.`,
    fix: 'Use the tokenizer that was published with these weights; a pattern in this one may never end.',
  });

/** `CALIBRATION.TOKENIZER_CRASHED`: its thread ended without an answer, most often for want of memory. */
const crashed = (cause: unknown): CodedError =>
  new CodedError({
    code: 'CALIBRATION.TOKENIZER_CRASHED',
    message: 'The model’s tokenizer used up the memory it may have.',
    fix: 'Use the tokenizer that was published with these weights.',
    cause,
  });

/**
 * Draws the token ids of a calibration [samples][tokens] in a thread of its own, which a cancel or five minutes end. Throws what
 * `drawSamples` throws, the signal’s reason or a coded error of its own.
 */
export async function drawTokenIds(data: TokenizerThreadData, signal: AbortSignal): Promise<number[][]> {
  signal.throwIfAborted();
  const thread = new Worker(new URL('./tokenizer-thread.js', import.meta.url), {
    workerData: data,
    name: 'tokenizer',
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  try {
    const reply = await new Promise<TokenizerReply>((resolve, reject) => {
      onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      timer = setTimeout(() => reject(tooSlow()), TIMEOUT_MS);
      thread.once('message', resolve);
      thread.once('error', (error) => reject(crashed(error)));
      thread.once('exit', (code) => reject(crashed(new Error(`exit code ${code}`))));
    });
    if ('error' in reply) throw revive(reply.error);
    return reply.tokenIds;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    await thread.terminate();
  }
}
