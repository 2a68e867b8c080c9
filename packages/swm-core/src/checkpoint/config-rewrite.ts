import { layerTypeText } from '../architecture/read-layer-types.js';
import type { LayerPlan } from '../plan/index.js';
import { configOfPlan } from './config-of-plan.js';
import { topLevelTexts } from './json-scanner.js';
import type { StoredModel } from './open-model.js';

/**
 * What names a place or code of the source that the exported folder does not have, and the rules by which some readers would give
 * layers a type by their new number.
 */
const NOT_CARRIED = ['_name_or_path', 'auto_map', 'sliding_window_pattern', '_sliding_window_pattern'];

/**
 * config.json of the model under `plan`: depth and layer types follow the plan, and types are written out wherever the family
 * follows them (left out, transformers would derive them from the new numbers, methods.md 6); every other setting keeps its spelling.
 */
export function rewriteConfig(
  { configBytes, architecture, config }: Pick<StoredModel, 'configBytes' | 'architecture' | 'config'>,
  plan: LayerPlan,
): Uint8Array {
  const texts = topLevelTexts(configBytes);
  for (const key of NOT_CARRIED) texts.delete(key);
  const { depth, layerTypes } = configOfPlan(config, plan);
  texts.set('num_hidden_layers', String(depth));
  const isListed = JSON.parse(texts.get('layer_types') ?? 'null') !== null;
  if (isListed || architecture.followsLayerTypes)
    texts.set('layer_types', JSON.stringify(layerTypes.map(layerTypeText), null, 2).replaceAll('\n', '\n  '));
  if (texts.has('max_window_layers')) {
    const first = layerTypes.indexOf('sliding');
    texts.set('max_window_layers', String(first < 0 ? depth : first));
  }
  const lines = [...texts].map(([key, text]) => `  ${JSON.stringify(key)}: ${text}`);
  return new TextEncoder().encode(`{\n${lines.join(',\n')}\n}\n`);
}
