import { redirects } from './checkpoint-errors.js';

/**
 * What makes transformers compute something else than the files that were checked and hashed (each tried with 5.23): a
 * score would then stand beside weights that did not earn it.
 */
const CONFIG_KEYS: ReadonlyMap<string, string> = new Map([
  ['transformers_weights', 'other weights'],
  ['configuration_files', 'another configuration'],
]);
/** Attention from a repository of compiled kernels (`user/name`) runs that repository's code. */
const ATTENTION_KEYS = ['attn_implementation', '_attn_implementation', '_attn_implementation_internal'];
/** With it in the folder a base model from anywhere is loaded, and the adapter put on top. */
const ADAPTER_FILE = 'adapter_config.json';
const TOKENIZER_KEY = 'fast_tokenizer_files';

/** Throws `CHECKPOINT.REDIRECTS` where config.json or a file beside it sends loaders elsewhere. */
export function refuseRedirects(names: ReadonlySet<string>, config: Readonly<Record<string, unknown>>): void {
  if (names.has(ADAPTER_FILE)) throw redirects(ADAPTER_FILE, 'an adapter and the base model it names');
  for (const [key, what] of CONFIG_KEYS) {
    if ((config[key] ?? null) !== null) throw redirects(`config.json: ${key}`, what);
  }
  for (const key of ATTENTION_KEYS) {
    if (JSON.stringify(config[key] ?? null).includes('/'))
      throw redirects(`config.json: ${key}`, 'code of another repository');
  }
}

/** The same for tokenizer_config.json, whose list of versions names tokenizers that nobody checked. */
export function refuseTokenizerRedirects(tokenizerConfig: Readonly<Record<string, unknown>>): void {
  if ((tokenizerConfig[TOKENIZER_KEY] ?? null) !== null)
    throw redirects(`tokenizer_config.json: ${TOKENIZER_KEY}`, 'another tokenizer');
}
