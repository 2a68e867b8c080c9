export type {
  BlockGradients,
  Engine,
  EngineInfo,
  EngineSession,
  LayerSimilarity,
  LayerStatistics,
  Measurement,
  Quantity,
} from './engine.js';
export { engineCrashed } from './engine-errors.js';
export { type LayerPath, PrefixCache } from './prefix-cache.js';
