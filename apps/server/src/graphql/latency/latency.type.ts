import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';

export const LatencyProtocol = { QUICK: 'QUICK', PAPER: 'PAPER', STATIC: 'STATIC', NONE: 'NONE' } as const;
export type LatencyProtocol = keyof typeof LatencyProtocol;
registerEnumType(LatencyProtocol, {
  name: 'LatencyProtocol',
  description: 'How latency is measured.',
  valuesConfig: {
    QUICK: { description: 'Two warm-up runs, five recorded ones.' },
    PAPER: { description: 'The published measurement.' },
    STATIC: { description: 'With a static cache. Not there yet.' },
    NONE: { description: 'Not at all.' },
  },
});

@ObjectType('Latency', { description: 'Measured generation time of a checkpoint on one machine.' })
export class LatencyType {
  @Field(() => LatencyProtocol, { description: 'How it was measured.' })
  protocol!: LatencyProtocol;

  @Field(() => [Float], { description: 'Milliseconds of each recorded run, in order.' })
  samplesMs!: readonly number[];

  @Field(() => Float, { description: 'Mean of the samples, milliseconds.' })
  latencyMsMean!: number;

  @Field(() => Float, { description: 'Standard deviation of the samples, milliseconds.' })
  latencyMsSd!: number;

  @Field(() => Float, { description: 'Median of the samples, milliseconds.' })
  latencyMsP50!: number;

  @Field(() => Float, { description: '95th percentile of the samples, milliseconds.' })
  latencyMsP95!: number;

  @Field(() => Float, { description: 'Generated tokens a second, mean over the runs.' })
  tokensPerSecond!: number;

  @Field(() => Int, { description: 'Tokens of the prompt.' })
  promptTokens!: number;

  @Field(() => Int, { description: 'Tokens generated in a run.' })
  newTokens!: number;

  @Field(() => String, { description: 'The machine and the libraries, in words.' })
  machine!: string;
}
