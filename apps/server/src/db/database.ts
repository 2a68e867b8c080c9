import pg from 'pg';
import { databaseUnreachable } from './db-errors.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { migrate } from './migrate.js';

/** The name of our database in the embedded server. */
export const DATABASE_NAME = 'swm';

/**
 * A migrated database: the one `databaseUrl` names (which must exist), or an embedded PostgreSQL under `swmHome`. `stop` leaves
 * the embedded server, which ends with its last user. Throws `DB.*`.
 */
export async function openDatabase(options: {
  readonly databaseUrl?: string | undefined;
  readonly swmHome: string;
}): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const { databaseUrl, swmHome } = options;
  if (databaseUrl) {
    await migrate(databaseUrl);
    return { url: databaseUrl, stop: async () => {} };
  }
  const server = await startEmbeddedPostgres(swmHome);
  const url = server.url(DATABASE_NAME);
  try {
    await createDatabase(server.url('postgres'), DATABASE_NAME);
    await migrate(url);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { url, stop: () => server.stop() };
}

/** Creates a database where it is missing. `adminUrl` names another one of the same server. */
export async function createDatabase(adminUrl: string, name: string, template?: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  client.on('error', () => {}); // A broken connection rejects the query.
  await client.connect().catch((cause: unknown) => {
    throw databaseUnreachable(cause);
  });
  try {
    const from = template === undefined ? '' : ` TEMPLATE ${client.escapeIdentifier(template)}`;
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}${from}`);
  } catch (error) {
    // 42P04: it exists; 23505: another process makes it at this moment.
    if (!(error instanceof pg.DatabaseError) || !['42P04', '23505'].includes(error.code ?? '')) throw error;
  } finally {
    await client.end();
  }
}
