import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { EngineInfoType } from '../engine/engine.type.js';
import { CandidateQuantity, Failure } from '../experiment/experiment.type.js';
import { ModelType } from '../model/model.type.js';
import { PlanType } from '../plan/plan.type.js';
import { GraphQLBigIntText, GraphQLDateTime, GraphQLSha256 } from '../scalars.js';
import { UserErrorType } from '../user-error.type.js';

export const MeasurementState = { QUEUED: 'QUEUED', DONE: 'DONE', FAILED: 'FAILED' } as const;
export type MeasurementState = keyof typeof MeasurementState;
registerEnumType(MeasurementState, {
  name: 'MeasurementState',
  description: 'How far a measurement is.',
  valuesConfig: {
    QUEUED: { description: 'Waits for a worker; experiments go first.' },
    DONE: { description: 'Measured.' },
    FAILED: { description: 'It could not be measured; asking again tries again.' },
  },
});

@ObjectType('PlanMeasurement', { description: 'What if: a number of a plan that nobody need launch.' })
export class PlanMeasurementType {
  @Field(() => ID, { description: 'Its id; equal questions have one.' })
  id!: string;

  @Field(() => MeasurementState, { description: 'How far it is.' })
  state!: MeasurementState;

  @Field(() => ModelType, { description: 'The model.' })
  model!: ModelType;

  @Field(() => PlanType, { description: 'The plan.' })
  plan!: PlanType;

  @Field(() => GraphQLBigIntText, { description: 'Parameters the pruned model would have; tied weights count once.' })
  parameterCount!: bigint;

  @Field(() => Float, { description: 'Removed / all parameters.' })
  removedRatio!: number;

  @Field(() => CandidateQuantity, { description: 'What is measured.' })
  quantity!: CandidateQuantity;

  @Field(() => Float, {
    nullable: true,
    description: 'The number, as a search would log it: a similarity or a perplexity; null until it is measured.',
  })
  value!: number | null;

  @Field(() => [Float], {
    nullable: true,
    description:
      'Per calibration sample: the similarity, or the mean next-token loss in nats, whose mean makes the perplexity.',
  })
  perSample!: readonly number[] | null;

  @Field(() => GraphQLSha256, { nullable: true, description: 'Digest of the token-id matrix it was measured on.' })
  calibrationSha256!: string | null;

  @Field(() => EngineInfoType, { nullable: true, description: 'What measured it.' })
  engine!: EngineInfoType | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Layer forwards this answer cost, one layer over the calibration each: 0 when it was known.',
  })
  layerForwards!: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether it was known: asked before, or measured by a search. Null until it is answered.',
  })
  cached!: boolean | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When it was measured.' })
  measuredAt!: Date | null;

  @Field(() => Failure, { nullable: true, description: 'Why it failed.' })
  error!: Failure | null;
}

@ObjectType({ description: 'What became of a measurement.' })
export class MeasurePlanPayload {
  @Field(() => PlanMeasurementType, {
    nullable: true,
    description:
      'The measurement; null when there are userErrors. QUEUED when no worker answered within three seconds: see planMeasurement.',
  })
  measurement!: PlanMeasurementType | null;

  @Field(() => [UserErrorType], { description: 'What is wrong with the input.' })
  userErrors!: readonly UserErrorType[];
}
