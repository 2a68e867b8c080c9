import { parentPort, workerData } from 'node:worker_threads';
import { Tokenizer } from '@huggingface/tokenizers';
import { CodedError } from '@swm/core/errors';
import { drawSamples } from './calibration-samples.js';
import { cross } from './crossed-error.js';
import type { TokenizerReply, TokenizerThreadData } from './tokenizer-messages.js';

/** The tokenizer's own thread: its patterns come with the model, and a hostile one never ends. */
const port = parentPort;
if (!port) throw new Error('tokenizer-thread.js runs as a worker thread only');

/** `CALIBRATION.TOKENIZER_UNSUPPORTED`: tokenizer.json cannot be used here. */
const tokenizerUnsupported = (cause: unknown): CodedError =>
  new CodedError({
    code: 'CALIBRATION.TOKENIZER_UNSUPPORTED',
    message: `The model’s tokenizer.json cannot be used: ${cause instanceof Error ? cause.message : 'unknown reason'}`,
    fix: 'Save the tokenizer again with a current version of transformers (tokenizer.save_pretrained).',
    cause,
  });

/** Whatever the tokenizer throws is the model's fault, also where a text is encoded. */
function guarded<Value>(use: () => Value): Value {
  try {
    return use();
  } catch (error) {
    throw tokenizerUnsupported(error);
  }
}

function draw(): number[][] {
  const { tokenizer, tokenizerConfig, ...sampling }: TokenizerThreadData = workerData;
  const loaded = guarded(() => new Tokenizer(JSON.parse(tokenizer), JSON.parse(tokenizerConfig)));
  const encode = (text: string) => guarded(() => loaded.encode(text, { add_special_tokens: false }).ids);
  return drawSamples({ ...sampling, encode });
}

function reply(): TokenizerReply {
  try {
    return { tokenIds: draw() };
  } catch (error) {
    return { error: cross(error) };
  }
}

port.postMessage(reply());
