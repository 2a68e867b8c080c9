import { type Outcomes, pairedDifference, rankRows } from '@swm/eval/scoreboard';
import { z } from 'zod';
import type { LeaderboardEntry, Prisma, PrismaClient, Protocol, ScoreItems } from '../db/generated/client.js';
import { type LeaderboardFigures, leaderboardFiguresSchema, protocolTasksSchema } from '../db/leaderboard-entry.js';
import { decodeCursor, type Page, type PageRequest, pageOf, pageSize } from './page.js';
import type { TeamScope } from './team-scope.js';

export type LeaderboardOrder = 'MEAN_DESC' | 'LATENCY_ASC' | 'PARAMETERS_ASC' | 'PUBLISHED_DESC';

/** Rows that may be compared: one model, one protocol. */
export interface GroupKey {
  readonly modelId: string;
  readonly protocolId: string;
}

/** A row of the board with its place in the group. */
export interface LeaderboardRow {
  readonly entry: Omit<LeaderboardEntry, 'figures'>;
  readonly figures: LeaderboardFigures;
  /** 1 + number of rows of the group that are significantly better; null where nothing can be said. */
  readonly rank: number | null;
  readonly isDense: boolean;
  readonly deltaToDense: number | null;
  readonly deltaToDenseStderr: number | null;
}

/** What is said of a row in comparison with the whole group. */
type Standing = Pick<LeaderboardRow, 'rank' | 'isDense' | 'deltaToDense' | 'deltaToDenseStderr'>;

/** Every row's standing, and the dense row the others are compared with. */
export interface GroupStandings {
  readonly standings: ReadonlyMap<string, Standing>;
  readonly denseExperimentId: string | null;
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

  /** Ranks and differences of a whole group, from the per-question outcomes of its rows: three statements. */
  async standings({ teamId }: TeamScope, group: GroupKey): Promise<GroupStandings> {
    const [rows, protocol] = await Promise.all([
      this.db.leaderboardEntry.findMany({
        where: { teamId, ...group },
        select: { experimentId: true, methodName: true, weightsDigest: true, mean: true },
        orderBy: [{ publishedAt: 'asc' }, { experimentId: 'asc' }],
      }),
      this.db.protocol.findUnique({ where: { id: group.protocolId } }),
    ]);
    if (!protocol) return { standings: new Map(), denseExperimentId: null };
    const items = await this.db.scoreItems.findMany({
      where: {
        protocolId: group.protocolId,
        weightsDigest: { in: [...new Set(rows.map((row) => row.weightsDigest))] },
      },
      select: { weightsDigest: true, task: true, n: true, correct: true, correctNorm: true },
    });
    const { tasks } = protocolTasksSchema.parse(protocol.json);
    const names = tasks.map(({ name }) => name);
    const outcomes = outcomesByDigest(items, new Map(tasks.map(({ name, headline }) => [name, headline])));
    const outcomesOf = (digest: string): Outcomes => outcomes.get(digest) ?? new Map();
    const ranks = rankRows(
      rows.map((row) => outcomesOf(row.weightsDigest)),
      names,
    );
    const dense = rows.find(({ methodName }) => methodName === 'DENSE');
    const standings = rows.map((row, index): [string, Standing] => {
      const isDense = row.methodName === 'DENSE';
      const compared = isDense ? undefined : dense;
      const paired = compared
        ? pairedDifference(outcomesOf(row.weightsDigest), outcomesOf(compared.weightsDigest), names)
        : null;
      return [
        row.experimentId,
        {
          rank: ranks[index] ?? null,
          isDense,
          deltaToDense: compared ? row.mean - compared.mean : null,
          deltaToDenseStderr: paired?.stderr ?? null,
        },
      ];
    });
    return { standings: new Map(standings), denseExperimentId: dense?.experimentId ?? null };
  }

  /** Protocols by id, for a loader. They hold nothing of a team. */
  protocolsByIds(ids: readonly string[]): Promise<Protocol[]> {
    return this.db.protocol.findMany({ where: { id: { in: [...ids] } } });
  }
}

/** An entry with its figures checked and its place in the group. */
export function rowOf({ figures, ...entry }: LeaderboardEntry, { standings }: GroupStandings): LeaderboardRow | null {
  const standing = standings.get(entry.experimentId);
  // Published between two statements of this request: it appears with the next one.
  return standing ? { entry, figures: leaderboardFiguresSchema.parse(figures), ...standing } : null;
}

type Items = Pick<ScoreItems, 'weightsDigest' | 'task' | 'n' | 'correct' | 'correctNorm'>;

function outcomesByDigest(
  items: readonly Items[],
  headlines: ReadonlyMap<string, 'acc' | 'acc_norm'>,
): ReadonlyMap<string, Outcomes> {
  const byDigest = new Map<string, Map<string, { n: number; bits: Uint8Array }>>();
  for (const { weightsDigest, task, n, correct, correctNorm } of items) {
    const bits = headlines.get(task) === 'acc_norm' ? correctNorm : correct;
    if (!bits) continue; // Without outcomes by the headline metric the rows cannot be told apart by this task.
    const tasks = byDigest.get(weightsDigest) ?? new Map();
    byDigest.set(weightsDigest, tasks.set(task, { n, bits }));
  }
  return byDigest;
}
