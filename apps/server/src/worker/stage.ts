import type { EngineInfo } from '@swm/core/engine';
import { CodedError } from '@swm/core/errors';
import type { MeasuredCandidate } from '@swm/core/method';
import type { LaunchRequest, StageName } from '../db/launch-request.js';
import type { LayerSimilarityFigures } from '../db/layer-similarity-figures.js';
import type { StageOutputs } from '../db/stage-outputs.js';

/** The registered model an experiment is about. Folder and revision are null until a built-in model has been converted. */
export interface ModelFacts {
  readonly id: string;
  readonly name: string;
  readonly source: string;
  readonly provenance: string;
  readonly revision: string | null;
  readonly folder: string | null;
  /** Of the weights, as registered. */
  readonly sizeBytes: bigint;
}

/** A protocol as it is stored; the id is the sha256 of the canonical JSON. */
export interface ProtocolRecord {
  readonly id: string;
  readonly name: string;
  readonly data: string;
  readonly limit: number | null;
  readonly label: string;
  readonly json: unknown;
  readonly tasks: readonly TaskProtocolRecord[];
}

/** What one task's score means, as it is stored; the id is the sha256 of the canonical JSON. */
export interface TaskProtocolRecord {
  readonly id: string;
  readonly task: string;
  readonly json: unknown;
}

/** What came of asking for an evaluation of some weights. */
export type EvaluationClaim =
  /** Another experiment has been evaluating one of the tasks for so many seconds. */
  | { readonly kind: 'held'; readonly seconds: number }
  /** The scores that are known, and the tasks that are this experiment's to evaluate: others wait for them. */
  | {
      readonly kind: 'claimed';
      readonly scores: StageOutputs['evaluate']['scores'];
      readonly perplexities: StageOutputs['evaluate']['perplexities'];
      readonly missing: readonly string[];
    };

/** Per-question outcomes of one task, packed as in the table. */
export interface ScoreItemsRecord {
  readonly task: string;
  readonly n: number;
  readonly correct: Uint8Array;
  readonly correctNorm: Uint8Array | null;
  readonly choiceCounts: Uint8Array;
  readonly logLikelihoods: Uint8Array;
}

/** A measured perplexity with every segment's loss, as in the table. */
export interface PerplexityRecord {
  readonly text: string;
  readonly metric: string;
  readonly value: number;
  readonly segmentTokens: number;
  /** float32, nats. */
  readonly segmentLosses: Uint8Array;
  readonly device: string;
  readonly torch: string;
  readonly transformers: string;
}

/** Rows that do not follow from a stage's output alone; written in the transaction that closes the stage. */
export interface StageRecords {
  readonly protocol?: ProtocolRecord;
  readonly scoreItems?: readonly ScoreItemsRecord[];
  readonly perplexities?: readonly PerplexityRecord[];
  /** How alike the model's layers are on the experiment's calibration. */
  readonly layerSimilarity?: LayerSimilarityFigures;
}

/** What an engine measured of a plan of the experiment's model: kept, so that nobody measures it again. */
export interface PlanMeasurementRecord extends MeasuredCandidate {
  readonly calibrationSha256: string;
  readonly engine: EngineInfo;
}

/** How a stage ended. A failure is thrown: a `CodedError`, retried where it says so; anything else is a bug. */
export type StageOutcome<Name extends StageName = StageName> =
  | { readonly kind: 'done'; readonly output: StageOutputs[Name]; readonly records?: StageRecords }
  /** Not now (somebody else uses what must be used alone): costs no attempt. */
  | { readonly kind: 'snooze'; readonly seconds: number; readonly reason: string }
  | { readonly kind: 'retry'; readonly error: CodedError }
  /** Never again. */
  | { readonly kind: 'cancel' };

export type EventKind = 'candidate' | 'process' | 'log' | 'score' | 'latency' | 'engine';

export interface StageEvent {
  readonly kind: EventKind;
  readonly data: unknown;
}

/** What earlier experiments found and this one may use again. */
export interface KnownResults {
  checkpoint(planId: string): Promise<StageOutputs['export-checkpoint'] | null>;
  /** What the team knows of these weights, task by task; what it does not know is claimed by this attempt. */
  claimEvaluation(weightsDigest: string, tasks: readonly TaskProtocolRecord[]): Promise<EvaluationClaim>;
  latency(
    weightsDigest: string,
    machineId: string,
    protocol: string,
  ): Promise<StageOutputs['benchmark-latency'] | null>;
}

/** Everything a stage sees. It never sees the database or the queue. */
export interface StageContext {
  readonly experimentId: string;
  readonly request: LaunchRequest;
  readonly model: ModelFacts;
  /** Which attempt at the experiment this is; 1 is the first. */
  readonly attempt: number;
  /** Output of an earlier stage, validated. Asking for one that is not closed is a bug. */
  output<Name extends StageName>(name: Name): StageOutputs[Name];
  /** Whether the launch asks for that stage. */
  isWanted(name: StageName): boolean;
  readonly known: KnownResults;
  /**
   * Promises disk for a checkpoint to this experiment; false when others hold what it needs: then snooze. Throws
   * `STORAGE.NO_SPACE` or `STORAGE.QUOTA_EXCEEDED` where it cannot fit.
   */
  reserveDisk(neededBytes: number): Promise<boolean>;
  /** Where this stage stood when it was last saved; null on a first run. */
  readonly cursor: unknown;
  /** Saves the resume point, these events and these measurements in one transaction. */
  saveCursor(
    cursor: unknown,
    events?: readonly StageEvent[],
    measurements?: readonly PlanMeasurementRecord[],
  ): Promise<void>;
  /** The data of this stage's durable events of one kind, in order. */
  recorded(kind: EventKind): Promise<readonly unknown[]>;
  /** Throttled; `total` null when unknown. Time left is derived from the pace of this run. */
  progress(progress: { done: number; total: number | null; unit: string; note?: string }): void;
  /** A durable event, written in order soon after. */
  emit(event: StageEvent): void;
  /** A line for log.txt, and (not more than a few a second) for the page's log. */
  log(line: string): void;
  /** Aborted on cancel, on shutdown, and when another worker has taken over. */
  readonly signal: AbortSignal;
  /** The experiment's folder; big things lie there, named in the outputs. */
  readonly folder: string;
}

/**
 * One resumable step: a function from earlier outputs to one small JSON output, safe to run twice. A closed stage never runs
 * again; one that was interrupted runs again from its cursor.
 */
export interface Stage<Name extends StageName> {
  readonly name: Name;
  run(context: StageContext): Promise<StageOutcome<Name>>;
}

/** Every stage there is, by name. */
export type Stages = { readonly [Name in StageName]: Stage<Name> };
