import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PYTHON, REPOSITORY } from './stack.js';

/** Every family there is a tiny checkpoint of: a folder's name and its model_type. */
export const TINY_FAMILIES = ['llama', 'mistral', 'qwen2', 'qwen3', 'gemma2', 'gemma3_text', 'phi3', 'olmo2'] as const;

const python = (script: string, ...args: string[]): string =>
  execFileSync(PYTHON, [join(REPOSITORY, script), ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** Writes a tiny checkpoint of every family: ROOT/<family>. Six layers, 1,024 ids, see tiny_families.py. */
export function writeTinyFamilies(root: string): void {
  const texts = join(REPOSITORY, 'packages/eval/tasks/calibration/builtin.jsonl');
  python('test/support/tiny_families.py', root, texts);
}

/** What stock transformers makes of a folder. */
export interface FolderFigures {
  /** [B*T*V] */
  readonly logits: readonly number[];
  /** Sum of |w · dL/dw| of each layer, where asked for. [L] */
  readonly taylor?: readonly number[];
}

/** What stock transformers makes of each folder on the same tokens [B][T], all in one process. */
export function folderFigures(
  scratch: string,
  tokenIds: readonly (readonly number[])[],
  folders: readonly string[],
  options: { readonly taylor?: boolean } = {},
): Readonly<Record<string, FolderFigures>> {
  const tokens = join(scratch, 'tokens.json');
  writeFileSync(tokens, JSON.stringify(tokenIds));
  return JSON.parse(
    python('test/golden/folder_logits.py', tokens, ...(options.taylor ? ['--taylor'] : []), ...folders),
  );
}
