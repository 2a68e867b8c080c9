/** Entry `@swm/core/checkpoint`: open a model folder, export it under a plan, name what it computes. */
export type { Architecture } from '../architecture/architecture.js';
export { needsBos } from '../architecture/architecture-of.js';
export { layerMagnitudes } from '../measure/layer-magnitudes.js';
export { checkCompanions, MAX_COMPANION_BYTES, readTokenizerConfig } from './companion-files.js';
export { type ByteRange, copyRanges } from './copy-ranges.js';
export { type ExportedCheckpoint, type ExportOptions, exportCheckpoint } from './export.js';
export { parseStrictJson } from './json-scanner.js';
export { type CardFacts, modelCard } from './model-card.js';
export type {
  ByteSink,
  ByteSource,
  ModelConfig,
  ModelFolder,
  ModelSource,
  TensorDtype,
  TensorEntry,
} from './model-source.js';
export { openModel, type StoredModel, type StoredTensor } from './open-model.js';
export { type OutputTensor, outputTensors } from './output-tensors.js';
export { type ParameterCounts, parameterCounts } from './parameter-counts.js';
export { parseJsonObject, readSmallFile } from './read-small-file.js';
export { type LocatedTensor, readSafetensorsHeader, writeSafetensorsHeader } from './safetensors.js';
export { toFloat32 } from './to-float32.js';
export { checkTokenizer } from './tokenizer-check.js';
export { type TensorDigests, tensorDigests, weightsDigest } from './weights-digest.js';
