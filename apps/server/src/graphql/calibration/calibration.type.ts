import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLSha256 } from '../scalars.js';

export const CalibrationSource = {
  BUILTIN: 'BUILTIN',
  FILE: 'FILE',
  WIKITEXT2: 'WIKITEXT2',
  C4: 'C4',
  BOOKCORPUS: 'BOOKCORPUS',
} as const;
export type CalibrationSource = keyof typeof CalibrationSource;
registerEnumType(CalibrationSource, {
  name: 'CalibrationSource',
  description: 'Where the text of the measurements comes from.',
  valuesConfig: {
    BUILTIN: { description: 'Documents that come with the platform.' },
    FILE: { description: 'A JSON Lines file on the server’s machine, one object with "text" a line.' },
    WIKITEXT2: { description: 'WikiText-2. Not there yet.' },
    C4: { description: 'C4. Not there yet.' },
    BOOKCORPUS: { description: 'BookCorpus. Not there yet.' },
  },
});

@ObjectType({ description: 'The token ids that similarities were measured on.' })
export class Calibration {
  @Field(() => GraphQLSha256, { description: 'Digest of the token-id matrix.' })
  sha256!: string;

  @Field(() => CalibrationSource, { description: 'Where the text comes from.' })
  source!: CalibrationSource;

  @Field(() => Int, { description: 'Number of samples (rows).' })
  samples!: number;

  @Field(() => Int, { description: 'Tokens a sample (columns).' })
  tokens!: number;

  @Field(() => Int, { description: 'Seed of the choice of samples.' })
  seed!: number;

  @Field(() => Boolean, { description: 'Whether each sample begins with the BOS token.' })
  addBos!: boolean;

  @Field(() => [[Int]], { description: 'The matrix itself.' })
  tokenIds!: readonly (readonly number[])[];
}
