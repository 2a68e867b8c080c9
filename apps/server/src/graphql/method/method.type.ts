import { type MethodName as CoreName, type EnumName, enumNameOf, METHODS } from '@swm/core/method';
import { Field, Float, ObjectType, registerEnumType } from 'type-graphql';

export type MethodName = EnumName<CoreName>;
/** Every method's name in the API: value and key are one. */
export const MethodName = Object.fromEntries(METHODS.map(({ name }) => [enumNameOf(name), enumNameOf(name)]));
registerEnumType(MethodName, {
  name: 'MethodName',
  description: 'The methods there are.',
  valuesConfig: Object.fromEntries(METHODS.map(({ name, summary }) => [enumNameOf(name), { description: summary }])),
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

export const SwmRestart = { BELOW: 'BELOW', INCLUDE_MERGED: 'INCLUDE_MERGED' } as const;
export type SwmRestart = keyof typeof SwmRestart;
registerEnumType(SwmRestart, {
  name: 'SwmRestart',
  description: 'Where the next window of Sliding-Window Merging begins after a commit. Both give the same plan.',
  valuesConfig: {
    BELOW: { description: 'Below the merged layer, as released.' },
    INCLUDE_MERGED: {
      description: 'At the merged layer, as the figure draws it: tried again from memory, then it slides.',
    },
  },
});

export const MergeRuleName = {
  REPLACE_TOP: 'REPLACE_TOP',
  SUM_OF_DIFFERENCES: 'SUM_OF_DIFFERENCES',
  MEAN: 'MEAN',
  KEEP_LOW: 'KEEP_LOW',
  KEEP_TOP: 'KEEP_TOP',
} as const;
export type MergeRuleName = keyof typeof MergeRuleName;
registerEnumType(MergeRuleName, {
  name: 'MergeRuleName',
  description: 'How the layers of a window become one.',
  valuesConfig: {
    REPLACE_TOP: { description: 'Projections of the top layer, as the released code computes.' },
    SUM_OF_DIFFERENCES: {
      description: 'The low layer plus every difference to it: the published equation, which the released code is not.',
    },
    MEAN: { description: 'The mean of the layers.' },
    KEEP_LOW: { description: 'The low layer whole.' },
    KEEP_TOP: { description: 'The top layer whole: the control for the norm swap.' },
  },
});

export const SideFrom = { LOW: 'LOW', TOP: 'TOP' } as const;
export type SideFrom = keyof typeof SideFrom;
registerEnumType(SideFrom, {
  name: 'SideFrom',
  description: 'Which layer of a merged window gives norms, biases and q/k norms.',
  valuesConfig: { LOW: { description: 'Its lowest.' }, TOP: { description: 'Its top.' } },
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

@ObjectType({ description: 'An option of a method as an experiment set it.' })
export class MethodSetting {
  @Field(() => String, { description: 'Its name in the input.' })
  name!: string;

  @Field(() => String, { description: 'Its value.' })
  value!: string;

  @Field(() => Boolean, { description: 'Whether leaving it out gives the same.' })
  isDefault!: boolean;
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
    description:
      'SWM and LaCo: the threshold asked for, or the one found for a target; null until it is found, and for other methods.',
  })
  threshold!: number | null;

  @Field(() => [MethodSetting], { description: 'Every other option, in the order of the method’s own list.' })
  options!: readonly MethodSetting[];
}
