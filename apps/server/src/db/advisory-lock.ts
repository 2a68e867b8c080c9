import type { Prisma } from './generated/client.js';

/** Takes the lock of that name, which is held to the end of the transaction. Whoever asks for it meanwhile waits. */
export async function lockUntilCommit(tx: Prisma.TransactionClient, name: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${name}, 0))`;
}
