import { RANKED_ROWS_MAX } from '@swm/eval/scoreboard';
import { z } from 'zod';
import type { LeaderboardEntry, Prisma, PrismaClient, Protocol } from '../db/generated/client.js';
import { protocolTasksSchema } from '../db/leaderboard-entry.js';
import { OUTCOME_COLUMNS, outcomesByDigest } from './outcomes.js';
import { decodeCursor, type Page, type PageRequest, pageOf, pageSize } from './page.js';
import { type GroupStandings, standingsOf } from './standings.js';
import type { TeamScope } from './team-scope.js';

export type LeaderboardOrder = 'MEAN_DESC' | 'LATENCY_ASC' | 'PARAMETERS_ASC' | 'PUBLISHED_DESC';

/** Rows that may be compared: one model, one protocol. */
export interface GroupKey {
  readonly modelId: string;
  readonly protocolId: string;
}

/** How each order reads the index and goes on after a row; the experiment's id makes it total. */
const ORDERS = {
  MEAN_DESC: {
    orderBy: [{ mean: 'desc' }, { experimentId: 'asc' }],
    key: z.tuple([z.number(), z.uuid()]),
    keyOf: ({ mean, experimentId }) => [mean, experimentId],
    after: ([mean, id]) => ({ OR: [{ mean: { lt: mean } }, { mean, experimentId: { gt: id } }] }),
  } satisfies Order<[number, string]>,
  PUBLISHED_DESC: {
    orderBy: [{ publishedAt: 'desc' }, { experimentId: 'asc' }],
    key: z.tuple([z.iso.datetime(), z.uuid()]),
    keyOf: ({ publishedAt, experimentId }) => [publishedAt.toISOString(), experimentId],
    after: ([at, id]) => ({
      OR: [{ publishedAt: { lt: new Date(at) } }, { publishedAt: new Date(at), experimentId: { gt: id } }],
    }),
  } satisfies Order<[string, string]>,
  PARAMETERS_ASC: {
    orderBy: [{ parameterCount: 'asc' }, { experimentId: 'asc' }],
    key: z.tuple([z.string().regex(/^\d{1,18}$/), z.uuid()]),
    keyOf: ({ parameterCount, experimentId }) => [String(parameterCount), experimentId],
    after: ([count, id]) => ({
      OR: [{ parameterCount: { gt: BigInt(count) } }, { parameterCount: BigInt(count), experimentId: { gt: id } }],
    }),
  } satisfies Order<[string, string]>,
  LATENCY_ASC: {
    orderBy: [{ latencyMsMean: { sort: 'asc', nulls: 'last' } }, { experimentId: 'asc' }],
    key: z.tuple([z.number().nullable(), z.uuid()]),
    keyOf: ({ latencyMsMean, experimentId }) => [latencyMsMean, experimentId],
    after: ([latency, id]) => {
      const sameLatency = { latencyMsMean: latency, experimentId: { gt: id } };
      if (latency === null) return sameLatency;
      return { OR: [{ latencyMsMean: { gt: latency } }, { latencyMsMean: null }, sameLatency] };
    },
  } satisfies Order<[number | null, string]>,
};

interface Order<Key> {
  readonly orderBy: Prisma.LeaderboardEntryOrderByWithRelationInput[];
  readonly key: z.ZodType<Key>;
  readonly keyOf: (entry: LeaderboardEntry) => Key;
  readonly after: (key: Key) => Prisma.LeaderboardEntryWhereInput;
}

/** The board: rows, groups, ranks. */
export class LeaderboardService {
  constructor(private readonly db: PrismaClient) {}

  /** A page of one group's rows. */
  async page(
    { teamId }: TeamScope,
    group: GroupKey,
    request: PageRequest & { readonly orderBy: LeaderboardOrder },
  ): Promise<Page<LeaderboardEntry>> {
    const first = pageSize(request.first);
    // Each order keeps its own type of key; the four are used alike.
    const order = ORDERS[request.orderBy] as unknown as Order<unknown>;
    const after = decodeCursor(request.after, order.key);
    if (!z.uuid().safeParse(group.modelId).success) return { edges: [], hasNextPage: false, totalCount: 0 };
    const where = { teamId, ...group };
    const [rows, totalCount] = await Promise.all([
      this.db.leaderboardEntry.findMany({
        where: after === null ? where : { AND: [where, order.after(after)] },
        orderBy: order.orderBy,
        take: first + 1,
      }),
      this.db.leaderboardEntry.count({ where }),
    ]);
    return pageOf(rows, { first, totalCount, keyOf: order.keyOf });
  }

  /** The groups that have rows, of one model or of all. */
  async groups(
    { teamId }: TeamScope,
    modelId: string | null,
  ): Promise<readonly (GroupKey & { readonly rowCount: number })[]> {
    if (modelId !== null && !z.uuid().safeParse(modelId).success) return [];
    const groups = await this.db.leaderboardEntry.groupBy({
      by: ['modelId', 'protocolId'],
      where: { teamId, ...(modelId === null ? {} : { modelId }) },
      _count: { _all: true },
      _max: { publishedAt: true },
      orderBy: [{ _max: { publishedAt: 'desc' } }, { modelId: 'asc' }, { protocolId: 'asc' }],
    });
    return groups.map(({ modelId: id, protocolId, _count }) => ({ modelId: id, protocolId, rowCount: _count._all }));
  }

  /** Entries by experiment, for a loader. */
  entriesOf({ teamId }: TeamScope, experimentIds: readonly string[]): Promise<LeaderboardEntry[]> {
    return this.db.leaderboardEntry.findMany({ where: { teamId, experimentId: { in: [...experimentIds] } } });
  }

  /**
   * What is said of rows in comparison with their whole group, from the per-question outcomes of its rows: four statements. Of a
   * group too large to be ranked no outcome is read.
   */
  async standings({ teamId }: TeamScope, group: GroupKey): Promise<GroupStandings> {
    const where = { teamId, ...group };
    const orderBy: Prisma.LeaderboardEntryOrderByWithRelationInput[] = [
      { publishedAt: 'asc' },
      { experimentId: 'asc' },
    ];
    const [rows, dense, protocol] = await Promise.all([
      this.db.leaderboardEntry.findMany({
        where,
        select: { experimentId: true, weightsDigest: true },
        orderBy,
        take: RANKED_ROWS_MAX + 1,
      }),
      this.db.leaderboardEntry.findFirst({ where: { ...where, methodName: 'DENSE' }, orderBy }),
      this.db.protocol.findUnique({ where: { id: group.protocolId } }),
    ]);
    const tasks = protocol ? protocolTasksSchema.parse(protocol.json).tasks : [];
    const isRanked = rows.length <= RANKED_ROWS_MAX;
    const digests = isRanked ? [...new Set(rows.map(({ weightsDigest }) => weightsDigest))] : [];
    const items = await this.db.scoreItems.findMany({
      where: {
        taskProtocol: { protocols: { some: { protocolId: group.protocolId } } },
        weightsDigest: { in: digests },
      },
      select: OUTCOME_COLUMNS,
    });
    return standingsOf({ rows: isRanked ? rows : null, dense, tasks, outcomes: outcomesByDigest(items, tasks) });
  }

  /** Protocols by id, for a loader. They hold nothing of a team. */
  protocolsByIds(ids: readonly string[]): Promise<Protocol[]> {
    return this.db.protocol.findMany({ where: { id: { in: [...ids] } } });
  }
}
