export type { Answer, Ask, Candidate, CandidateQuantity, Method, ThresholdInterval } from './method.js';
export { type EnumName, enumNameOf, inputFieldOf } from './method-name.js';
export {
  createMethod,
  expectedEvaluations,
  METHODS,
  type MethodDescription,
  type MethodName,
  type MethodRequest,
  needsGradients,
  readMethodRequest,
  validateMethodRequest,
} from './registry.js';
export { createMemory, type MeasurementMemory, remembering } from './remembering.js';
export { type Measurer, runSearch, type SearchCursor, type SearchResult } from './search.js';
export { layersOfParams, layersOfRatio, type ModelSize } from './target.js';
