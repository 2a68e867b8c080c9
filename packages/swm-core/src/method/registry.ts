import type { MethodDefinition, MethodRequestOf, TargetKind } from './definition.js';
import { denseMethod } from './dense.js';
import { lacoMethod } from './laco.js';
import { lastNMethod } from './last-n.js';
import { manualMethod } from './manual.js';
import type { Method } from './method.js';
import { invalidOption, optionField, targetMissing, targetUnused, unknownMethod } from './method-errors.js';
import type { MethodOption } from './method-option.js';
import { randomMethod } from './random.js';
import { shortGptMethod } from './short-gpt.js';
import { shortenedMagnitudeMethod } from './shortened-magnitude.js';
import { shortenedPplMethod } from './shortened-ppl.js';
import { shortenedTaylorMethod } from './shortened-taylor.js';
import { slebMethod } from './sleb.js';
import { swmMethod } from './sliding-window-merging.js';
import { uidlMethod } from './uidl.js';

/** Every method there is, in the order people see them. A new one is a file and a line here; its typed input is in the API. */
const DEFINITIONS = [
  swmMethod,
  lacoMethod,
  shortGptMethod,
  uidlMethod,
  slebMethod,
  shortenedPplMethod,
  shortenedTaylorMethod,
  shortenedMagnitudeMethod,
  lastNMethod,
  randomMethod,
  manualMethod,
  denseMethod,
] as const;

/**
 * What a launch asks of a method: its name, its options, and `targetLayers` = layers kept. Options left out have their defaults.
 * A method by threshold takes exactly one of `threshold` and `targetLayers`.
 */
export type MethodRequest = MethodRequestOf<(typeof DEFINITIONS)[number]>;

export type MethodName = MethodRequest['name'];

export interface MethodDescription {
  readonly name: MethodName;
  readonly title: string;
  readonly summary: string;
  readonly reference: string;
  /** Which targets it accepts: 'threshold', 'layers'. */
  readonly targets: readonly ('threshold' | 'layers')[];
  readonly options: readonly (Pick<MethodOption, 'kind' | 'description'> & {
    readonly name: string;
    readonly default: string | null;
  })[];
}

const TARGETS: Readonly<Record<TargetKind, MethodDescription['targets']>> = {
  none: [],
  layers: ['layers'],
  'threshold-or-layers': ['threshold', 'layers'],
};

/** Every method there is, as people are told of it. */
export const METHODS: readonly MethodDescription[] = DEFINITIONS.map(
  ({ name, title, summary, reference, target, options }) => ({
    ...{ name, title, summary, reference },
    targets: TARGETS[target],
    options: Object.entries<MethodOption>(options).map(([option, { kind, description, default: preset }]) => ({
      ...{ name: option, kind, description },
      default: preset === undefined ? null : String(preset),
    })),
  }),
);

interface Read {
  readonly definition: MethodDefinition;
  readonly options: Readonly<Record<string, unknown>>;
  readonly targetLayers: number | undefined;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function read(value: unknown): Read {
  const { name, targetLayers, ...given } = isObject(value) ? value : {};
  const definitions: readonly MethodDefinition[] = DEFINITIONS;
  const definition = definitions.find((candidate) => candidate.name === name);
  if (!definition) throw unknownMethod(String(name));
  const options = readOptions(definition, given);
  if (targetLayers !== undefined && typeof targetLayers !== 'number')
    throw invalidOption(['target', 'layers'], 'The target is no number.', 'Give the number of layers kept.');
  checkTarget(definition, options, targetLayers);
  return { definition, options, targetLayers };
}

function readOptions({ name, title, options }: MethodDefinition, given: Readonly<Record<string, unknown>>) {
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(options, key));
  if (unknown !== undefined)
    throw invalidOption(optionField(name, unknown), `${title} has no option ${unknown}.`, 'Leave it out.');
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(options)) {
    const value = given[key] ?? option.default;
    if (value === undefined && !option.isRequired) continue;
    if (!option.accepts(value))
      throw invalidOption(
        optionField(name, key),
        value === undefined ? `${title} needs its option ${key}.` : `${title} cannot take ${show(value)} as ${key}.`,
        `Give ${option.takes}.`,
      );
    values[key] = value;
  }
  return values;
}

const show = (value: unknown): string => JSON.stringify(value).slice(0, 60);

/** Whether the request has the target its method needs, and no other. */
function checkTarget(
  { name, title, target }: MethodDefinition,
  options: Readonly<Record<string, unknown>>,
  targetLayers: number | undefined,
): void {
  if (target === 'none' && targetLayers !== undefined) throw targetUnused(title);
  if (target === 'layers' && targetLayers === undefined) throw targetMissing(title);
  if (target === 'threshold-or-layers' && (options.threshold === undefined) === (targetLayers === undefined))
    throw invalidOption(
      optionField(name, 'threshold'),
      `${title} takes exactly one of a threshold and a target.`,
      `Give method.${optionField(name, 'threshold').slice(1).join('.')} or target.layers, not both.`,
    );
}

/**
 * Reads a request from an untrusted value, defaults written out. Throws `METHOD.UNKNOWN`, `METHOD.INVALID_OPTION`,
 * `METHOD.TARGET_MISSING` or `METHOD.TARGET_UNUSED`; `details.field` is the path in the launch input.
 */
export function readMethodRequest(value: unknown): MethodRequest {
  const { definition, options, targetLayers } = read(value);
  const request = { name: definition.name, ...options, ...(targetLayers === undefined ? {} : { targetLayers }) };
  return request as MethodRequest; // Every option was accepted by that very definition, which TypeScript cannot follow.
}

/** What `readMethodRequest` throws, and `METHOD.INVALID_OPTION` when the request cannot run on a model of `depth` layers. */
export function validateMethodRequest(request: MethodRequest, depth: number): void {
  const { definition, options, targetLayers } = read(request);
  if (targetLayers !== undefined && !(Number.isInteger(targetLayers) && targetLayers >= 1 && targetLayers <= depth))
    throw invalidOption(
      ['target', 'layers'],
      `The model has ${depth} layers; ${targetLayers} cannot be kept.`,
      `Give a whole number from 1 to ${depth}.`,
    );
  definition.check?.(options, { depth, targetLayers });
}

/** Whether only an engine with gradients can answer what the method asks. */
export const needsGradients = (request: MethodRequest): boolean => read(request).definition.needsGradients ?? false;

/** Measurements the search will take on a model of `depth` layers; null where that depends on what is measured. */
export function expectedEvaluations(request: MethodRequest, depth: number): number | null {
  const { definition, options, targetLayers } = read(request);
  return definition.evaluations?.(options, { depth, targetLayers }) ?? null;
}

/** The method a request names. Its state is opaque JSON to everyone but itself. Throws what `readMethodRequest` throws. */
export function createMethod(request: MethodRequest): Method<unknown> {
  const { definition, options, targetLayers } = read(request);
  return definition.create(options, targetLayers);
}
