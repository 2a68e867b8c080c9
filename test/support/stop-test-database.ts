import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../apps/server/src/db/embedded-postgres.js';
import { EMBEDDED_HOME } from './database.js';

/** After all tests: Vitest ends its processes without a word to them, so that none of them could stop the embedded server. */
export default function setup(): () => Promise<void> {
  return async () => {
    if (!existsSync(join(EMBEDDED_HOME, 'postgres', 'data', 'postmaster.pid'))) return;
    // Attached to and left by its last user, it stops.
    const server = await startEmbeddedPostgres(EMBEDDED_HOME);
    await server.stop();
  };
}
