import type { PrismaClient } from '../db/generated/client.js';
import { perplexityFigure, scoreSchema } from '../db/stage-outputs.js';
import type { EvaluationClaim, TaskProtocolRecord } from './stage.js';

const TRANSACTION = { maxWait: 15_000, timeout: 60_000 } as const;

/**
 * Takes what the team does not know yet of these weights: the scores there are, and the tasks that are now this attempt's to evaluate;
 * or, where another experiment of the team evaluates one of them, nothing. A claim ends with the attempt that made it, however that
 * ends. Across teams nothing is shared: a quick answer must not betray whose weights are known.
 */
export async function claimEvaluation(
  db: PrismaClient,
  owner: { readonly teamId: string; readonly experimentId: string; readonly attempt: number },
  weightsDigest: string,
  tasks: readonly TaskProtocolRecord[],
): Promise<EvaluationClaim> {
  const { teamId, experimentId, attempt } = owner;
  const ids = tasks.map(({ id }) => id);
  return db.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`evaluation ${teamId} ${weightsDigest}`}, 0))`;
    // Read before the scores: an evaluation that ends meanwhile is seen as running, or with its scores, never as missing.
    const evaluations = await tx.$queryRaw<{ id: string; isDone: boolean; heldSeconds: number | null }[]>`
      SELECT t.task_protocol_id AS id, t.done_at IS NOT NULL AS "isDone",
        CASE WHEN t.done_at IS NULL AND e.id <> ${experimentId}::uuid AND e.attempt = t.attempt AND e.state = 'RUNNING'
                  AND e.lease_expires_at > clock_timestamp()
             THEN extract(epoch FROM clock_timestamp() - t.claimed_at)::float8 END AS "heldSeconds"
      FROM task_evaluation t JOIN experiment e ON e.id = t.experiment_id
      WHERE t.team_id = ${teamId}::uuid AND t.weights_digest = ${weightsDigest} AND t.task_protocol_id = ANY(${ids})`;
    const held = evaluations.flatMap(({ heldSeconds }) => (heldSeconds === null ? [] : [heldSeconds]));
    if (held.length > 0) return { kind: 'held', seconds: Math.max(...held) };
    const done = evaluations.filter(({ isDone }) => isDone).map(({ id }) => id);
    const scores = await tx.score.findMany({ where: { weightsDigest, taskProtocolId: { in: done } } });
    const perplexities = await tx.perplexity.findMany({ where: { weightsDigest, taskProtocolId: { in: done } } });
    const found = new Set([...scores, ...perplexities].map(({ taskProtocolId }) => taskProtocolId));
    const missing = tasks.filter(({ id }) => !found.has(id));
    await tx.$executeRaw`
      INSERT INTO task_evaluation (team_id, weights_digest, task_protocol_id, experiment_id, attempt)
      SELECT ${teamId}::uuid, ${weightsDigest}, unnest(${missing.map(({ id }) => id)}::text[]), ${experimentId}::uuid, ${attempt}
      ON CONFLICT (team_id, weights_digest, task_protocol_id) DO UPDATE
      SET experiment_id = excluded.experiment_id, attempt = excluded.attempt, claimed_at = clock_timestamp(), done_at = NULL`;
    return {
      kind: 'claimed',
      scores: scores.map((score) => scoreSchema.parse(score)),
      perplexities: perplexities.map(perplexityFigure),
      missing: missing.map(({ task }) => task),
    };
  }, TRANSACTION);
}
