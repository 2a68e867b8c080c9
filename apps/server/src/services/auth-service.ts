import { hashToken } from '../db/bootstrap.js';
import type { PrismaClient } from '../db/generated/client.js';
import type { TeamScope } from './team-scope.js';

/** How stale `lastUsedAt` may be. */
const LAST_USED_RESOLUTION_MS = 60_000;

/** Who is calling: from an API token to a team. */
export class AuthService {
  constructor(private readonly db: PrismaClient) {}

  /** The scope an `Authorization` header gives; null without a valid token. A revoked token is refused at once (I-37). */
  async authenticate(header: string | undefined): Promise<TeamScope | null> {
    const token = /^Bearer (swm_[\w-]{10,100})$/.exec(header ?? '')?.[1];
    if (token === undefined) return null;
    // Looked up by its hash: nothing here compares secrets byte by byte.
    const found = await this.db.apiToken.findUnique({ where: { tokenHash: hashToken(token) } });
    if (!found || found.revokedAt !== null) return null;
    if (Date.now() - (found.lastUsedAt?.getTime() ?? 0) > LAST_USED_RESOLUTION_MS) {
      await this.db.apiToken.update({ where: { id: found.id }, data: { lastUsedAt: new Date() } });
    }
    return { teamId: found.teamId };
  }

  /** The team of a scope. */
  team({ teamId }: TeamScope) {
    return this.db.team.findUniqueOrThrow({ where: { id: teamId } });
  }
}
