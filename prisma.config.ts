import { defineConfig } from 'prisma/config';

/** For the Prisma CLI alone (`node tools/prisma.mjs`, which sets DATABASE_URL); the server reads its own environment. */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // `generate` and `validate` need no database, so a missing address is no error here.
  datasource: process.env.DATABASE_URL ? { url: process.env.DATABASE_URL } : {},
});
