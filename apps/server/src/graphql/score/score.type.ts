import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType('Score', { description: 'One figure of one task, by lm-evaluation-harness.' })
export class ScoreType {
  @Field(() => String, { description: 'The task’s name in the harness.' })
  task!: string;

  @Field(() => String, { description: 'The task’s name for people.' })
  title!: string;

  @Field(() => String, { description: 'acc, or acc_norm (by length).' })
  metric!: string;

  @Field(() => Boolean, { description: 'Whether this metric enters the mean.' })
  isHeadline!: boolean;

  @Field(() => Float, { description: 'Share of questions answered right, 0 to 1.' })
  value!: number;

  @Field(() => Float, { nullable: true, description: 'Standard error; null where the harness gives none.' })
  stderr!: number | null;

  @Field(() => Float, { description: 'Lower end of Wilson’s 95 % interval.' })
  intervalLow!: number;

  @Field(() => Float, { description: 'Upper end of Wilson’s 95 % interval.' })
  intervalHigh!: number;

  @Field(() => Int, { description: 'Number of questions.' })
  n!: number;

  @Field(() => Float, { description: 'What guessing gives.' })
  chance!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'What always giving the commonest right answer scores; null for scores stored before it was recorded.',
  })
  majorityRate!: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether the task tells something of this model: the dense model is significantly above the majority rate (one-sided exact binomial, 95 %). null without a published dense row or its majority rate.',
  })
  isInformative!: boolean | null;

  @Field(() => String, { description: 'Version of the harness.' })
  harnessVersion!: string;

  @Field(() => String, { description: 'Version of the task in the harness.' })
  taskVersion!: string;

  @Field(() => String, { description: 'The harness’s hash of the questions as they were asked.' })
  taskHash!: string;
}
