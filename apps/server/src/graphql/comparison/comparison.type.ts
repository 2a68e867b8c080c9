import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { LeaderboardRow } from '../leaderboard/leaderboard.type.js';
import { UserErrorType } from '../user-error.type.js';

export const Verdict = { FIRST_BETTER: 'FIRST_BETTER', SECOND_BETTER: 'SECOND_BETTER', TIED: 'TIED' } as const;
export type Verdict = keyof typeof Verdict;
registerEnumType(Verdict, {
  name: 'Verdict',
  description: 'What a paired test says of two rows, at 95 % for all tests of its family together.',
  valuesConfig: {
    FIRST_BETTER: { description: 'The first row is better.' },
    SECOND_BETTER: { description: 'The second row is better.' },
    TIED: { description: 'They cannot be told apart.' },
  },
});

@ObjectType({ description: 'Two rows on one task, on the same questions, by the task’s headline metric.' })
export class TaskComparison {
  @Field(() => String, { description: 'The task’s name in the harness.' })
  task!: string;

  @Field(() => String, { description: 'The task’s name for people.' })
  title!: string;

  @Field(() => Int, { description: 'Number of questions.' })
  n!: number;

  @Field(() => Float, { description: 'Share of questions answered right, first minus second.' })
  difference!: number;

  @Field(() => Float, { description: 'p of McNemar’s exact test, two-sided.' })
  p!: number;

  @Field(() => Float, { description: 'The same adjusted by Holm for all tasks of all pairs of the comparison.' })
  pHolm!: number;

  @Field(() => Verdict, { description: 'What the adjusted p says.' })
  verdict!: Verdict;

  @Field(() => Float, {
    description: 'The smallest true difference that these questions find with 80 % power, at 95 %.',
  })
  minimumDetectableDifference!: number;

  @Field(() => Int, { description: 'Questions that the first row alone answered rightly.' })
  onlyFirstCount!: number;

  @Field(() => Int, { description: 'Questions that the second row alone answered rightly.' })
  onlySecondCount!: number;

  @Field(() => [Int], { description: 'Those of the first row, by their place in the task’s data, from 0.' })
  onlyFirst!: readonly number[];

  @Field(() => [Int], { description: 'Those of the second row, by their place in the task’s data, from 0.' })
  onlySecond!: readonly number[];
}

@ObjectType({ description: 'Two rows, question by question. Differences are first minus second.' })
export class PairComparison {
  @Field(() => ID, { description: 'The experiment of the first row.' })
  firstId!: string;

  @Field(() => ID, { description: 'The experiment of the second row.' })
  secondId!: string;

  @Field(() => Float, { description: 'Difference of the unweighted means of the tasks.' })
  difference!: number;

  @Field(() => Float, {
    description: 'Lower end of its 95 % interval: paired bootstrap over questions, stratified by task.',
  })
  intervalLow!: number;

  @Field(() => Float, { description: 'Upper end of that interval.' })
  intervalHigh!: number;

  @Field(() => Float, { description: 'Two-sided p of the same bootstrap.' })
  p!: number;

  @Field(() => Float, { description: 'The same adjusted by Holm for all pairs of the comparison.' })
  pHolm!: number;

  @Field(() => Verdict, { description: 'What the adjusted p says of the means.' })
  verdict!: Verdict;

  @Field(() => Float, { description: 'The smallest true difference of means found with 80 % power, at 95 %.' })
  minimumDetectableDifference!: number;

  @Field(() => [TaskComparison], { description: 'Each task, in the order of the protocol.' })
  tasks!: readonly TaskComparison[];
}

@ObjectType({ description: 'Rows of one model under one protocol, compared on the same questions.' })
export class Comparison {
  @Field(() => [LeaderboardRow], {
    description: 'The rows, in the order asked for; ranks are those of their whole group.',
  })
  rows!: readonly LeaderboardRow[];

  @Field(() => [PairComparison], { description: 'Each pair of them once.' })
  pairs!: readonly PairComparison[];
}

@ObjectType({ description: 'A comparison, or why there is none.' })
export class ComparePayload {
  @Field(() => Comparison, { nullable: true, description: 'The comparison; null where userErrors say why.' })
  comparison!: Comparison | null;

  @Field(() => [UserErrorType], { description: 'What is wrong with the rows asked for.' })
  userErrors!: readonly UserErrorType[];
}
