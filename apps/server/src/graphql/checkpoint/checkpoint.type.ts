import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { EngineInfoType } from '../engine/engine.type.js';
import { GraphQLBigIntText, GraphQLSha256 } from '../scalars.js';

@ObjectType('LoadProof', {
  description:
    'That stock transformers opened the exported folder in a clean process, and gave the loss that our engine gives the plan on the source’s weights.',
})
export class LoadProofType {
  @Field(() => Float, { description: 'The engine’s next-token loss of the plan, in nats: the mean of the samples.' })
  engineLoss!: number;

  @Field(() => Float, {
    description: 'The loss of the exported folder in stock transformers, float32, on the same tokens.',
  })
  stockLoss!: number;

  @Field(() => Float, { description: 'The largest difference of a sample, in nats.' })
  difference!: number;

  @Field(() => Float, {
    description:
      'What was allowed: 0.0001 between float32 computations, 0.05 where weights or engine are rounded to 16 bits.',
  })
  tolerance!: number;

  @Field(() => Int, { description: 'Samples: the first of the calibration.' })
  sampleCount!: number;

  @Field(() => Int, { description: 'Tokens a sample.' })
  tokenCount!: number;

  @Field(() => EngineInfoType, { description: 'The engine on our side.' })
  engine!: EngineInfoType;

  @Field(() => String, { description: 'The device on the side of transformers.' })
  device!: string;

  @Field(() => String, { description: 'Version of PyTorch.' })
  torchVersion!: string;

  @Field(() => String, { description: 'Version of transformers.' })
  transformersVersion!: string;

  @Field(() => ID, { description: 'The experiment that proved it, in whose folder the log lies.' })
  experimentId!: string;

  @Field(() => String, { description: 'The log’s file in that folder.' })
  log!: string;
}

@ObjectType('Checkpoint', { description: 'An exported model folder, loadable by transformers.' })
export class CheckpointType {
  @Field(() => String, { description: 'The folder on the server’s machine; of the dense model its own source folder.' })
  path!: string;

  @Field(() => GraphQLSha256, { description: 'Identity of what the checkpoint computes.' })
  weightsDigest!: string;

  @Field(() => GraphQLBigIntText, { description: 'Bytes of the weights.' })
  sizeBytes!: bigint;

  @Field(() => GraphQLBigIntText, { description: 'Parameters; tied weights count once.' })
  parameterCount!: bigint;

  @Field(() => Float, { description: 'Removed / all parameters of the source model.' })
  removedRatio!: number;

  @Field(() => LoadProofType, {
    nullable: true,
    description: 'null for the dense model, which is not exported, and until a row of the board is asked for.',
  })
  loadProof!: LoadProofType | null;
}
