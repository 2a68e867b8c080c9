import { setTimeout as sleep } from 'node:timers/promises';

/** How long a write waits for a database that is away: a restart or a failover, not an outage of hours (I-15). */
const PATIENCE_MS = 180_000;

const UNREACHABLE_CODES = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028'], // Prisma: connection and transaction-start failures
  ...['57P01', '57P02', '57P03', '53300', '08000', '08001', '08003', '08006'], // PostgreSQL: shutting down, starting, too many
]);

/** Whether an error only says that the database cannot be talked to right now; wrapped causes are looked at too. */
export function isDatabaseAway(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    const { code, originalCode } = at as { code?: unknown; originalCode?: unknown }; // Read as unknown, checked here.
    if ([code, originalCode].some((value) => typeof value === 'string' && UNREACHABLE_CODES.has(value))) return true;
    if (/Connection terminated|connection is closed|DatabaseNotReachable|ConnectionClosed/i.test(at.message))
      return true;
  }
  return false;
}

/** Runs a write, again and again while the database is away; other errors are thrown at once. The write must be safe to repeat. */
export async function untilReachable<Result>(write: () => Promise<Result>): Promise<Result> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!isDatabaseAway(error) || performance.now() > deadline) throw error;
      await sleep(1000);
    }
  }
}
