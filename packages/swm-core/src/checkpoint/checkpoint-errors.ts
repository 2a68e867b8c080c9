import { CodedError } from '../errors.js';

/** Every class of malformed safetensors file (invariant I-23), as the last part of its error code. */
export type MalformedClass =
  | 'TRUNCATED'
  | 'HEADER_LENGTH'
  | 'HEADER_INVALID'
  | 'DUPLICATE_KEY'
  | 'DTYPE_UNKNOWN'
  | 'SIZE_MISMATCH'
  | 'OFFSET_OUT_OF_RANGE'
  | 'OVERLAP'
  | 'HOLE'
  | 'TRAILING_BYTES'
  | 'TOO_MANY_TENSORS';

/** `CHECKPOINT.<class>`: a weights file that breaks the safetensors format; never retryable. */
export function malformedWeights(kind: MalformedClass, fileName: string, reason: string): CodedError {
  return new CodedError({
    code: `CHECKPOINT.${kind}`,
    message: `${quote(fileName)} is not a valid safetensors file: ${reason}.`,
    fix: 'Download or save the file again: it is truncated, damaged or was not written by a safetensors library.',
    details: { fileName, reason },
  });
}

/** `CHECKPOINT.JSON_INVALID`: config.json or the shard index is not strict JSON (also for duplicate keys). */
export function jsonInvalid(fileName: string, reason: string): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.JSON_INVALID',
    message: `${quote(fileName)} is not valid JSON: ${reason}.`,
    fix: 'Restore the file from the original model.',
    details: { fileName, reason },
  });
}

/** `CHECKPOINT.FILE_TOO_LARGE`: a JSON file of the model folder beyond what any real model needs. */
export function fileTooLarge(fileName: string, sizeBytes: number, capBytes: number): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.FILE_TOO_LARGE',
    message: `${quote(fileName)} has ${sizeBytes} bytes; at most ${capBytes} are read.`,
    fix: 'Restore the file from the original model.',
    details: { fileName, sizeBytes, capBytes },
  });
}

/** `CHECKPOINT.CONFIG_MISSING`: the folder has no config.json. */
export function configMissing(): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.CONFIG_MISSING',
    message: 'The model folder has no config.json.',
    fix: 'Give the folder that `save_pretrained` wrote, with config.json beside the weights.',
  });
}

/** `CHECKPOINT.WEIGHTS_MISSING`: neither model.safetensors nor its index is in the folder. */
export function weightsMissing(): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.WEIGHTS_MISSING',
    message: 'The model folder has neither model.safetensors nor model.safetensors.index.json.',
    fix: 'Give a folder with weights in safetensors format.',
  });
}

/** `CHECKPOINT.PICKLE_ONLY`: only pickled weights, which can run code when they are loaded and are never opened. */
export function pickleOnly(fileName: string): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.PICKLE_ONLY',
    message: `The model folder has only pickled weights (${quote(fileName)}), which can run code when loaded and are never opened here.`,
    fix: 'Load the model in transformers where you trust it and save it again with `save_pretrained` (safetensors is its default).',
    details: { fileName },
  });
}

/** `CHECKPOINT.INDEX_INVALID`: the shard index has no usable weight_map. */
export function indexInvalid(reason: string): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.INDEX_INVALID',
    message: `model.safetensors.index.json is not a shard index: ${reason}.`,
    fix: 'Restore the index from the original model.',
    details: { reason },
  });
}

/** `CHECKPOINT.INDEX_ESCAPES`: a weight_map value that is not a plain file name inside the model folder. */
export function indexEscapes(fileName: string): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.INDEX_ESCAPES',
    message: `The shard index names ${quote(fileName)}, which is not a plain .safetensors file name inside the model folder.`,
    fix: 'Do not use this folder: its index points outside. Take the model from its original source.',
    details: { fileName },
  });
}

/** `CHECKPOINT.REDIRECTS`: a setting or file by which loaders would take something else than what was checked. */
export function redirects(where: string, what: string): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.REDIRECTS',
    message: `${where} makes model loaders take ${what} instead of the files that are checked here.`,
    fix: 'Remove it, or save the model again with `save_pretrained` (merge an adapter first).',
    details: { where },
  });
}

/** `CHECKPOINT.SHARD_MISSING`: the index names a shard that is not in the folder. */
export function shardMissing(fileName: string): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.SHARD_MISSING',
    message: `The shard ${quote(fileName)} named by the index is not in the model folder.`,
    fix: 'Finish the download of the model.',
    details: { fileName },
  });
}

/** `CHECKPOINT.TENSOR_MISSING`: a weight the architecture or the index asks for is not there. */
export function tensorMissing(tensor: string, where: string): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.TENSOR_MISSING',
    message: `The tensor ${quote(tensor)} is missing from ${where}.`,
    fix: 'Finish the download of the model, or check that config.json belongs to these weights.',
    details: { tensor, where },
  });
}

/** `CHECKPOINT.TENSOR_UNEXPECTED`: a weight that neither index nor architecture knows (a bias, an adapter, quantisation scales). */
export function tensorUnexpected(tensor: string, where: string): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.TENSOR_UNEXPECTED',
    message: `The tensor ${quote(tensor)} in ${where} is not part of the model that config.json describes.`,
    fix: 'Merge adapters and dequantise first, or restore config.json and the index from the original model.',
    details: { tensor, where },
  });
}

/** `CHECKPOINT.SHAPE_MISMATCH`: a weight whose shape contradicts config.json (for example vocab_size and the embedding). */
export function shapeMismatch(tensor: string, found: readonly number[], expected: readonly number[]): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.SHAPE_MISMATCH',
    message: `The tensor ${quote(tensor)} has shape [${found.join(', ')}], but config.json asks for [${expected.join(', ')}].`,
    fix: 'Check that config.json belongs to these weights.',
    details: { tensor, found, expected },
  });
}

/** `CHECKPOINT.DTYPE_UNSUPPORTED`: a weight that is not F32, F16 or BF16. */
export function dtypeUnsupported(tensor: string, dtype: string): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.DTYPE_UNSUPPORTED',
    message: `The tensor ${quote(tensor)} is stored as ${dtype}; weights must be F32, F16 or BF16.`,
    fix: 'Save the model in bfloat16, float16 or float32 (dequantise it first).',
    details: { tensor, dtype },
  });
}

/** `CHECKPOINT.TIED_HEAD_DIFFERS`: config.json ties the head to the embedding, but another head is stored. */
export function tiedHeadDiffers(tensor: string): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.TIED_HEAD_DIFFERS',
    message: `config.json ties the output head to the embedding, but the weights hold a different ${quote(tensor)}.`,
    fix: 'Set tie_word_embeddings to false in config.json if the stored head is meant, or remove the tensor.',
    details: { tensor },
  });
}

/** `CHECKPOINT.TOKENIZER_MISSING`: the folder has no tokenizer.json. */
export function tokenizerMissing(): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.TOKENIZER_MISSING',
    message: 'The model folder has no tokenizer.json.',
    fix: 'Save the fast tokenizer into the folder: `AutoTokenizer.from_pretrained(...).save_pretrained(folder)`.',
  });
}

/** `CHECKPOINT.TOKENIZER_MISMATCH`: the tokenizer can emit ids the embedding does not have, or is not a tokenizer at all. */
export function tokenizerMismatch(reason: string): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.TOKENIZER_MISMATCH',
    message: `tokenizer.json does not fit the model: ${reason}.`,
    fix: 'Use the tokenizer that was published with these weights.',
    details: { reason },
  });
}

/** `CHECKPOINT.PLAN_DEPTH`: a plan written for a model of another depth. */
export function planDepthMismatch(planDepth: number, modelDepth: number): CodedError {
  return new CodedError({
    code: 'CHECKPOINT.PLAN_DEPTH',
    message: `The plan is for a model of ${planDepth} layers, this model has ${modelDepth}.`,
    fix: 'Use a plan that was made for this model.',
    details: { planDepth, modelDepth },
  });
}

/** `MERGE.NON_FINITE`: a computed weight is NaN, or too large for the dtype it is stored in. */
export function mergeNotFinite(tensor: string, dtype: string): CodedError {
  return new CodedError({
    code: 'MERGE.NON_FINITE',
    message: `The merged tensor ${quote(tensor)} has values that ${dtype} cannot hold.`,
    fix: 'Merge fewer layers, use a smaller factor or another rule, or check the source weights for NaN and infinite values.',
    details: { tensor, dtype },
  });
}

/** At most 120 characters of a name found in a hostile file, control characters made visible. */
export function quote(name: string): string {
  const cut = name.length > 120 ? `${name.slice(0, 117)}...` : name;
  return JSON.stringify(cut);
}
