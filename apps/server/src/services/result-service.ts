import type { Checkpoint, Experiment, Plan, PrismaClient, Score, Stage } from '../db/generated/client.js';
import { type LatencyFigure, latencyFigureSchema, removedRatio } from '../db/leaderboard-entry.js';
import { type LoadProof, loadProofSchema, type PerplexityFigure, perplexityFigure } from '../db/stage-outputs.js';
import { stageOutput } from './experiment-service.js';
import type { TeamScope } from './team-scope.js';

/** An experiment with its stages: what results are looked up by. */
export interface ResultKey {
  readonly experiment: Experiment;
  readonly stages: readonly Stage[];
  readonly checkpoint: Checkpoint | null;
}

/** Removed / all parameters of the source model. */
export const removedRatioOf = (
  model: { readonly parameterCount: bigint },
  checkpoint: { readonly parameterCount: bigint },
): number => removedRatio(model.parameterCount, checkpoint.parameterCount);

export type { LoadProof, PerplexityFigure };

/** That stock transformers opens an exported checkpoint; null where it was not asked to. */
export const loadProofOf = ({ loadProof }: Pick<Checkpoint, 'loadProof'>): LoadProof | null =>
  loadProofSchema.nullable().parse(loadProof);

/** The rows of some weights that a protocol is made of. */
const scoresOf = ({ weightsDigest }: Checkpoint, protocolId: string) => ({
  weightsDigest,
  taskProtocol: { protocols: { some: { protocolId } } },
});

/**
 * What an experiment found. Scores and latencies hang off weights and protocol; they are an experiment's own only once its stage
 * is closed, so that equal weights of another team betray nothing.
 */
export class ResultService {
  constructor(private readonly db: PrismaClient) {}

  /** Plans by id, for a loader; only those the team's experiments have. */
  plansByIds({ teamId }: TeamScope, ids: readonly string[]): Promise<Plan[]> {
    return this.db.plan.findMany({ where: { id: { in: [...ids] }, experiments: { some: { teamId } } } });
  }

  /** Checkpoints by id, for a loader; of the team's models alone. */
  checkpointsByIds({ teamId }: TeamScope, ids: readonly string[]): Promise<Checkpoint[]> {
    return this.db.checkpoint.findMany({ where: { id: { in: [...ids] }, model: { teamId } } });
  }

  async scores({ experiment, stages, checkpoint }: ResultKey): Promise<Score[]> {
    const output = stageOutput(stages, 'evaluate');
    if (!output || !checkpoint || !experiment.protocolId) return [];
    return this.db.score.findMany({
      where: scoresOf(checkpoint, experiment.protocolId),
      orderBy: [{ task: 'asc' }, { metric: 'asc' }],
    });
  }

  async perplexities({ experiment, stages, checkpoint }: ResultKey): Promise<PerplexityFigure[]> {
    const output = stageOutput(stages, 'evaluate');
    if (!output || !checkpoint || !experiment.protocolId) return [];
    const where = scoresOf(checkpoint, experiment.protocolId);
    return (await this.db.perplexity.findMany({ where, orderBy: { text: 'desc' } })).map(perplexityFigure);
  }

  /** How many questions' outcomes are stored: all tasks together. */
  async questionOutcomeCount({ experiment, stages, checkpoint }: ResultKey): Promise<number> {
    const output = stageOutput(stages, 'evaluate');
    if (!output || !checkpoint || !experiment.protocolId) return 0;
    const { _sum } = await this.db.scoreItems.aggregate({
      where: scoresOf(checkpoint, experiment.protocolId),
      _sum: { n: true },
    });
    return _sum.n ?? 0;
  }

  async latency({ stages, checkpoint }: ResultKey): Promise<LatencyFigure | null> {
    const output = stageOutput(stages, 'benchmark-latency');
    if (!output || !checkpoint) return null;
    const { machineId, protocol } = output;
    const key = { weightsDigest: checkpoint.weightsDigest, machineId, protocol };
    const row = await this.db.latency.findUnique({ where: { weightsDigest_machineId_protocol: key } });
    return row && latencyFigureSchema.parse({ ...row, protocol });
  }
}
