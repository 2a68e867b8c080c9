import { CodedError } from '../errors.js';

/** `ARCHITECTURE.UNSUPPORTED`: a model this platform would compute wrongly, with the reason. */
export function unsupportedArchitecture(reason: string): CodedError {
  return new CodedError({
    code: 'ARCHITECTURE.UNSUPPORTED',
    message: `This model is not supported: ${reason}.`,
    fix: 'Use a Llama-architecture model (Llama, Vicuna, TinyLlama, SmolLM2, …) with unscaled rotary embeddings and unquantised weights.',
    details: { reason },
  });
}

/** `ARCHITECTURE.ROPE_UNSUPPORTED`: rotary embeddings other than the plain ones, which the engine does not compute. */
export function unsupportedRope(reason: string): CodedError {
  return new CodedError({
    code: 'ARCHITECTURE.ROPE_UNSUPPORTED',
    message: `The rotary embedding of this model is not supported: ${reason}.`,
    fix: 'Use a model whose rope type is "default" (rope_scaling is null).',
    details: { reason },
  });
}

/** `ARCHITECTURE.CONFIG_INVALID`: a setting of config.json that is missing, of the wrong type, or contradicts another. */
export function invalidConfig(key: string, reason: string): CodedError {
  return new CodedError({
    code: 'ARCHITECTURE.CONFIG_INVALID',
    message: `config.json: ${key} ${reason}.`,
    fix: 'Restore config.json from the original model.',
    details: { key, reason },
  });
}
