import type { Architecture } from './architecture.js';
import { unsupportedArchitecture } from './architecture-errors.js';
import { show } from './config-fields.js';
import { LLAMA } from './llama.js';

/**
 * The family of a parsed config.json, by `model_type` and `architectures`. Anything else than a causal Llama throws
 * `ARCHITECTURE.UNSUPPORTED`; code that comes with the model is never a way out (I-24).
 */
export function architectureOf(raw: Readonly<Record<string, unknown>>): Architecture {
  const { model_type: modelType, architectures = null } = raw;
  if (modelType !== 'llama') throw unsupportedArchitecture(`its model_type is ${show(modelType)}, not "llama"`);
  const isCausal =
    architectures === null || (Array.isArray(architectures) && architectures.includes('LlamaForCausalLM'));
  if (!isCausal) throw unsupportedArchitecture(`its architecture is ${show(architectures)}, not LlamaForCausalLM`);
  return LLAMA;
}
