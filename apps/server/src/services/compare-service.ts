import { compareRows, type PairComparison } from '@swm/eval/scoreboard';
import { z } from 'zod';
import type { LeaderboardEntry, PrismaClient } from '../db/generated/client.js';
import { protocolTasksSchema } from '../db/leaderboard-entry.js';
import type { GroupKey } from './leaderboard-service.js';
import { OUTCOME_COLUMNS, outcomesByDigest } from './outcomes.js';
import type { TeamScope } from './team-scope.js';
import type { UserError } from './user-error.js';

/** Rows compared at once: six pairs at most. */
const MAX_ROWS = 4;

/** Seeds the bootstrap, so that the same rows give the same figures whenever they are asked for. */
const BOOTSTRAP_SEED = 1234;

/** Rows of one model and protocol, in the order asked for, and each pair of them. */
export interface Comparison {
  readonly group: GroupKey;
  readonly entries: readonly LeaderboardEntry[];
  readonly pairs: readonly PairComparison[];
}

interface CompareResult {
  readonly comparison: Comparison | null;
  readonly userErrors: readonly UserError[];
}

const refuse = (code: string, message: string, hint: string): CompareResult => ({
  comparison: null,
  userErrors: [{ code, field: ['experimentIds'], message, hint }],
});

/** `INPUT.COMPARED_ROWS`: fewer than two rows, more than four, or one twice. */
const wrongCount = (): CompareResult =>
  refuse(
    'INPUT.COMPARED_ROWS',
    `A comparison takes 2 to ${MAX_ROWS} different experiments.`,
    'Give two to four ids, each once.',
  );

/** `EXPERIMENT.NO_ROW`: an experiment that this team does not have, or that has no row on the board. */
const noRow = (): CompareResult =>
  refuse(
    'EXPERIMENT.NO_ROW',
    'One of the experiments has no row on the board.',
    'Compare published experiments: query leaderboard for the rows there are.',
  );

/** `SCORE.NOT_COMPARABLE`: rows whose figures do not mean the same. */
const notComparable = (what: string): CompareResult =>
  refuse(
    'SCORE.NOT_COMPARABLE',
    `The rows cannot be compared: ${what}.`,
    'Compare rows of one group of the board; launch the missing one under the same protocol.',
  );

/** Paired comparison of a few rows, question by question. */
export class CompareService {
  constructor(private readonly db: PrismaClient) {}

  /** Three statements, however many rows. */
  async compare({ teamId }: TeamScope, experimentIds: readonly string[]): Promise<CompareResult> {
    const ids = [...new Set(experimentIds)];
    if (ids.length !== experimentIds.length || ids.length < 2 || ids.length > MAX_ROWS) return wrongCount();
    if (!ids.every((id) => z.uuid().safeParse(id).success)) return noRow();
    const found = await this.db.leaderboardEntry.findMany({ where: { teamId, experimentId: { in: ids } } });
    const entries = ids.flatMap((id) => found.filter(({ experimentId }) => experimentId === id.toLowerCase()));
    const [entry] = entries;
    if (!entry || entries.length !== ids.length) return noRow();
    const { modelId, protocolId } = entry;
    if (entries.some((other) => other.modelId !== modelId)) return notComparable('they are of different models');
    if (entries.some((other) => other.protocolId !== protocolId))
      return notComparable('they were scored under different protocols');
    const pairs = await this.pairsOf(entries, protocolId);
    return pairs
      ? { comparison: { group: { modelId, protocolId }, entries, pairs }, userErrors: [] }
      : notComparable('outcomes of a task are missing');
  }

  private async pairsOf(entries: readonly LeaderboardEntry[], protocolId: string): Promise<PairComparison[] | null> {
    const digests = entries.map(({ weightsDigest }) => weightsDigest);
    const [protocol, items] = await Promise.all([
      this.db.protocol.findUniqueOrThrow({ where: { id: protocolId } }),
      this.db.scoreItems.findMany({
        where: { taskProtocol: { protocols: { some: { protocolId } } }, weightsDigest: { in: digests } },
        select: OUTCOME_COLUMNS,
      }),
    ]);
    const { tasks } = protocolTasksSchema.parse(protocol.json);
    const outcomes = outcomesByDigest(items, tasks);
    return compareRows(
      digests.map((digest) => outcomes.get(digest) ?? new Map()),
      tasks.map(({ name }) => name),
      BOOTSTRAP_SEED,
    );
  }
}
