import type { ModelConfig } from '../checkpoint/model-source.js';
import type { Architecture, RopeType } from './architecture.js';
import { invalidConfig, unsupportedRope } from './architecture-errors.js';
import { type RawConfig, readPositive, show } from './config-fields.js';
import { type RopeSettings, ropeFrequencies } from './rope-frequencies.js';

/** Llama's base. */
const THETA = 10_000;

/** An object of config.json; absent and null are empty. */
function readObject(raw: RawConfig, key: string): RawConfig {
  const value = raw[key] ?? {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalidConfig(key, `should be an object, not ${show(value)}`);
  return { ...value };
}

/** One object of several that speak of the same settings, which must agree where two say something. */
function agreed(parts: readonly RawConfig[]): RawConfig {
  const all = new Map<string, unknown>();
  for (const part of parts) {
    for (const [key, value] of Object.entries(part)) {
      if (value === null || value === undefined) continue;
      const earlier = all.get(key) ?? value;
      if (show(earlier) !== show(value))
        throw invalidConfig(key, `is given twice with different values (${show(earlier)}, ${show(value)})`);
      all.set(key, value);
    }
  }
  return Object.fromEntries(all);
}

/** The settings of a rope object; a type that the family does not know throws `ARCHITECTURE.ROPE_UNSUPPORTED`. */
function settingsOf(rope: RawConfig, raw: RawConfig, known: readonly RopeType[], theta: number): RopeSettings {
  const named = rope.rope_type ?? rope.type ?? 'default';
  const type = known.find((name) => name === named);
  if (!type) throw unsupportedRope(`its type is ${show(named)}, not ${known.join(' or ')}`);
  if ((rope.partial_rotary_factor ?? raw.partial_rotary_factor ?? 1) !== 1)
    throw unsupportedRope('it rotates only a part of each head');
  const needed = (of: boolean, key: string) => (of ? readPositive(rope, key) : 1);
  const isLlama3 = type === 'llama3';
  const original = raw.original_max_position_embeddings ?? rope.original_max_position_embeddings;
  const positions = { original_max_position_embeddings: original ?? raw.max_position_embeddings };
  return {
    type,
    theta: readPositive(rope, 'rope_theta', theta),
    factor: needed(type !== 'default', 'factor'),
    low: needed(isLlama3, 'low_freq_factor'),
    high: needed(isLlama3, 'high_freq_factor'),
    originalPositions: isLlama3 ? readPositive(positions, 'original_max_position_embeddings') : 1,
  };
}

/**
 * Rotary frequencies of both layer types. transformers 5 writes `rope_parameters`, nested by layer type where types differ;
 * before, `rope_theta` and the base of sliding layers stood beside `rope_scaling`, which meant full layers. Where several speak, they
 * must agree. `raw` without the family's defaults.
 */
export function readRope(
  architecture: Architecture,
  raw: RawConfig,
  headSize: number,
): Pick<ModelConfig, 'ropeTheta' | 'ropeFrequencies'> {
  const { defaults, ropeTypes, slidingThetaKey } = architecture;
  const parameters = readObject(raw, 'rope_parameters');
  const isNested = 'full_attention' in parameters || 'sliding_attention' in parameters;
  if (Object.keys(parameters).length > 0 && isNested !== (slidingThetaKey !== null))
    throw unsupportedRope(isNested ? 'it differs by layer type' : 'rope_parameters does not tell layer types apart');
  const read = (parts: readonly RawConfig[], thetaKey: string) =>
    settingsOf(agreed(parts), raw, ropeTypes, readPositive(defaults, thetaKey, THETA));
  const full = read(
    [
      { rope_theta: raw.rope_theta },
      readObject(raw, 'rope_scaling'),
      isNested ? readObject(parameters, 'full_attention') : parameters,
    ],
    'rope_theta',
  );
  const sliding =
    slidingThetaKey === null
      ? full
      : read([{ rope_theta: raw[slidingThetaKey] }, readObject(parameters, 'sliding_attention')], slidingThetaKey);
  return {
    ropeTheta: full.theta,
    ropeFrequencies: { full: ropeFrequencies(full, headSize), sliding: ropeFrequencies(sliding, headSize) },
  };
}
