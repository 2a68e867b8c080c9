import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PrismaClient } from './generated/client.js';

/** sha256 (hex) of a token: all that is stored of it (I-38). */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/**
 * The local team, and a token of it in `<home>/token` (mode 0600) for the web server and for curl. Made on first start, and again when the
 * file was lost or belongs to another database.
 */
export async function bootstrapLocalTeam(
  db: PrismaClient,
  home: string,
): Promise<{ readonly teamId: string; readonly token: string }> {
  const team = await db.team.upsert({
    where: { slug: 'local' },
    create: { slug: 'local', name: 'Local team' },
    update: {},
  });
  const file = join(home, 'token');
  const saved = await readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
  if (saved) {
    const known = await db.apiToken.findUnique({ where: { tokenHash: hashToken(saved) } });
    if (known && known.revokedAt === null) return { teamId: known.teamId, token: saved };
  }
  const token = `swm_${randomBytes(4).toString('hex')}_${randomBytes(32).toString('base64url')}`;
  await db.apiToken.create({ data: { teamId: team.id, name: 'local', tokenHash: hashToken(token) } });
  await mkdir(home, { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, `${token}\n`, { mode: 0o600 });
  await rename(temporary, file);
  return { teamId: team.id, token };
}
