import type { MethodName } from '@swm/core/method';
import type { LaunchRequest, StageName } from '../db/launch-request.js';

/** A launch as it is asked for, defaults written out, not yet checked. Mirrors `LaunchExperimentInput` of the API. */
export interface LaunchInput {
  readonly modelId: string;
  /** The methods named, each with the options given; exactly one is right. */
  readonly methods: readonly { readonly name: MethodName; readonly options: Readonly<Record<string, unknown>> }[];
  readonly target: {
    readonly layers: number | null;
    readonly ratio: number | null;
    readonly params: bigint | null;
  } | null;
  readonly calibration: {
    readonly source: 'BUILTIN' | 'FILE' | 'WIKITEXT2' | 'C4' | 'BOOKCORPUS';
    readonly file: string | null;
    readonly samples: number;
    readonly tokens: number;
    readonly seed: number;
    /** null: as the model's family needs it. */
    readonly addBos: boolean | null;
  };
  readonly protocol: {
    readonly name: 'PAPER' | 'MODERN' | 'MINI';
    readonly data: 'OFFICIAL' | 'LOCAL' | 'BUILTIN';
    readonly limit: number | null;
  };
  readonly latency: 'QUICK' | 'PAPER' | 'STATIC' | 'NONE';
  readonly stopAfter: StageName;
  readonly engine: LaunchRequest['engine'];
  readonly idempotencyKey: string | null;
}
