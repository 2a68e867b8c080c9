import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import pg from 'pg';
import { createDatabase } from '../../apps/server/src/db/database.js';
import { startEmbeddedPostgres } from '../../apps/server/src/db/embedded-postgres.js';
import { MIGRATIONS_FOLDER, migrate } from '../../apps/server/src/db/migrate.js';

/** A server that tests may create databases on. */
type TestServer = (database: string) => string;

/** Where the embedded server of the tests lies; stop-test-database.ts ends it. */
export const EMBEDDED_HOME = join(tmpdir(), 'swm-test-database');

let server: Promise<TestServer> | undefined;
let template: Promise<string> | undefined;

/** DATABASE_URL's server, the one on this machine, or an embedded one, in this order; SWM_TEST_DATABASE=embedded skips the first two. */
async function findServer(): Promise<TestServer> {
  const candidates = [process.env.DATABASE_URL, 'postgresql://postgres@127.0.0.1:5432/postgres'];
  for (const url of process.env.SWM_TEST_DATABASE === 'embedded' ? [] : candidates) {
    if (!url) continue;
    const urlOf: TestServer = (database) => Object.assign(new URL(url), { pathname: `/${database}` }).href;
    if (await isUsable(urlOf('postgres'))) return urlOf;
  }
  return (await startEmbeddedPostgres(EMBEDDED_HOME)).url;
}

/** Answers, is new enough, and lets us create databases. */
async function isUsable(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ ok: boolean }>(
      `SELECT current_setting('server_version_num')::int >= 150000 AND rolcreatedb AS ok FROM pg_roles WHERE rolname = current_user`,
    );
    return rows[0]?.ok ?? false;
  } catch {
    return false; // Then another server is used.
  } finally {
    await client.end().catch(() => {}); // It may never have been open.
  }
}

/** A migrated database that nobody connects to, made once for each state of the migrations. */
async function createTemplate(urlOf: TestServer): Promise<string> {
  const hash = createHash('sha256');
  for (const entry of readdirSync(MIGRATIONS_FOLDER, { recursive: true, withFileTypes: true }))
    if (entry.isFile())
      hash.update(basename(entry.parentPath)).update(readFileSync(join(entry.parentPath, entry.name)));
  const name = `swm_test_template_${hash.digest('hex').slice(0, 12)}`;
  await asAdmin(urlOf, async (client) => {
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
    await createDatabase(urlOf('postgres'), name);
    await migrate(urlOf(name));
  });
  return name;
}

async function asAdmin(urlOf: TestServer, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf('postgres') });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** A database of a test's own: real, migrated, empty; a clone of a template. Drop it when done. */
export async function createTestDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }> {
  server ??= findServer();
  const urlOf = await server;
  template ??= createTemplate(urlOf);
  const name = `swm_test_${randomUUID().replaceAll('-', '')}`;
  const from = await template;
  await asAdmin(urlOf, async (client) => {
    // Another process of the tests may be migrating the template at this moment.
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [from]);
    await client.query(`CREATE DATABASE "${name}" TEMPLATE "${from}"`);
  });
  const drop = () => asAdmin(urlOf, (client) => client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`));
  return { url: urlOf(name), drop };
}
