import { tooFewLayers } from './method-errors.js';
import { flag } from './method-option.js';

/** Shortened-LLM's "+": the first four and the last two blocks are never removed (methods.md 5.1). */
const FIRST = 4;
const LAST = 2;

export const isUnprotected = (layer: number, depth: number): boolean => layer >= FIRST && layer < depth - LAST;

/** The layers that may be removed, ascending. */
export const removableLayers = (depth: number, isProtecting: boolean): readonly number[] =>
  Array.from({ length: depth }, (_, layer) => layer).filter((layer) => !isProtecting || isUnprotected(layer, depth));

/** The option of the methods that protect. */
export const protect = flag({
  default: true,
  description: 'Never remove the first four and the last two layers.',
});

/** Throws `METHOD.INVALID_OPTION` where protection leaves too few layers to remove. */
export function checkProtection(
  isProtecting: boolean,
  model: { readonly depth: number; readonly targetLayers: number },
): void {
  const { depth, targetLayers } = model;
  const least = depth - removableLayers(depth, isProtecting).length;
  if (targetLayers < least)
    throw tooFewLayers(targetLayers, least, `the first four and the last two of ${depth} layers are protected`);
}
