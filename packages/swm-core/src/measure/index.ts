/** Entry `@swm/core/measure`: what can be said of measurements without an engine. */
export type { CkaEstimator, CkaKernel, CkaMatrix, CkaRows } from './cka.js';
export { DEFAULT_PATCH_THRESHOLD, detectPatches, type LayerPatch } from './patches.js';
