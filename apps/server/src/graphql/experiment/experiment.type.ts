import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { ExperimentService } from '../../services/experiment-service.js';
import { Calibration } from '../calibration/calibration.type.js';
import { CheckpointType } from '../checkpoint/checkpoint.type.js';
import { connectionOf } from '../connection.type.js';
import { EngineInfoType } from '../engine/engine.type.js';
import { LatencyProtocol, LatencyType } from '../latency/latency.type.js';
import { LeaderboardRow } from '../leaderboard/leaderboard.type.js';
import { MethodSelection } from '../method/method.type.js';
import { ModelType } from '../model/model.type.js';
import { PlanType } from '../plan/plan.type.js';
import { ProtocolType } from '../protocol/protocol.type.js';
import { GraphQLDateTime } from '../scalars.js';
import { ScoreType } from '../score/score.type.js';
import { UserErrorType } from '../user-error.type.js';

/** An experiment as services give it. */
export type StoredExperiment = NonNullable<Awaited<ReturnType<ExperimentService['get']>>>;

export const ExperimentState = {
  QUEUED: 'QUEUED',
  RUNNING: 'RUNNING',
  SUCCEEDED: 'SUCCEEDED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
} as const;
export type ExperimentState = keyof typeof ExperimentState;
registerEnumType(ExperimentState, {
  name: 'ExperimentState',
  description: 'Where an experiment stands; the last three are final.',
  valuesConfig: {
    QUEUED: { description: 'Waits for a worker.' },
    RUNNING: { description: 'A worker runs its stages.' },
    SUCCEEDED: { description: 'All its stages are done.' },
    FAILED: { description: 'A stage failed; see error.' },
    CANCELLED: { description: 'It was cancelled.' },
  },
});

export const StageState = {
  PENDING: 'PENDING',
  RUNNING: 'RUNNING',
  DONE: 'DONE',
  SKIPPED: 'SKIPPED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
} as const;
export type StageState = keyof typeof StageState;
registerEnumType(StageState, {
  name: 'StageState',
  description: 'Where a stage stands.',
  valuesConfig: {
    PENDING: { description: 'Not begun, or to be taken up again.' },
    RUNNING: { description: 'Runs.' },
    DONE: { description: 'Closed: it never runs again.' },
    SKIPPED: { description: 'Not asked for.' },
    FAILED: { description: 'Failed; see error.' },
    CANCELLED: { description: 'Cancelled with its experiment.' },
  },
});

export const StageName = {
  RESOLVE_MODEL: 'RESOLVE_MODEL',
  CALIBRATE: 'CALIBRATE',
  ANALYSE_LAYERS: 'ANALYSE_LAYERS',
  SEARCH_PLAN: 'SEARCH_PLAN',
  EXPORT_CHECKPOINT: 'EXPORT_CHECKPOINT',
  EVALUATE: 'EVALUATE',
  BENCHMARK_LATENCY: 'BENCHMARK_LATENCY',
  PUBLISH: 'PUBLISH',
} as const;
export type StageName = keyof typeof StageName;
registerEnumType(StageName, {
  name: 'StageName',
  description: 'The steps of an experiment, in order.',
  valuesConfig: {
    RESOLVE_MODEL: { description: 'Opens the model, converting a built-in one.' },
    CALIBRATE: { description: 'Makes the token-id matrix.' },
    ANALYSE_LAYERS: { description: 'Compares the layers of the model; only of an analysis, which ends there.' },
    SEARCH_PLAN: { description: 'Finds the plan.' },
    EXPORT_CHECKPOINT: { description: 'Writes the pruned model.' },
    EVALUATE: { description: 'Scores it with lm-evaluation-harness.' },
    BENCHMARK_LATENCY: { description: 'Measures generation time.' },
    PUBLISH: { description: 'Puts the row on the board.' },
  },
});

@ObjectType({ description: 'Why something failed.' })
export class Failure {
  @Field(() => String, { description: 'NAMESPACE.SUBCODE, explained in docs/errors.md.' })
  code!: string;

  @Field(() => String, { description: 'What happened, in one sentence.' })
  message!: string;

  @Field(() => String, { nullable: true, description: 'What to do about it.' })
  fix!: string | null;
}

@ObjectType({ description: 'How far a running stage is.' })
export class StageProgress {
  @Field(() => Int, { description: 'Units done.' })
  done!: number;

  @Field(() => Int, { nullable: true, description: 'Units in all; null when unknown.' })
  total!: number | null;

  @Field(() => String, { description: 'What is counted.' })
  unit!: string;

  @Field(() => Float, { nullable: true, description: 'Seconds left at this pace; null when unknown.' })
  secondsLeft!: number | null;

  @Field(() => String, { nullable: true, description: 'What it is doing.' })
  note!: string | null;
}

@ObjectType('Stage', { description: 'One resumable step of an experiment.' })
export class StageType {
  @Field(() => StageName, { description: 'Which step.' })
  name!: StageName;

  @Field(() => StageState, { description: 'Where it stands.' })
  state!: StageState;

  @Field(() => Int, { description: 'How often it was entered.' })
  runs!: number;

  @Field(() => StageProgress, { nullable: true, description: 'How far it is; null before its first report.' })
  progress!: StageProgress | null;

  @Field(() => Failure, { nullable: true, description: 'Why it failed.' })
  error!: Failure | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When it began.' })
  startedAt!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When it ended.' })
  finishedAt!: Date | null;

  @Field(() => Int, { nullable: true, description: 'Duration of its last run, milliseconds.' })
  durationMs!: number | null;
}

@ObjectType('ExperimentEvent', { description: 'One entry of the durable record behind every live view.' })
export class ExperimentEventType {
  @Field(() => Int, { description: 'Its place: 1, 2, 3, … without gaps.' })
  seq!: number;

  @Field(() => GraphQLDateTime, { description: 'When it was written.' })
  at!: Date;

  @Field(() => String, {
    description: 'state, stage, progress, candidate, process, log, score, latency or engine.',
  })
  kind!: string;

  @Field(() => StageName, { nullable: true, description: 'The stage it belongs to; null for the whole experiment.' })
  stage!: StageName | null;

  @Field(() => String, { description: 'JSON text; its shape follows from the kind.' })
  data!: string;
}

@ObjectType({ description: 'Events after a sequence number.' })
export class EventConnection {
  @Field(() => [ExperimentEventType], { description: 'The events in order.' })
  nodes!: readonly ExperimentEventType[];

  @Field(() => Int, { description: 'Pass it as `after` to go on.' })
  lastSeq!: number;

  @Field(() => Boolean, { description: 'Whether more events follow already.' })
  hasNextPage!: boolean;
}

export const CandidateQuantity = { COSINE: 'COSINE', PERPLEXITY: 'PERPLEXITY' } as const;
export type CandidateQuantity = keyof typeof CandidateQuantity;
registerEnumType(CandidateQuantity, {
  name: 'CandidateQuantity',
  description: 'What was measured of a candidate.',
  valuesConfig: {
    COSINE: { description: 'Similarity of its last hidden state to the dense model’s.' },
    PERPLEXITY: { description: 'exp of its mean next-token loss on the calibration samples.' },
  },
});

@ObjectType('Candidate', { description: 'A plan the search looked at.' })
export class CandidateType {
  @Field(() => Int, { description: 'Its place in the search, from 0.' })
  index!: number;

  @Field(() => Int, { description: 'First layer of the window under test.' })
  first!: number;

  @Field(() => Int, { description: 'Last layer of the window under test, inclusive.' })
  last!: number;

  @Field(() => String, { description: 'The plan as text.' })
  plan!: string;

  @Field(() => CandidateQuantity, { description: 'What was measured.' })
  quantity!: CandidateQuantity;

  @Field(() => Float, { description: 'The number measured: a similarity, or what `quantity` says.' })
  similarity!: number;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether it was accepted; null where the method does not decide so.',
  })
  accepted!: boolean | null;

  @Field(() => Int, { description: 'Layer forwards it cost.' })
  layerForwards!: number;

  @Field(() => Boolean, { description: 'Whether it was known before and cost nothing.' })
  cached!: boolean;
}

@ObjectType({ description: 'Every candidate of a search.' })
export class SearchTrace {
  @Field(() => Float, {
    nullable: true,
    description: 'The threshold asked for, or the one found for a target; null until then and for methods without one.',
  })
  threshold!: number | null;

  @Field(() => [CandidateType], { description: 'The candidates in order.' })
  candidates!: readonly CandidateType[];
}

@ObjectType({ description: 'What an experiment aims at: one of these.' })
export class Target {
  @Field(() => Int, { nullable: true, description: 'Number of layers kept.' })
  layers!: number | null;

  @Field(() => Float, { nullable: true, description: 'SWM’s threshold, where that was given instead.' })
  threshold!: number | null;
}

@ObjectType('Experiment', { description: 'One request: model × method × target × protocol, and all that came of it.' })
export class ExperimentType {
  /** Not a field: what field resolvers work from. */
  stored!: StoredExperiment;

  @Field(() => ID, { description: 'Its id; ids are in order of launch.' })
  id!: string;

  @Field(() => ExperimentState, { description: 'Where it stands.' })
  state!: ExperimentState;

  @Field(() => ModelType, { description: 'The model.' })
  model?: ModelType;

  @Field(() => MethodSelection, { description: 'The method and its settings.' })
  method?: MethodSelection;

  @Field(() => Target, { nullable: true, description: 'What it aims at; null for dense.' })
  target!: Target | null;

  @Field(() => String, { description: 'The request as JSON text, defaults written out.' })
  requestJson!: string;

  @Field(() => ProtocolType, {
    nullable: true,
    description: 'What its scores mean; null until the model is resolved, or where none are asked for.',
  })
  protocol?: ProtocolType | null;

  @Field(() => LatencyProtocol, { description: 'How latency is measured.' })
  latencyProtocol!: LatencyProtocol;

  @Field(() => [StageType], { description: 'Its steps in order.' })
  stages?: readonly StageType[];

  @Field(() => Failure, { nullable: true, description: 'Why it failed.' })
  error!: Failure | null;

  @Field(() => Boolean, { description: 'Whether cancelExperiment would do something.' })
  viewerCanCancel!: boolean;

  @Field(() => GraphQLDateTime, { description: 'When it was launched.' })
  createdAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When a worker first took it up.' })
  startedAt!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When it ended.' })
  finishedAt!: Date | null;

  @Field(() => EventConnection, { description: 'The durable record of what happened.' })
  events?: EventConnection;

  @Field(() => SearchTrace, {
    nullable: true,
    description: 'The search; null before its first candidate, and for dense.',
  })
  searchTrace?: SearchTrace | null;

  @Field(() => PlanType, { nullable: true, description: 'The plan found; null until then.' })
  plan?: PlanType | null;

  @Field(() => Calibration, {
    nullable: true,
    description: 'What similarities were measured on; null until it is made.',
  })
  calibration?: Calibration | null;

  @Field(() => CheckpointType, { nullable: true, description: 'The exported model; null until it is complete.' })
  checkpoint?: CheckpointType | null;

  @Field(() => [ScoreType], { description: 'Every figure of every task; empty until the evaluation is closed.' })
  scores?: readonly ScoreType[];

  @Field(() => LatencyType, { nullable: true, description: 'Generation time; null until it is measured.' })
  latency?: LatencyType | null;

  @Field(() => Int, {
    nullable: true,
    description: 'One layer over the calibration batch each: the cost of the search.',
  })
  layerForwards!: number | null;

  @Field(() => EngineInfoType, {
    nullable: true,
    description: 'What measured the search; null where nothing was measured.',
  })
  engine?: EngineInfoType | null;

  @Field(() => Int, { description: 'Number of questions whose outcomes are stored.' })
  questionOutcomeCount?: number;

  @Field(() => LeaderboardRow, {
    nullable: true,
    description: 'The dense row of the same model and protocol, when there is one.',
  })
  dense?: LeaderboardRow | null;

  @Field(() => LeaderboardRow, { nullable: true, description: 'Its own row of the board, once it is published.' })
  row?: LeaderboardRow | null;
}

export const ExperimentConnection = connectionOf('Experiment', () => ExperimentType);
export type ExperimentConnection = InstanceType<typeof ExperimentConnection>;

@ObjectType({ description: 'What became of a launch.' })
export class LaunchExperimentPayload {
  @Field(() => ExperimentType, { nullable: true, description: 'The experiment; null when there are userErrors.' })
  experiment!: ExperimentType | null;

  @Field(() => Boolean, {
    description: 'Whether an equal request was queued, running or done before; that one is returned.',
  })
  wasDeduplicated!: boolean;

  @Field(() => [UserErrorType], { description: 'What is wrong with the input.' })
  userErrors!: readonly UserErrorType[];
}

@ObjectType({ description: 'What became of a cancel.' })
export class CancelExperimentPayload {
  @Field(() => ExperimentType, { nullable: true, description: 'The experiment; null when there are userErrors.' })
  experiment!: ExperimentType | null;

  @Field(() => [UserErrorType], { description: 'What is wrong with the input.' })
  userErrors!: readonly UserErrorType[];
}
