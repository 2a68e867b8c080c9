import type { LaunchRequest } from '../db/launch-request.js';
import type { TorchDtype } from './torch-host.js';

/** What stages are given by the composition root: programs and folders of this machine. */
export interface StageTools {
  readonly python: string;
  readonly engineFolder: string;
  /** What `auto` means here (SWM_ENGINE). */
  readonly engine: LaunchRequest['engine'];
  /** Number format of the torch engine (SWM_TORCH_DTYPE). */
  readonly torchDtype: TorchDtype;
  readonly taskDataFolder: string | undefined;
  readonly modelsFolder: string;
  readonly checkpointsFolder: string;
  /** Threads a child process may use. */
  readonly threads: number;
  /** Begins the marker of every process of this platform instance. */
  readonly runPrefix: string;
  /** Name and version of this program, for manifests. */
  readonly tool: string;
}

/** The marker of the processes of one experiment. */
export const runIdOf = (tools: StageTools, experimentId: string): string => `${tools.runPrefix}${experimentId}`;
