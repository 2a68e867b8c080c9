import { Field, Float, ID, InputType, Int } from 'type-graphql';
import { CalibrationSource } from '../calibration/calibration.type.js';
import { EnginePreference } from '../engine/engine.type.js';
import { LatencyProtocol } from '../latency/latency.type.js';
import { MethodName } from '../method/method.type.js';
import { ProtocolData, ProtocolName } from '../protocol/protocol.type.js';
import { GraphQLBigIntText } from '../scalars.js';
import { ExperimentState, StageName } from './experiment.type.js';
import { MethodInput } from './method.input.js';

@InputType({ description: 'Which experiments to list; fields left out do not restrict.' })
export class ExperimentFilter {
  @Field(() => ID, { nullable: true, description: 'Of this model.' })
  modelId?: string | null;

  @Field(() => ExperimentState, { nullable: true, description: 'In this state.' })
  state?: ExperimentState | null;

  @Field(() => MethodName, { nullable: true, description: 'With this method.' })
  methodName?: MethodName | null;
}

@InputType({ description: 'Exactly one target.' })
export class TargetInput {
  @Field(() => Int, { nullable: true, description: 'Number of layers kept.' })
  layers?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Removed / all parameters, tied weights once: the nearest depth not above it.',
  })
  ratio?: number | null;

  @Field(() => GraphQLBigIntText, {
    nullable: true,
    description: 'Parameters kept: the nearest depth with at least as many.',
  })
  params?: bigint | null;
}

@InputType({ description: 'What similarities are measured on.' })
export class CalibrationInput {
  @Field(() => CalibrationSource, {
    defaultValue: CalibrationSource.BUILTIN,
    description: 'Where the text comes from.',
  })
  source!: CalibrationSource;

  @Field(() => String, {
    nullable: true,
    description: 'Source FILE: absolute path of a JSON Lines file on the server’s machine.',
  })
  file?: string | null;

  @Field(() => Int, { defaultValue: 10, description: 'Number of samples, 1 to 1024.' })
  samples!: number;

  @Field(() => Int, { defaultValue: 128, description: 'Tokens a sample, 8 to 4096.' })
  tokens!: number;

  @Field(() => Int, { defaultValue: 1234, description: 'Seed of the choice of samples.' })
  seed!: number;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Begin each sample with the BOS token. Left out: where the model’s family needs it (Gemma).',
  })
  addBos?: boolean | null;
}

@InputType({ description: 'What the scores shall mean.' })
export class ProtocolInput {
  @Field(() => ProtocolName, { defaultValue: ProtocolName.MINI, description: 'The named protocol.' })
  name!: ProtocolName;

  @Field(() => ProtocolData, { defaultValue: ProtocolData.BUILTIN, description: 'Where the questions come from.' })
  data!: ProtocolData;

  @Field(() => Int, {
    nullable: true,
    description: 'Only the first questions of each task; such rows are a group of their own.',
  })
  limit?: number | null;
}

@InputType({ description: 'An experiment to launch.' })
export class LaunchExperimentInput {
  @Field(() => ID, { description: 'The model, from registerModel.' })
  modelId!: string;

  @Field(() => MethodInput, { description: 'The method: exactly one field.' })
  method!: MethodInput;

  @Field(() => TargetInput, {
    nullable: true,
    description: 'The target: exactly one field; SWM and LaCo take a threshold instead, MANUAL and DENSE none.',
  })
  target?: TargetInput | null;

  @Field(() => CalibrationInput, {
    nullable: true,
    description: 'What similarities are measured on; built-in text by default.',
  })
  calibration?: CalibrationInput | null;

  @Field(() => ProtocolInput, { nullable: true, description: 'What the scores mean; the built-in suite by default.' })
  protocol?: ProtocolInput | null;

  @Field(() => LatencyProtocol, { defaultValue: LatencyProtocol.QUICK, description: 'How latency is measured.' })
  latency!: LatencyProtocol;

  @Field(() => StageName, { defaultValue: StageName.PUBLISH, description: 'Stop after this stage.' })
  stopAfter!: StageName;

  @Field(() => EnginePreference, { defaultValue: EnginePreference.AUTO, description: 'Which backend searches.' })
  engine!: EnginePreference;

  @Field(() => String, {
    nullable: true,
    description: 'The same key with the same input gives the same experiment; with another input it is a conflict.',
  })
  idempotencyKey?: string | null;
}

@InputType({ description: 'Which experiment to cancel.' })
export class CancelExperimentInput {
  @Field(() => ID, { description: 'The experiment.' })
  id!: string;
}
