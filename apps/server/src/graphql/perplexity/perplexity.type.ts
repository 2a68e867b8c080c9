import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType('Perplexity', { description: 'The perplexity of a text. Lower is better; it never enters the mean.' })
export class PerplexityType {
  @Field(() => String, { description: 'wikitext2 or ptb.' })
  text!: string;

  @Field(() => String, { description: 'The text’s name for people.' })
  title!: string;

  @Field(() => String, {
    description:
      'paper_perplexity@128: exp of the mean loss of all tokens in segments of 128, BOS first, as the paper measures it. Not the harness’s word perplexity.',
  })
  metric!: string;

  @Field(() => Float, { description: 'The perplexity, 1 or more.' })
  value!: number;

  @Field(() => Int, { description: 'Tokens a segment: values of different lengths cannot be compared.' })
  segmentTokens!: number;

  @Field(() => Int, { description: 'Segments measured.' })
  segmentCount!: number;
}
