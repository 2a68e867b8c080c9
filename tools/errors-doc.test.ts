import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SOURCES = [
  'apps/server/src',
  'apps/web/lib',
  'packages/swm-core/src',
  'packages/eval/src',
  'packages/client/src',
  'tools',
];

/** Every source file below a folder, tests and generated code left out. */
function sourcesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx|mjs)$/.test(entry.name) && !/\.test\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('generated'));
}

/** Error codes written in the sources: `NAMESPACE.SUBCODE` inside quotes or at the head of a message. */
function codesInSources(): ReadonlySet<string> {
  const codes = new Set<string>();
  const pattern =
    /['"`](CHECKPOINT|ARCHITECTURE|PLAN|METHOD|SEARCH|MEASURE|MERGE|ENGINE|MODEL|EVAL|PROTOCOL|SCORE|LATENCY|PROCESS|DB|API|LAUNCH|WORKER|CALIBRATION|STORAGE|CLIENT|WEB|QUEUE|EXPERIMENT|PYTHON|INPUT|AUTH)\.([A-Z][A-Z0-9_]+)/g;
  for (const path of SOURCES.flatMap(sourcesOf)) {
    for (const [, namespace, subcode] of readFileSync(path, 'utf8').matchAll(pattern))
      codes.add(`${namespace}.${subcode}`);
  }
  return codes;
}

describe('docs/errors.md', () => {
  const documented = new Set(
    readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')
      .match(/^### \S+/gm)
      ?.map((line) => line.slice(4)),
  );

  it('explains every code that the sources can give, and how to fix it', () => {
    expect([...codesInSources()].filter((code) => !documented.has(code))).toEqual([]);
  });

  it('explains no code that does not exist', () => {
    const codes = codesInSources();
    expect([...documented].filter((code) => !codes.has(code))).toEqual([]);
  });
});
