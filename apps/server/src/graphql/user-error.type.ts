import { Field, ObjectType } from 'type-graphql';

@ObjectType('UserError', { description: 'A mistake in the input. Nothing was changed.' })
export class UserErrorType {
  @Field(() => String, { description: 'NAMESPACE.SUBCODE, explained in docs/errors.md.' })
  code!: string;

  @Field(() => [String], { description: 'Path of the field in the input; empty where no field is to blame.' })
  field!: readonly string[];

  @Field(() => String, { description: 'What is wrong, in one sentence.' })
  message!: string;

  @Field(() => String, { nullable: true, description: 'How to put it right.' })
  hint!: string | null;
}
