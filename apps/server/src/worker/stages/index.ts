import type { Stages } from '../stage.js';
import type { StageTools } from '../stage-tools.js';
import { analyseLayers } from './analyse-layers.js';
import { benchmarkLatency } from './benchmark-latency.js';
import { calibrate } from './calibrate.js';
import { evaluate } from './evaluate.js';
import { exportCheckpoint } from './export-checkpoint.js';
import { publish } from './publish.js';
import { resolveModel } from './resolve-model.js';
import { searchPlan } from './search-plan.js';

export type { StageTools } from '../stage-tools.js';

/** Every stage, given what it may use of this machine. */
export const createStages = (tools: StageTools): Stages => ({
  'resolve-model': resolveModel(tools),
  calibrate: calibrate(),
  'analyse-layers': analyseLayers(tools),
  'search-plan': searchPlan(tools),
  'export-checkpoint': exportCheckpoint(tools),
  evaluate: evaluate(tools),
  'benchmark-latency': benchmarkLatency(tools),
  publish: publish(),
});
