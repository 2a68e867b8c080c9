import { access } from 'node:fs/promises';
import type { PrismaClient } from '../db/generated/client.js';
import { loadProofSchema, stageOutputSchemas } from '../db/stage-outputs.js';
import { claimEvaluation } from './claim-evaluation.js';
import type { KnownResults } from './stage.js';

/** What earlier experiments of the same team found. Across teams nothing is reused: a quick answer must not betray whose weights it knows. */
export function knownResults(
  db: PrismaClient,
  owner: {
    readonly teamId: string;
    readonly modelId: string;
    readonly experimentId: string;
    readonly attempt: number;
  },
): KnownResults {
  const { teamId, modelId } = owner;
  const ownCheckpoint = (weightsDigest: string) => db.checkpoint.count({ where: { weightsDigest, model: { teamId } } });
  return {
    checkpoint: async (planId) => {
      const row = await db.checkpoint.findUnique({
        where: { modelId_planId_recoveryId: { modelId, planId, recoveryId: 'none' } },
        include: { model: true },
      });
      const isThere =
        row !== null &&
        (await access(row.folder).then(
          () => true,
          () => false,
        ));
      if (!row || !isThere) return null;
      return {
        folder: row.folder,
        weightsDigest: row.weightsDigest,
        sizeBytes: String(row.sizeBytes),
        parameterCount: String(row.parameterCount),
        isIdentity: row.folder === row.model.folder,
        loadProof: loadProofSchema.nullable().parse(row.loadProof),
      };
    },
    claimEvaluation: (weightsDigest, tasks) => claimEvaluation(db, owner, weightsDigest, tasks),
    latency: async (weightsDigest, machineId, protocol) => {
      if ((await ownCheckpoint(weightsDigest)) === 0) return null;
      const row = await db.latency.findUnique({
        where: { weightsDigest_machineId_protocol: { weightsDigest, machineId, protocol } },
      });
      return row ? stageOutputSchemas['benchmark-latency'].parse({ ...row, wasReused: true }) : null;
    },
  };
}
