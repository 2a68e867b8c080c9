import type { CkaEstimator as CoreEstimator, CkaKernel as CoreKernel, CkaRows as CoreRows } from '@swm/core/measure';
import { ArgsType, Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { Similarity } from '../../services/similarity-service.js';
import { EngineInfoType } from '../engine/engine.type.js';
import { GraphQLDateTime, GraphQLSha256 } from '../scalars.js';

/** API names of core's words. */
export const CkaRows = { SAMPLES: 'samples', TOKENS: 'tokens' } as const satisfies Record<string, CoreRows>;
export type CkaRows = CoreRows;
registerEnumType(CkaRows, {
  name: 'CkaRows',
  description: 'What the rows are that a similarity compares.',
  valuesConfig: {
    SAMPLES: { description: 'Calibration samples: the states of all tokens in one vector; at most 256.' },
    TOKENS: { description: 'States of single tokens, of at most 256 chosen over all samples.' },
  },
});

export const CkaKernel = { LINEAR: 'linear', RBF: 'rbf' } as const satisfies Record<string, CoreKernel>;
export type CkaKernel = CoreKernel;
registerEnumType(CkaKernel, {
  name: 'CkaKernel',
  description: 'How two rows are compared.',
  valuesConfig: {
    LINEAR: { description: 'By their inner product.' },
    RBF: { description: 'By a Gaussian of their distance, 0.8 of the median distance wide.' },
  },
});

export const CkaEstimator = {
  BIASED: 'biased',
  UNBIASED: 'unbiased',
  MINIBATCH: 'minibatch',
} as const satisfies Record<string, CoreEstimator>;
export type CkaEstimator = CoreEstimator;
registerEnumType(CkaEstimator, {
  name: 'CkaEstimator',
  description: 'How the dependence of two layers is estimated.',
  valuesConfig: {
    BIASED: { description: 'As first published: near 1 for anything when rows are few and long.' },
    UNBIASED: { description: 'Without that bias: near 0 for unrelated layers.' },
    MINIBATCH: { description: 'As the published analysis of the method does: LINEAR, of SAMPLES in batches of 16.' },
  },
});

@ArgsType()
export class CkaFormArgs {
  @Field(() => CkaRows, { defaultValue: CkaRows.TOKENS, description: 'What the rows are.' })
  rows!: CkaRows;

  @Field(() => CkaKernel, { defaultValue: CkaKernel.LINEAR, description: 'How two rows are compared.' })
  kernel!: CkaKernel;

  @Field(() => CkaEstimator, {
    defaultValue: CkaEstimator.UNBIASED,
    description: 'How the dependence of two layers is estimated.',
  })
  estimator!: CkaEstimator;
}

@ObjectType('CkaMatrix', { description: 'Centred kernel alignment of the outputs of every two layers.' })
export class CkaMatrixType {
  @Field(() => CkaRows, { description: 'What the rows are.' })
  rows!: CkaRows;

  @Field(() => CkaKernel, { description: 'How two rows are compared.' })
  kernel!: CkaKernel;

  @Field(() => CkaEstimator, { description: 'How the dependence of two layers is estimated.' })
  estimator!: CkaEstimator;

  @Field(() => Int, { description: 'Number of rows.' })
  rowCount!: number;

  @Field(() => [[Float]], { description: 'Symmetric, 1 on the diagonal; one row and one column a layer.' })
  values!: readonly (readonly number[])[];
}

@ObjectType('LayerPatch', { description: 'A run of layers whose outputs are alike: a bright block on the diagonal.' })
export class LayerPatchType {
  @Field(() => Int, { description: 'Its first layer, counted from 0.' })
  first!: number;

  @Field(() => Int, { description: 'Its last layer.' })
  last!: number;

  @Field(() => Float, { description: 'The smallest similarity of two of its layers.' })
  minimum!: number;
}

@ObjectType('LayerSimilarity', {
  description:
    'How alike the layers of a model are on one calibration. State b enters layer b; the last state leaves the last layer, before the final norm.',
})
export class LayerSimilarityType {
  /** What field resolvers look up in; not part of the API. */
  stored!: Similarity;

  @Field(() => GraphQLSha256, { description: 'Digest of the token-id matrix it was measured on.' })
  calibrationSha256!: string;

  @Field(() => EngineInfoType, { description: 'What measured it.' })
  engine!: EngineInfoType;

  @Field(() => GraphQLDateTime, { description: 'When.' })
  measuredAt!: Date;

  @Field(() => [[Float]], { description: 'Mean cosine of a token’s states, every state with every other.' })
  cosine!: readonly (readonly number[])[];

  @Field(() => [[Float]], {
    description: 'Angle of the last token’s states over π, mean over samples, every state with every other.',
  })
  angular!: readonly (readonly number[])[];

  @Field(() => [Float], { description: 'Per layer: 1 - mean cosine of a token’s states before and after it.' })
  blockInfluence!: readonly number[];
}
