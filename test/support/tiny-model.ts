import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateLlama } from '../../packages/swm-core/src/checkpoint/generated-llama.js';

/** Writes a complete Llama of six layers with reproducible weights into a new folder; another seed is another model. */
export function writeTinyModel(folder: string, seed = 1): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of generateLlama({ seed }).files) writeFileSync(join(folder, name), bytes);
  const vocab = Object.fromEntries(Array.from({ length: 32 }, (_, id) => [`t${id}`, id]));
  const tokenizer = { version: '1.0', added_tokens: [], model: { type: 'WordLevel', vocab, unk_token: 't0' } };
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
  return folder;
}
