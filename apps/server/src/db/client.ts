import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/client.js';

/**
 * The Prisma client over a pool of connections. Connects on first use and again after PostgreSQL was away;
 * end it with `$disconnect()`. `onPoolError` hears of idle connections that broke.
 */
export function createPrisma(
  databaseUrl: string,
  options: {
    readonly maxConnections?: number;
    readonly onPoolError?: (error: Error) => void;
    /** Called with the text of every statement: what tests count. */
    readonly onQuery?: (sql: string) => void;
  } = {},
): PrismaClient {
  const { maxConnections = 10, onPoolError = () => {}, onQuery } = options;
  const adapter = new PrismaPg(
    { connectionString: databaseUrl, max: maxConnections, application_name: 'swm', connectionTimeoutMillis: 4000 },
    // Without a listener an idle connection that breaks ends the process (I-15); the pool replaces it by itself.
    { onPoolError, onConnectionError: onPoolError },
  );
  if (!onQuery) return new PrismaClient({ adapter });
  const client = new PrismaClient({ adapter, log: [{ emit: 'event', level: 'query' }] });
  client.$on('query', ({ query }) => onQuery(query));
  return client;
}
