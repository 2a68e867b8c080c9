import type { Architecture } from './architecture.js';
import { unsupportedArchitecture } from './architecture-errors.js';
import { show } from './config-fields.js';
import { GEMMA2 } from './gemma2.js';
import { GEMMA3_TEXT } from './gemma3-text.js';
import { LLAMA } from './llama.js';
import { MISTRAL } from './mistral.js';
import { OLMO2 } from './olmo2.js';
import { PHI3 } from './phi3.js';
import { QWEN2 } from './qwen2.js';
import { QWEN3 } from './qwen3.js';

/** Every family that works, by its `model_type`. */
export const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map(
  [LLAMA, MISTRAL, QWEN2, QWEN3, GEMMA2, GEMMA3_TEXT, PHI3, OLMO2].map((architecture) => [
    architecture.name,
    architecture,
  ]),
);

/** Why families that people will try do not work. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ...['mixtral', 'qwen2_moe', 'qwen3_moe', 'olmoe', 'phimoe', 'deepseek_v2', 'deepseek_v3', 'gpt_oss'].map(
    (name) => [name, 'its layers are mixtures of experts'] as const,
  ),
  ['gemma3', 'it reads pictures too; take the text-only model (model_type "gemma3_text")'],
  ...['gemma3n', 'gemma3n_text'].map(
    (name) =>
      [name, 'its layers share keys and values and have embeddings of their own, tied to their number'] as const,
  ),
]);

/** Whether models of that family must be given BOS; false of a family that is not known, which fails elsewhere. */
export const needsBos = (name: string): boolean => ARCHITECTURES.get(name)?.needsBos ?? false;

/** The family called `name` in a `ModelConfig`; anything else is a bug. */
export function architectureNamed(name: string): Architecture {
  const architecture = ARCHITECTURES.get(name);
  if (!architecture) throw new RangeError(`architectureNamed: no architecture ${name}`);
  return architecture;
}

/**
 * The family of a parsed config.json, by `model_type` and `architectures`. Any other throws `ARCHITECTURE.UNSUPPORTED`; code that
 * comes with the model is never a way out (I-24).
 */
export function architectureOf(raw: Readonly<Record<string, unknown>>): Architecture {
  const { model_type: modelType, architectures = null } = raw;
  const name = typeof modelType === 'string' ? modelType : '';
  const architecture = ARCHITECTURES.get(name);
  if (!architecture) {
    const known = [...ARCHITECTURES.keys()].join(', ');
    throw unsupportedArchitecture(REFUSED.get(name) ?? `its model_type is ${show(modelType)}, not one of ${known}`);
  }
  const { modelClass } = architecture;
  const isCausal = architectures === null || (Array.isArray(architectures) && architectures.includes(modelClass));
  if (!isCausal) throw unsupportedArchitecture(`its architecture is ${show(architectures)}, not ${modelClass}`);
  return architecture;
}
