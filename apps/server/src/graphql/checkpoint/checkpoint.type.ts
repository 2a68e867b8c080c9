import { Field, Float, ObjectType } from 'type-graphql';
import { GraphQLBigIntText, GraphQLSha256 } from '../scalars.js';

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
}
