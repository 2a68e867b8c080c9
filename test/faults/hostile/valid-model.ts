import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateLlama } from '../../../packages/swm-core/src/checkpoint/generated-llama.js';

const tokenizer = { model: { type: 'WordLevel', vocab: { a: 0, b: 31 }, unk_token: 'a' }, added_tokens: [] };
const { files } = generateLlama({
  seed: 1,
  config: {
    num_hidden_layers: 2,
    hidden_size: 8,
    intermediate_size: 8,
    num_attention_heads: 2,
    num_key_value_heads: 1,
  },
});
files.set('tokenizer.json', Buffer.from(JSON.stringify(tokenizer)));
files.set('tokenizer_config.json', Buffer.from('{"model_max_length":64}'));

/** model.safetensors of the model that all hostile ones are made from: 6 kB. */
export const VALID_WEIGHTS: Uint8Array = files.get('model.safetensors') ?? new Uint8Array();

/** Writes that model, a complete Llama of two layers, into a folder and returns it. */
export function writeValidModel(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  return folder;
}
