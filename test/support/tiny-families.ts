import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CALIBRATION, PYTHON, REPOSITORY } from './stack.js';

/** Every supported `model_type`. */
export const FAMILIES = ['llama', 'mistral', 'qwen2', 'qwen3', 'gemma2', 'gemma3_text', 'phi3', 'olmo2'] as const;

/** Makes root/<family> for each: a tiny random model with a real tokenizer, by transformers. */
export function makeTinyFamilies(root: string): void {
  execFileSync(PYTHON, [join(REPOSITORY, 'test/support/tiny_families.py'), root, CALIBRATION], { stdio: 'pipe' });
}
