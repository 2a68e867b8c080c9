// Derives every row of the leaderboard from the tables again. Usage: npm run rebuild:leaderboard
import { createPrisma } from './db/client.js';
import { openDatabase } from './db/database.js';
import { rebuildEntries } from './db/leaderboard-entry.js';
import { readEnv } from './env.js';

const env = readEnv();
const database = await openDatabase(env);
const db = createPrisma(database.url);
try {
  console.log(`${await rebuildEntries(db)} rows derived`);
} finally {
  await db.$disconnect();
  await database.stop();
}
