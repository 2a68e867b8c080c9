export {
  LATENCY_RUNS,
  type LatencyProtocolName,
  type MeasuredLatency,
  measureLatency,
} from './latency/measure-latency.js';
export {
  type EvaluatedScore,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type LmEvalRun,
} from './lm-eval/evaluate.js';
export type { LmEvalProgress } from './lm-eval/progress.js';
export { type PythonFacts, readPythonFacts } from './lm-eval/python-facts.js';
export type { LmEvalScore } from './lm-eval/results.js';
export type { TaskItems } from './lm-eval/samples.js';
export {
  BUILTIN_CALIBRATION_FILE,
  locateTaskFiles,
  type TaskFiles,
} from './lm-eval/task-files.js';
export { BUILTIN_MODELS, type BuiltinModel, builtinModelOf, convertBuiltin } from './models/builtin-models.js';
export { type MeasuredPerplexity, measurePerplexity } from './perplexity/measure-perplexity.js';
export { locateTexts, type TextFiles } from './perplexity/text-files.js';
export { markedProcesses } from './process/process-tree.js';
export {
  type LineProcess,
  openProcess,
  type RunOptions,
  type RunResult,
  reapOrphans,
  runProcess,
} from './process/run.js';
export * from './protocol/index.js';
export { measureStockLoss, type StockLoss } from './stock-loss/measure-stock-loss.js';
