import { CodedError } from '../errors.js';
import { dense } from './dense.js';
import type { Method } from './method.js';
import { shortGpt } from './short-gpt.js';
import { type SwmProfile, slidingWindowMerging } from './sliding-window-merging.js';
import { slidingWindowMergingToDepth } from './sliding-window-merging-to-depth.js';

/** What a launch asks of a method. `targetLayers` = layers kept. SWM takes exactly one of `threshold` and `targetLayers`. */
export type MethodRequest =
  | {
      readonly name: 'swm';
      readonly profile: SwmProfile;
      readonly threshold?: number | undefined;
      readonly targetLayers?: number | undefined;
    }
  | { readonly name: 'short-gpt'; readonly targetLayers: number }
  | { readonly name: 'dense' };

export type MethodName = MethodRequest['name'];

export interface MethodDescription {
  readonly name: MethodName;
  readonly title: string;
  readonly summary: string;
  readonly reference: string;
  /** Which targets it accepts: 'threshold', 'layers'. */
  readonly targets: readonly ('threshold' | 'layers')[];
  readonly options: readonly { readonly name: string; readonly description: string; readonly default: string | null }[];
}

/** Every method there is, in the order people see them. */
export const METHODS: readonly MethodDescription[] = [
  {
    name: 'swm',
    title: 'Sliding-Window Merging',
    summary:
      'Merges windows of layers from the top down while the last hidden state stays closer than a threshold to the dense model’s.',
    reference: 'arXiv 2502.19159 (AAAI-26)',
    targets: ['threshold', 'layers'],
    options: [
      {
        name: 'profile',
        description:
          'released: the published script, which loses a window still open at the bottom; repaired: commits it.',
        default: 'repaired',
      },
      {
        name: 'threshold',
        description: 'Cosine in (-1, 1]; a window is accepted strictly above it. Leave out when a target is given.',
        default: null,
      },
    ],
  },
  {
    name: 'short-gpt',
    title: 'ShortGPT',
    summary: 'Drops the layers that change their input least (block influence), measured once on the dense model.',
    reference: 'arXiv 2403.03853',
    targets: ['layers'],
    options: [],
  },
  {
    name: 'dense',
    title: 'Dense',
    summary: 'The model as it is; what every other row is compared with.',
    reference: '—',
    targets: [],
    options: [],
  },
];

/** `METHOD.INVALID_OPTION`: a method option or target out of its range; `details.field` is the path in the launch input. */
const invalidOption = (field: readonly string[], message: string, fix: string): CodedError =>
  new CodedError({ code: 'METHOD.INVALID_OPTION', message, fix, details: { field } });

function checkLayers(layers: number, depth: number): void {
  if (!Number.isInteger(layers) || layers < 1 || layers > depth) {
    throw invalidOption(
      ['target', 'layers'],
      `The model has ${depth} layers; ${layers} cannot be kept.`,
      `Give a whole number from 1 to ${depth}.`,
    );
  }
}

/** Throws `METHOD.INVALID_OPTION` when the request cannot run on a model of `depth` layers. */
export function validateMethodRequest(request: MethodRequest, depth: number): void {
  if (request.name === 'dense') return;
  if (request.name === 'short-gpt') {
    checkLayers(request.targetLayers, depth);
    return;
  }
  const { threshold, targetLayers } = request;
  if (depth < 3)
    throw invalidOption(
      ['modelId'],
      `Sliding-Window Merging needs at least 3 layers; the model has ${depth}.`,
      'Choose a deeper model.',
    );
  if ((threshold === undefined) === (targetLayers === undefined)) {
    throw invalidOption(
      ['method', 'swm', 'threshold'],
      'Sliding-Window Merging takes exactly one of a threshold and a target.',
      'Give method.swm.threshold or target.layers, not both.',
    );
  }
  if (threshold !== undefined && !(threshold > -1 && threshold <= 1)) {
    throw invalidOption(
      ['method', 'swm', 'threshold'],
      `The threshold is a cosine, and ${threshold} is none.`,
      'Give a number above -1 and at most 1, for example 0.8.',
    );
  }
  if (targetLayers !== undefined) checkLayers(targetLayers, depth);
}

/** The method a request names. Its state is opaque JSON to everyone but itself. */
export function createMethod(request: MethodRequest): Method<unknown> {
  // A Method<State> is used with its own states only; the loop and the database carry them as opaque JSON.
  const opaque = <State>(method: Method<State>): Method<unknown> => method as unknown as Method<unknown>;
  switch (request.name) {
    case 'swm': {
      const { profile, threshold, targetLayers } = request;
      if (threshold !== undefined) return opaque(slidingWindowMerging({ profile, threshold }));
      if (targetLayers !== undefined) return opaque(slidingWindowMergingToDepth({ profile, targetLayers }));
      throw invalidOption(
        ['method', 'swm', 'threshold'],
        'Sliding-Window Merging needs a threshold or a target.',
        'Give method.swm.threshold or target.layers.',
      );
    }
    case 'short-gpt':
      return opaque(shortGpt(request));
    case 'dense':
      return opaque(dense());
  }
}
