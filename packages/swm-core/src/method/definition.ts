import type { Method } from './method.js';
import type { MethodOptions, OptionValues } from './method-option.js';

/** `layers`: needs a number of layers kept. `threshold-or-layers`: exactly one of its option `threshold` and a number of layers. */
export type TargetKind = 'none' | 'layers' | 'threshold-or-layers';

type TargetLayers<Kind extends TargetKind> = Kind extends 'layers'
  ? number
  : Kind extends 'none'
    ? undefined
    : number | undefined;

/** A method as data and two functions: everything the platform knows of it. The registry, the API and the pages follow from it. */
export interface MethodDefinition<
  Name extends string = string,
  Options extends MethodOptions = MethodOptions,
  Kind extends TargetKind = TargetKind,
> {
  /** kebab-case. */
  readonly name: Name;
  readonly title: string;
  readonly summary: string;
  readonly reference: string;
  readonly target: Kind;
  readonly options: Options;
  /** Asks for gradients, which not every engine takes. */
  readonly needsGradients?: true;
  /** Throws `METHOD.INVALID_OPTION` where options in their ranges and a target from 1 to `depth` still cannot run on the model. */
  check?(
    options: OptionValues<Options>,
    model: { readonly depth: number; readonly targetLayers: TargetLayers<Kind> },
  ): void;
  /** Measurements a search takes, where that is known before. */
  evaluations?(
    options: OptionValues<Options>,
    model: { readonly depth: number; readonly targetLayers: TargetLayers<Kind> },
  ): number | null;
  create(options: OptionValues<Options>, targetLayers: TargetLayers<Kind>): Method<unknown>;
}

/** Keeps the literal types of a definition. */
export const defineMethod = <
  const Name extends string,
  const Options extends MethodOptions,
  const Kind extends TargetKind,
>(
  definition: MethodDefinition<Name, Options, Kind>,
): MethodDefinition<Name, Options, Kind> => definition;

/** A Method<State> is used with its own states only; the loop and the database carry them as opaque JSON. */
export const opaque = <State>(method: Method<State>): Method<unknown> => method as unknown as Method<unknown>;

/** A launch's method: its name, options (left out: their defaults) and, where it takes one, the number of layers kept. */
export type MethodRequestOf<Definition> =
  Definition extends MethodDefinition<infer Name, infer Options>
    ? { readonly name: Name; readonly targetLayers?: number | undefined } & {
        readonly [Option in keyof Options]?: OptionValues<Options>[Option] | undefined;
      }
    : never;
