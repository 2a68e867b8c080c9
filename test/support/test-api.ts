import { join } from 'node:path';
import { pino } from 'pino';
import { startApi } from '../../apps/server/src/api.js';
import { createPrisma } from '../../apps/server/src/db/client.js';
import { createTestDatabase } from './database.js';
import { scratchFolder } from './scratch-folder.js';

/** A GraphQL reply as it came. */
export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: replies have the shape the test asked for
  readonly data: any;
  readonly errors?: readonly { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> }[];
}

/** The real API on a database of its own, its files in a scratch folder. No worker runs. */
export async function startTestApi(options: { readonly python?: string; readonly taskDataFolder?: string } = {}) {
  const database = await createTestDatabase();
  const scratch = scratchFolder('api');
  const statements: string[] = [];
  const start = (apiPort: number) =>
    startApi(
      {
        databaseUrl: database.url,
        swmHome: join(scratch.path, 'home'),
        apiHost: '127.0.0.1',
        apiPort,
        allowedHosts: ['127.0.0.1', 'localhost'],
        // Launches look whether it is there, nothing runs it here.
        python: options.python ?? process.execPath,
        taskDataFolder: options.taskDataFolder,
      },
      { logger: pino({ level: 'silent' }), onQuery: (sql) => statements.push(sql) },
    );
  let running = await start(0);
  const api = running;
  const db = createPrisma(database.url);
  const url = `http://127.0.0.1:${api.port}`;

  async function graphql(
    query: string,
    variables: Readonly<Record<string, unknown>> = {},
    token: string = api.token,
  ): Promise<Reply> {
    const reply = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const body = (await reply.json()) as any;
    return { status: reply.status, data: body.data, errors: body.errors };
  }

  return {
    ...{ api, db, url, graphql, statements, scratch: scratch.path, databaseUrl: database.url },
    /** Ends the API and starts another one at the same address. */
    async restart() {
      await running.stop();
      running = await start(api.port);
    },
    async stop() {
      await running.stop();
      await db.$disconnect();
      await database.drop();
      scratch.remove();
    },
  };
}

export type TestApi = Awaited<ReturnType<typeof startTestApi>>;
