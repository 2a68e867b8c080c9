/**
 * What benchmarks and verifications search: SmolLM2-135M on the token ids an experiment calibrates with by default, on either engine.
 * Needs `npm run build` and `npm run setup`; the model is converted when it is missing.
 */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { openModel } from '@swm/core/checkpoint';
import { loadBackend, TfjsSession } from '@swm/core/engine/tfjs';
import { drawSamples } from '../../../apps/server/dist/worker/calibration-samples.js';
import { fileModelFolder } from '../../../apps/server/dist/worker/checkpoint-files.js';
import { openTorchSession } from '../../../apps/server/dist/worker/torch-host.js';
import { ENGINE_FOLDER, PYTHON, SWM_HOME } from '../../../tools/paths.mjs';
import { convertBuiltin } from '../../eval/dist/index.js';

// Read by TensorFlow when it is loaded, which happens when a session is opened.
process.env.TF_CPP_MIN_LOG_LEVEL = '3';
process.env.TF_FORCE_GPU_ALLOW_GROWTH = 'true';
process.env.NVIDIA_TF32_OVERRIDE ??= '0';

export const DEPTH = 30;
export const MODEL_FOLDER = join(SWM_HOME, 'models', 'smollm2-135m');
await convertBuiltin({ python: PYTHON, folder: MODEL_FOLDER, runId: 'bench' });

/** The matrix an experiment calibrates with by default. [10][128] */
export const tokenIds = calibration();

function calibration() {
  const json = (name) => JSON.parse(readFileSync(join(MODEL_FOLDER, name), 'utf8'));
  const tokenizer = new Tokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
  const texts = resolve(import.meta.dirname, '../../eval/tasks/calibration/builtin.jsonl');
  const lines = readFileSync(texts, 'utf8').trim().split('\n');
  return drawSamples({
    documents: lines.map((line) => JSON.parse(line).text),
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    samples: 10,
    tokens: 128,
    seed: 1234,
  });
}

/** A new session on a TensorFlow.js backend: 'auto', 'tensorflow', 'wasm' … */
export async function openTfjs(prefer = 'auto', cacheBytes = undefined) {
  const backend = await loadBackend({ prefer, engineFolder: ENGINE_FOLDER });
  const files = await fileModelFolder(MODEL_FOLDER);
  try {
    return await TfjsSession.open(backend, await openModel(files), tokenIds, cacheBytes);
  } finally {
    await files.close();
  }
}

/** A new session on PyTorch, in a process of its own. */
export const openTorch = (cacheBytes = undefined) =>
  openTorchSession({
    ...{ folder: MODEL_FOLDER, tokenIds, python: PYTHON, dtype: 'f32', threads: cpus().length, runId: 'bench' },
    ...(cacheBytes === undefined ? {} : { cacheBytes }),
    signal: new AbortController().signal,
    onLine: console.error,
  });
