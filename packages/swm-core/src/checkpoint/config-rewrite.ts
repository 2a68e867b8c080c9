import type { Architecture } from '../architecture/architecture.js';
import { type LayerPlan, outputDepth, outputLayers } from '../plan/index.js';
import { topLevelTexts } from './json-scanner.js';

/** What names a place or code of the source that the exported folder does not have. */
const NOT_CARRIED = ['_name_or_path', 'auto_map'];

/**
 * config.json of the model under `plan`: depth and per-layer lists follow the plan (a list left out would make
 * transformers derive layer types from the new numbers, methods.md 6); every other setting keeps its spelling.
 */
export function rewriteConfig(configBytes: Uint8Array, architecture: Architecture, plan: LayerPlan): Uint8Array {
  const texts = topLevelTexts(configBytes);
  for (const key of NOT_CARRIED) texts.delete(key);
  texts.set(architecture.depthKey, String(outputDepth(plan)));
  for (const key of architecture.perLayerKeys) {
    const list: unknown = JSON.parse(texts.get(key) ?? 'null');
    if (!Array.isArray(list)) continue;
    const kept = outputLayers(plan).map(({ projectionsFrom }): unknown => list[projectionsFrom]);
    texts.set(key, JSON.stringify(kept, null, 2).replaceAll('\n', '\n  '));
  }
  const lines = [...texts].map(([key, text]) => `  ${JSON.stringify(key)}: ${text}`);
  return new TextEncoder().encode(`{\n${lines.join(',\n')}\n}\n`);
}
