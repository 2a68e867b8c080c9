import { Field, ID, Int, ObjectType } from 'type-graphql';
import { connectionOf } from '../connection.type.js';
import { GraphQLBigIntText, GraphQLDateTime, GraphQLSha256 } from '../scalars.js';
import { UserErrorType } from '../user-error.type.js';

@ObjectType('Model', { description: 'A source checkpoint, pinned to the digest of its weights.' })
export class ModelType {
  @Field(() => ID, { description: 'Its id.' })
  id!: string;

  @Field(() => String, { description: 'Its name for people.' })
  name!: string;

  @Field(() => String, { description: 'A built-in name, or the folder on the server’s machine.' })
  source!: string;

  @Field(() => String, { description: 'Where the weights come from, in words.' })
  provenance!: string;

  @Field(() => GraphQLSha256, {
    nullable: true,
    description: 'The digest of the weights; null until a built-in model has been converted.',
  })
  revision!: string | null;

  @Field(() => String, { description: 'The architecture, for example llama.' })
  architecture!: string;

  @Field(() => Int, { description: 'Number of decoder layers.' })
  depth!: number;

  @Field(() => GraphQLBigIntText, { description: 'All parameters; tied weights count once.' })
  parameterCount!: bigint;

  @Field(() => GraphQLBigIntText, { description: 'Parameters of one decoder layer.' })
  layerParameterCount!: bigint;

  @Field(() => GraphQLBigIntText, { description: 'Bytes of the weights.' })
  sizeBytes!: bigint;

  @Field(() => GraphQLDateTime, { description: 'When it was registered.' })
  createdAt!: Date;
}

export const ModelConnection = connectionOf('Model', () => ModelType);
export type ModelConnection = InstanceType<typeof ModelConnection>;

@ObjectType({ description: 'What became of a registration.' })
export class RegisterModelPayload {
  @Field(() => ModelType, { nullable: true, description: 'The model; null when there are userErrors.' })
  model!: ModelType | null;

  @Field(() => Boolean, { description: 'Whether the same weights of the same source were registered before.' })
  wasDeduplicated!: boolean;

  @Field(() => [UserErrorType], { description: 'What is wrong with the input.' })
  userErrors!: readonly UserErrorType[];
}
