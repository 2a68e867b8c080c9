import type { LaunchRequest } from '../db/launch-request.js';
import type { HostedSession } from './engine-host.js';
import { openEngine } from './open-engine.js';
import type { StageContext } from './stage.js';
import { runIdOf, type StageTools } from './stage-tools.js';

/**
 * Opens the experiment's model and calibration in the engine that was asked for, or, where it was AUTO, in `auto`; says which it is.
 * Throws what the engine throws.
 */
export function openSession(
  context: StageContext,
  tools: StageTools,
  auto: LaunchRequest['engine'],
): Promise<HostedSession> {
  const { engine } = context.request;
  return openSessionIn(context, tools, engine === 'auto' ? auto : engine, context.output('calibrate').tokenIds);
}

/** The same in that engine, on those tokens. */
export async function openSessionIn(
  context: StageContext,
  tools: StageTools,
  prefer: LaunchRequest['engine'],
  tokenIds: readonly (readonly number[])[],
): Promise<HostedSession> {
  const { output, signal } = context;
  context.progress({ done: 0, total: null, unit: 'evaluations', note: 'loading the model' });
  const { folder } = output('resolve-model');
  const session = await openEngine(tools, {
    ...{ folder, tokenIds, prefer, signal },
    runId: runIdOf(tools, context.experimentId),
    onLine: (line) => context.log(`torch: ${line}`),
  });
  context.emit({ kind: 'engine', data: session.info });
  context.log(
    `engine: ${session.info.package}, backend ${session.info.backend} on ${session.info.device}${session.info.fallbackReason ? ` (${session.info.fallbackReason})` : ''}`,
  );
  return session;
}
