import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Where the API is, read when asked for: a build must not freeze it. The only reader of process.env in the web. */
export const apiUrl = (): string => process.env.SWM_API_URL ?? 'http://127.0.0.1:4000';

/** The local token. It stays on this server; the browser never sees it. */
export async function readToken(): Promise<string> {
  const home = resolve(/* turbopackIgnore: true */ process.cwd(), process.env.SWM_HOME ?? '../../.swm');
  return (await readFile(join(/* turbopackIgnore: true */ home, 'token'), 'utf8')).trim();
}
