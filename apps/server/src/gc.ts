// Removes what nobody needs any more under SWM_HOME. Usage: npm run gc [-- --dry-run]
import { createPrisma } from './db/client.js';
import { openDatabase } from './db/database.js';
import { readEnv } from './env.js';
import { collectGarbage } from './worker/collect-garbage.js';

const isDryRun = process.argv.includes('--dry-run');
const env = readEnv();
const database = await openDatabase(env);
const db = createPrisma(database.url);
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
try {
  const garbage = await collectGarbage({ db, swmHome: env.swmHome, isDryRun, now: new Date() });
  for (const { path, reason, sizeBytes } of garbage)
    console.log(`${megabytes(sizeBytes).padStart(12)}  ${path}  (${reason})`);
  const total = garbage.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  console.log(`${garbage.length} folders, ${total} bytes ${isDryRun ? 'would be removed' : 'removed'}`);
} finally {
  await db.$disconnect();
  await database.stop();
}
