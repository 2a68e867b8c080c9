import type { LayerType, ModelConfig } from '../checkpoint/model-source.js';
import type { Architecture } from './architecture.js';
import { readCount } from './config-fields.js';
import { plainFrequencies } from './rope-frequencies.js';

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index]);

/** Frequencies of a layer type, where some layer has it and they are not the plain ones. */
function unusualFrequencies(config: ModelConfig, type: LayerType): readonly number[] | null {
  const frequencies = config.ropeFrequencies[type];
  const isPlain = isSame(frequencies, plainFrequencies(config.ropeTheta, config.headSize));
  return !config.layerTypes.includes(type) || isPlain ? null : frequencies;
}

/**
 * Every setting that changes what the model computes, defaults written out: part of `weightsDigest`. Settings that a plain Llama does
 * not have enter only where they are not what a plain Llama computes: digests made before they were known stay as they are.
 */
export function functionSettings(architecture: Architecture, config: ModelConfig): Readonly<Record<string, unknown>> {
  const { headSize, hiddenSize, depth, queryHeads, kvHeads, mlpSize, vocabSize, rmsNormEps, ropeTheta, isTied } =
    config;
  const raw = { ...architecture.defaults, ...config.raw };
  const dtype = raw.dtype ?? raw.torch_dtype ?? null;
  const hasWindow = config.layerTypes.includes('sliding');
  const unusual = {
    normOffset: config.normOffset || null,
    attentionScale: config.attentionScale === 1 / Math.sqrt(headSize) ? null : config.attentionScale,
    attentionSoftcap: config.attentionSoftcap,
    logitSoftcap: config.logitSoftcap,
    embeddingScale: config.embeddingScale === 1 ? null : config.embeddingScale,
    layerTypes: hasWindow ? config.layerTypes : null,
    slidingWindow: hasWindow ? config.slidingWindow : null,
    fullFrequencies: unusualFrequencies(config, 'full'),
    slidingFrequencies: unusualFrequencies(config, 'sliding'),
  };
  return {
    ...{ architecture: config.architecture, depth, hiddenSize, queryHeads, kvHeads, headSize, mlpSize, vocabSize },
    ...{ rmsNormEps, ropeTheta, isTied, hiddenAct: config.activation },
    // Not part of the forward pass, but evaluation truncates by it, and readers load in this precision.
    maxPositions: readCount(raw, 'max_position_embeddings', Number.MAX_SAFE_INTEGER, 2048),
    dtype: typeof dtype === 'string' ? dtype : null,
    ...Object.fromEntries(Object.entries(unusual).filter(([, value]) => value !== null)),
  };
}
