import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new empty folder that every user may walk into (the embedded PostgreSQL runs as its own), and its removal. */
export function scratchFolder(name: string): { readonly path: string; remove(): void } {
  const umask = process.umask(0o022);
  const path = mkdtempSync(join(tmpdir(), `swm-${name}-`));
  process.umask(umask);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
