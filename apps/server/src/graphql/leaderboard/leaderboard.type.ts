import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { LoadProofType } from '../checkpoint/checkpoint.type.js';
import { connectionOf } from '../connection.type.js';
import { EngineInfoType } from '../engine/engine.type.js';
import { LatencyType } from '../latency/latency.type.js';
import { MethodSelection } from '../method/method.type.js';
import { ModelType } from '../model/model.type.js';
import { PerplexityType } from '../perplexity/perplexity.type.js';
import { PlanType } from '../plan/plan.type.js';
import { ProtocolType } from '../protocol/protocol.type.js';
import { GraphQLBigIntText, GraphQLDateTime, GraphQLSha256 } from '../scalars.js';
import { ScoreType } from '../score/score.type.js';

export const LeaderboardOrder = {
  MEAN_DESC: 'MEAN_DESC',
  LATENCY_ASC: 'LATENCY_ASC',
  PARAMETERS_ASC: 'PARAMETERS_ASC',
  PUBLISHED_DESC: 'PUBLISHED_DESC',
} as const;
export type LeaderboardOrder = keyof typeof LeaderboardOrder;
registerEnumType(LeaderboardOrder, {
  name: 'LeaderboardOrder',
  description: 'The order of the rows; ties in order of launch.',
  valuesConfig: {
    MEAN_DESC: { description: 'Best mean first.' },
    LATENCY_ASC: { description: 'Fastest first, rows without a latency last.' },
    PARAMETERS_ASC: { description: 'Smallest first.' },
    PUBLISHED_DESC: { description: 'Newest first.' },
  },
});

@ObjectType({ description: 'One published experiment with what it achieved.' })
export class LeaderboardRow {
  /** Not a field: what field resolvers look the protocol up by. */
  protocolId!: string;

  @Field(() => Int, {
    nullable: true,
    description:
      '1 + number of rows of the group that are significantly better (paired, Holm over all pairs of the group, 95 %); null without stored outcomes, and in groups of more than 200 rows, which have intervals only.',
  })
  rank!: number | null;

  @Field(() => ID, { description: 'The experiment behind the row.' })
  experimentId!: string;

  @Field(() => MethodSelection, { description: 'The method and its settings.' })
  method!: MethodSelection;

  @Field(() => PlanType, { description: 'What became of each layer.' })
  plan!: PlanType;

  @Field(() => ProtocolType, { description: 'What the scores mean.' })
  protocol?: ProtocolType;

  @Field(() => GraphQLSha256, { description: 'Identity of the weights that were measured.' })
  weightsDigest!: string;

  @Field(() => Int, { description: 'Layers achieved.' })
  outputDepth!: number;

  @Field(() => Int, { description: 'Layers of the source model.' })
  sourceDepth!: number;

  @Field(() => GraphQLBigIntText, { description: 'Parameters achieved; tied weights count once.' })
  parameterCount!: bigint;

  @Field(() => Float, { description: 'Removed / all parameters, as achieved.' })
  removedRatio!: number;

  @Field(() => GraphQLBigIntText, { description: 'Bytes of the weights.' })
  sizeBytes!: bigint;

  @Field(() => Float, { description: 'Unweighted mean of the tasks’ headline metrics, 0 to 1.' })
  mean!: number;

  @Field(() => Float, { description: 'Standard error of the mean.' })
  meanStderr!: number;

  @Field(() => Float, { description: 'Lower end of the mean’s 95 % interval.' })
  meanIntervalLow!: number;

  @Field(() => Float, { description: 'Upper end of the mean’s 95 % interval.' })
  meanIntervalHigh!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Unweighted mean of (score - chance) / (1 - chance): guessing gives 0, perfect 1. null where a task’s chance is not known.',
  })
  chanceCorrectedMean!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Unweighted mean without the tasks that are not informative for this model (see Score.isInformative); null where all are, or where that is not known.',
  })
  informativeMean!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Mean minus the dense row’s; null for dense itself or when there is no dense row.',
  })
  deltaToDense!: number | null;

  @Field(() => Float, { nullable: true, description: 'Standard error of that difference on the same questions.' })
  deltaToDenseStderr!: number | null;

  @Field(() => [ScoreType], { description: 'Every figure of every task.' })
  scores!: readonly ScoreType[];

  @Field(() => [PerplexityType], { description: 'Perplexities; empty where the protocol asks for none.' })
  perplexities!: readonly PerplexityType[];

  @Field(() => LatencyType, { nullable: true, description: 'Generation time; null where none was measured.' })
  latency!: LatencyType | null;

  @Field(() => EngineInfoType, {
    nullable: true,
    description: 'What measured the search; null where nothing was searched.',
  })
  engine!: EngineInfoType | null;

  @Field(() => LoadProofType, {
    nullable: true,
    description: 'That stock transformers opens the checkpoint; null of the dense model, which is not exported.',
  })
  loadProof!: LoadProofType | null;

  @Field(() => Boolean, { description: 'Whether this is the model as it is.' })
  isDense!: boolean;

  @Field(() => GraphQLDateTime, { description: 'When the row was published.' })
  publishedAt!: Date;
}

export const LeaderboardConnection = connectionOf('Leaderboard', () => LeaderboardRow);
export type LeaderboardConnection = InstanceType<typeof LeaderboardConnection>;

@ObjectType({ description: 'Rows that may be compared: one model, one protocol.' })
export class LeaderboardGroup {
  /** Not fields: what field resolvers look model and protocol up by. */
  modelId!: string;
  protocolId!: string;

  @Field(() => ModelType, { description: 'The model.' })
  model?: ModelType;

  @Field(() => ProtocolType, { description: 'The protocol.' })
  protocol?: ProtocolType;

  @Field(() => Int, { description: 'Number of rows.' })
  rowCount!: number;
}
