import { Field, Float, ObjectType, registerEnumType } from 'type-graphql';

export const MethodName = { SWM: 'SWM', SHORT_GPT: 'SHORT_GPT', DENSE: 'DENSE' } as const;
export type MethodName = keyof typeof MethodName;
registerEnumType(MethodName, {
  name: 'MethodName',
  description: 'The methods there are.',
  valuesConfig: {
    SWM: { description: 'Sliding-Window Merging.' },
    SHORT_GPT: { description: 'ShortGPT: drops the layers that change their input least.' },
    DENSE: { description: 'The model as it is.' },
  },
});

export const SwmProfile = { RELEASED: 'RELEASED', REPAIRED: 'REPAIRED' } as const;
export type SwmProfile = keyof typeof SwmProfile;
registerEnumType(SwmProfile, {
  name: 'SwmProfile',
  description: 'Which reading of Sliding-Window Merging.',
  valuesConfig: {
    RELEASED: { description: 'As the published script computes it; a window still open at the bottom is lost.' },
    REPAIRED: { description: 'The window still open at the bottom is committed.' },
  },
});

@ObjectType({ description: 'An option of a method.' })
export class MethodOption {
  @Field(() => String, { description: 'Its name in the input.' })
  name!: string;

  @Field(() => String, { description: 'What it does.' })
  description!: string;

  @Field(() => String, { nullable: true, description: 'Its value when left out; null where there is none.' })
  default!: string | null;
}

@ObjectType({ description: 'A pruning method: what it is and what it takes.' })
export class MethodInfo {
  @Field(() => MethodName, { description: 'Its name.' })
  name!: MethodName;

  @Field(() => String, { description: 'Its name for people.' })
  title!: string;

  @Field(() => String, { description: 'What it does, in one sentence.' })
  summary!: string;

  @Field(() => String, { description: 'The paper it comes from.' })
  reference!: string;

  @Field(() => [String], { description: 'The targets it accepts: threshold, layers.' })
  targets!: readonly string[];

  @Field(() => [MethodOption], { description: 'Its options.' })
  options!: readonly MethodOption[];
}

@ObjectType({ description: 'The method of an experiment with its settings.' })
export class MethodSelection {
  @Field(() => MethodName, { description: 'The method.' })
  name!: MethodName;

  @Field(() => String, { description: 'The method’s name for people.' })
  title!: string;

  @Field(() => SwmProfile, { nullable: true, description: 'SWM only: which reading.' })
  profile!: SwmProfile | null;

  @Field(() => Float, {
    nullable: true,
    description: 'SWM only: the threshold asked for, or the one found for a target; null until it is found.',
  })
  threshold!: number | null;
}
