import { CodedError } from '../errors.js';

/** `ARCHITECTURE.UNSUPPORTED`: a model this platform would compute wrongly, with the reason. */
export function unsupportedArchitecture(reason: string): CodedError {
  return new CodedError({
    code: 'ARCHITECTURE.UNSUPPORTED',
    message: `This model is not supported: ${reason}.`,
    fix: 'Use a dense, unquantised text model of a family in docs/architectures.md: Llama, Mistral, Qwen 2 and 3, Gemma 2 and 3, Phi-3, OLMo 2.',
    details: { reason },
  });
}

/** `ARCHITECTURE.ROPE_UNSUPPORTED`: rotary embeddings that the engine would compute wrongly. */
export function unsupportedRope(reason: string): CodedError {
  return new CodedError({
    code: 'ARCHITECTURE.ROPE_UNSUPPORTED',
    message: `The rotary embedding of this model is not supported: ${reason}.`,
    fix: 'Use a model whose rope type is "default", "linear" or "llama3", over whole heads.',
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
