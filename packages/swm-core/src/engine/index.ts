export type { Engine, EngineInfo, EngineSession, LayerStatistics, Measurement, Quantity } from './engine.js';
export { commonPrefix, type LayerPath, PrefixCache } from './prefix-cache.js';
