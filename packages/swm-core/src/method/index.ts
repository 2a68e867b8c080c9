export { dense } from './dense.js';
export type { Answer, Ask, Candidate, Method } from './method.js';
export {
  createMethod,
  METHODS,
  type MethodDescription,
  type MethodName,
  type MethodRequest,
  validateMethodRequest,
} from './registry.js';
export { type Measurer, runSearch, type SearchCursor, type SearchResult } from './search.js';
export { shortGpt } from './short-gpt.js';
export { type LayerWindow, type SwmProfile, slidingWindowMerging } from './sliding-window-merging.js';
export { slidingWindowMergingToDepth, THRESHOLD_RESOLUTION } from './sliding-window-merging-to-depth.js';
