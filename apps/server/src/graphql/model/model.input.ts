import { Field, InputType } from 'type-graphql';

@InputType({ description: 'Which model to register.' })
export class RegisterModelInput {
  @Field(() => String, { description: 'builtin:smollm2-135m, or the absolute path of a model folder.' })
  source!: string;

  @Field(() => String, {
    nullable: true,
    description: 'A name for people; by default the folder’s or the model’s own.',
  })
  name?: string | null;
}
