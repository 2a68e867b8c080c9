import { Field, Float, InputType, Int } from 'type-graphql';
import { MergeRuleName, SideFrom, SwmProfile, SwmRestart } from '../method/method.type.js';

// Names, defaults and kinds are those of each method's `options` in @swm/core/method; a test compares them.

const THRESHOLD = 'Accept a candidate while its similarity is above; leave out when a target is given.';
const RULE = 'How the layers of a window become one.';
const FACTOR =
  'How far from the low layer (0) to what the rule says (1), from 0 to 2; KEEP_LOW and KEEP_TOP have none.';
const SIDE_FROM = 'Which layer of a window gives norms, biases and q/k norms; KEEP_LOW and KEEP_TOP take their own.';
const PROTECT = 'Never remove the first four and the last two layers.';

@InputType({ description: 'Options of Sliding-Window Merging.' })
export class SwmInput {
  @Field(() => SwmProfile, { defaultValue: SwmProfile.REPAIRED, description: 'Which reading.' })
  profile!: SwmProfile;

  @Field(() => SwmRestart, {
    defaultValue: SwmRestart.BELOW,
    description: 'Where the next window begins after a commit.',
  })
  restart!: SwmRestart;

  @Field(() => Int, { defaultValue: 0, description: 'Layers at the bottom that are never merged.' })
  protectFirst!: number;

  @Field(() => Int, { defaultValue: 1, description: 'Layers at the top that are never merged; as released, one.' })
  protectLast!: number;

  @Field(() => MergeRuleName, { defaultValue: MergeRuleName.REPLACE_TOP, description: RULE })
  rule!: MergeRuleName;

  @Field(() => Float, { defaultValue: 1, description: FACTOR })
  factor!: number;

  @Field(() => SideFrom, { defaultValue: SideFrom.LOW, description: SIDE_FROM })
  sideFrom!: SideFrom;

  @Field(() => Float, { nullable: true, description: THRESHOLD })
  threshold?: number | null;
}

@InputType({ description: 'Options of LaCo.' })
export class LacoInput {
  @Field(() => Int, { defaultValue: 4, description: 'Layers that become one (C).' })
  span!: number;

  @Field(() => Int, { defaultValue: 2, description: 'Layers to step down after a merge (I).' })
  interval!: number;

  @Field(() => Int, { defaultValue: 1, description: 'Lowest layer that may be merged.' })
  lowest!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'The search begins span layers below it; left out: the number of layers.',
  })
  highest?: number | null;

  @Field(() => Float, { nullable: true, description: THRESHOLD })
  threshold?: number | null;
}

/** GraphQL has no empty input: a method without options has this one. */
@InputType()
abstract class NoOptions {
  @Field(() => Boolean, { defaultValue: true, description: 'false is the same as leaving the method out.' })
  enabled!: boolean;
}

@InputType({ description: 'ShortGPT has no options; it needs a target.' })
export class ShortGptInput extends NoOptions {}

@InputType({ description: 'UIDL has no options; it needs a target.' })
export class UidlInput extends NoOptions {}

@InputType({ description: 'SLEB has no options; it needs a target.' })
export class SlebInput extends NoOptions {}

@InputType({ description: 'Options of Shortened-LLM by perplexity; it needs a target.' })
export class ShortenedPplInput {
  @Field(() => Boolean, { defaultValue: true, description: PROTECT })
  protect!: boolean;
}

@InputType({ description: 'Options of Shortened-LLM Taylor; it needs a target and the torch engine.' })
export class ShortenedTaylorInput {
  @Field(() => Boolean, { defaultValue: true, description: PROTECT })
  protect!: boolean;
}

@InputType({ description: 'Options of Shortened-LLM by magnitude; it needs a target.' })
export class ShortenedMagnitudeInput {
  @Field(() => Boolean, { defaultValue: true, description: PROTECT })
  protect!: boolean;
}

@InputType({ description: 'Last n has no options; it needs a target.' })
export class LastNInput extends NoOptions {}

@InputType({ description: 'Options of random removal; it needs a target.' })
export class RandomInput {
  @Field(() => Int, { defaultValue: 0, description: 'Seed of the draw; launch several.' })
  seed!: number;
}

@InputType({ description: 'A plan of your own; it takes no target.' })
export class ManualInput {
  @Field(() => String, {
    description: 'Recipes in order: kept `0-2`, merged `[3-6]`, dropped `!8`, for example `0-2 [3-6] 7 !8 9-31`.',
  })
  plan!: string;

  @Field(() => MergeRuleName, { defaultValue: MergeRuleName.REPLACE_TOP, description: RULE })
  rule!: MergeRuleName;

  @Field(() => Float, { defaultValue: 1, description: FACTOR })
  factor!: number;

  @Field(() => SideFrom, { defaultValue: SideFrom.LOW, description: SIDE_FROM })
  sideFrom!: SideFrom;
}

@InputType({ description: 'Dense has no options and no target.' })
export class DenseInput extends NoOptions {}

@InputType({ description: 'Exactly one method.' })
export class MethodInput {
  @Field(() => SwmInput, { nullable: true, description: 'Sliding-Window Merging.' })
  swm?: SwmInput | null;

  @Field(() => LacoInput, { nullable: true, description: 'LaCo.' })
  laco?: LacoInput | null;

  @Field(() => ShortGptInput, { nullable: true, description: 'ShortGPT.' })
  shortGpt?: ShortGptInput | null;

  @Field(() => UidlInput, { nullable: true, description: 'UIDL: the closest contiguous block.' })
  uidl?: UidlInput | null;

  @Field(() => SlebInput, { nullable: true, description: 'SLEB.' })
  sleb?: SlebInput | null;

  @Field(() => ShortenedPplInput, { nullable: true, description: 'Shortened-LLM by perplexity.' })
  shortenedPpl?: ShortenedPplInput | null;

  @Field(() => ShortenedTaylorInput, { nullable: true, description: 'Shortened-LLM by first-order Taylor scores.' })
  shortenedTaylor?: ShortenedTaylorInput | null;

  @Field(() => ShortenedMagnitudeInput, { nullable: true, description: 'Shortened-LLM by magnitude.' })
  shortenedMagnitude?: ShortenedMagnitudeInput | null;

  @Field(() => LastNInput, { nullable: true, description: 'The n layers before the final one.' })
  lastN?: LastNInput | null;

  @Field(() => RandomInput, { nullable: true, description: 'Layers by lot.' })
  random?: RandomInput | null;

  @Field(() => ManualInput, { nullable: true, description: 'A plan of your own.' })
  manual?: ManualInput | null;

  @Field(() => DenseInput, { nullable: true, description: 'The model as it is.' })
  dense?: DenseInput | null;
}
