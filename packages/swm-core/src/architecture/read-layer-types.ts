import type { LayerType } from '../checkpoint/model-source.js';
import type { Architecture, LayerTypeRule } from './architecture.js';
import { invalidConfig, unsupportedArchitecture } from './architecture-errors.js';
import { type RawConfig, readCount, readFlag, readOptional, show } from './config-fields.js';

const MAX_WINDOW = Number.MAX_SAFE_INTEGER;

/** Spellings of config.json. */
const TYPE_OF: ReadonlyMap<unknown, LayerType> = new Map([
  ['full_attention', 'full'],
  ['sliding_attention', 'sliding'],
]);

/** What config.json calls a layer's type. */
export const layerTypeText = (type: LayerType): string => `${type}_attention`;

/** Whether layer `index` (from 0) slides where `layer_types` is not written out, as transformers' config classes decide it. */
const SLIDES: Readonly<Record<LayerTypeRule, (settings: RawConfig) => (index: number) => boolean>> = {
  full: () => () => false,
  'window-everywhere': (settings) => () => readOptional(settings, 'sliding_window') !== null,
  'window-above-max-window-layers': (settings) => {
    if (!readFlag(settings, 'use_sliding_window') || readOptional(settings, 'sliding_window') === null)
      return () => false;
    const { max_window_layers: first } = settings;
    if (typeof first !== 'number' || !Number.isInteger(first) || first < 0)
      throw invalidConfig('max_window_layers', `should be a whole number from 0, not ${show(first)}`);
    return (index) => index >= first;
  },
  'window-on-even-layers': () => (index) => index % 2 === 0,
  'full-every-pattern': (settings) => {
    const pattern = readCount(settings, 'sliding_window_pattern', MAX_WINDOW);
    return (index) => (index + 1) % pattern !== 0;
  },
};

/** The type of every layer: `layer_types` where it is given, else the family's rule. `settings` with the family's defaults. → [L] */
export function readLayerTypes(
  { layerTypeRule, followsLayerTypes }: Architecture,
  settings: RawConfig,
  depth: number,
): LayerType[] {
  const { layer_types: listed = null } = settings;
  const slides = SLIDES[layerTypeRule](settings);
  const ruled = Array.from({ length: depth }, (_, index): LayerType => (slides(index) ? 'sliding' : 'full'));
  if (listed === null) return ruled;
  if (!Array.isArray(listed) || listed.length !== depth)
    throw invalidConfig('layer_types', `should list ${depth} layers`);
  const given = listed.map((text: unknown) => {
    const type = TYPE_OF.get(text);
    if (!type) throw unsupportedArchitecture(`it has layers of type ${show(text)}`);
    return type;
  });
  if (!followsLayerTypes && given.some((type, index) => type !== ruled[index]))
    throw unsupportedArchitecture('its layer_types differ from what transformers computes for this family');
  return given;
}

/** Tokens in the window of the sliding layers; null where there are none. */
export function readSlidingWindow(settings: RawConfig, layerTypes: readonly LayerType[]): number | null {
  if (!layerTypes.includes('sliding')) return null;
  if (settings.use_sliding_window === false)
    throw invalidConfig('layer_types', 'lists sliding layers, but use_sliding_window is false');
  return readCount(settings, 'sliding_window', MAX_WINDOW);
}
