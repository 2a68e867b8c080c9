import type { LaunchRequest } from '../db/launch-request.js';
import { type HostedSession, openEngineSession } from './engine-host.js';
import type { StageTools } from './stage-tools.js';
import { openTorchSession } from './torch-host.js';

/** Opens a model and its calibration in an engine of this machine. Aborting the signal ends it at once. Throws what the engine throws. */
export function openEngine(
  { python, torchDtype, threads, engineFolder }: StageTools,
  options: {
    readonly folder: string;
    readonly tokenIds: readonly (readonly number[])[];
    readonly prefer: LaunchRequest['engine'];
    /** Marks the processes of a side engine. */
    readonly runId: string;
    readonly signal: AbortSignal;
    /** Lines that a side engine writes to stderr. */
    readonly onLine: (line: string) => void;
  },
): Promise<HostedSession> {
  const { folder, tokenIds, prefer, runId, signal, onLine } = options;
  return prefer === 'torch'
    ? openTorchSession({ folder, tokenIds, python, dtype: torchDtype, threads, runId, signal, onLine })
    : openEngineSession({ folder, tokenIds, prefer, engineFolder, signal });
}
