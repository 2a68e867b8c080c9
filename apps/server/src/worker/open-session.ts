import type { LaunchRequest } from '../db/launch-request.js';
import { type HostedSession, openEngineSession } from './engine-host.js';
import type { StageContext } from './stage.js';
import { runIdOf, type StageTools } from './stage-tools.js';
import { openTorchSession } from './torch-host.js';

/**
 * Opens the experiment's model and calibration in the engine that was asked for, or, where it was AUTO, in `auto`; says which it is.
 * Throws what the engine throws.
 */
export async function openSession(
  context: StageContext,
  tools: StageTools,
  auto: LaunchRequest['engine'],
): Promise<HostedSession> {
  const { request, output, signal } = context;
  context.progress({ done: 0, total: null, unit: 'evaluations', note: 'loading the model' });
  const prefer = request.engine === 'auto' ? auto : request.engine;
  const { folder } = output('resolve-model');
  const { tokenIds } = output('calibrate');
  const session =
    prefer === 'torch'
      ? await openTorchSession({
          ...{ folder, tokenIds, signal },
          python: tools.python,
          dtype: tools.torchDtype,
          threads: tools.threads,
          runId: runIdOf(tools, context.experimentId),
          onLine: (line) => context.log(`torch: ${line}`),
        })
      : await openEngineSession({ folder, tokenIds, prefer, engineFolder: tools.engineFolder, signal });
  context.emit({ kind: 'engine', data: session.info });
  context.log(
    `engine: ${session.info.package}, backend ${session.info.backend} on ${session.info.device}${session.info.fallbackReason ? ` (${session.info.fallbackReason})` : ''}`,
  );
  return session;
}
