import { DEFAULT_PATCH_THRESHOLD } from '@swm/core/measure';
import { Arg, Args, Ctx, FieldResolver, Float, Mutation, Resolver, Root } from 'type-graphql';
import type { ExperimentService } from '../../services/experiment-service.js';
import type { LaunchService } from '../../services/launch-service.js';
import { ckaOf, patchesOf } from '../../services/similarity-service.js';
import type { ApiContext } from '../context.js';
import { ExperimentType, LaunchExperimentPayload } from '../experiment/experiment.type.js';
import { experimentView } from '../experiment/experiment-view.js';
import { analysisInputOf } from '../experiment/launch-view.js';
import { ModelType } from '../model/model.type.js';
import { GraphQLSha256 } from '../scalars.js';
import { AnalyseModelInput } from './similarity.input.js';
import { CkaFormArgs, CkaMatrixType, LayerPatchType, LayerSimilarityType } from './similarity.type.js';
import { similarityView } from './similarity-view.js';

@Resolver(() => ModelType)
export class ModelSimilarityResolver {
  constructor(private readonly launches: LaunchService) {}

  @Mutation(() => LaunchExperimentPayload, {
    description:
      'Measures how alike the layers of a model are, as an experiment that ends there; see Model.layerSimilarity.',
  })
  async analyseModel(
    @Ctx() { scope }: ApiContext,
    @Arg('input', () => AnalyseModelInput, { description: 'Which model, on what.' }) input: AnalyseModelInput,
  ): Promise<LaunchExperimentPayload> {
    const { experiment, ...outcome } = await this.launches.launch(scope, analysisInputOf(input));
    return { ...outcome, experiment: experiment && experimentView(experiment) };
  }

  @FieldResolver(() => LayerSimilarityType, {
    nullable: true,
    description: 'How alike its layers are; null until it was measured by analyseModel.',
  })
  async layerSimilarity(
    @Root() { id: modelId }: ModelType,
    @Ctx() { loaders }: ApiContext,
    @Arg('calibrationSha256', () => GraphQLSha256, {
      nullable: true,
      description: 'Digest of the token-id matrix; by default the one that was measured last.',
    })
    calibrationSha256: string | null,
  ): Promise<LayerSimilarityType | null> {
    const found = await loaders.similarity.load({ modelId, calibrationSha256: calibrationSha256 ?? null });
    return found && similarityView(found);
  }
}

@Resolver(() => LayerSimilarityType)
export class LayerSimilarityResolver {
  constructor(private readonly experiments: ExperimentService) {}

  @FieldResolver(() => ExperimentType, { description: 'The analysis that measured it, with its calibration.' })
  async experiment(@Root() { stored }: LayerSimilarityType, @Ctx() { scope }: ApiContext): Promise<ExperimentType> {
    const experiment = await this.experiments.get(scope, stored.experimentId);
    if (!experiment) throw new Error('a similarity without its experiment');
    return experimentView(experiment);
  }

  @FieldResolver(() => CkaMatrixType, {
    nullable: true,
    description: 'CKA of the outputs of every two layers; null where the calibration has no such form.',
  })
  cka(@Root() { stored }: LayerSimilarityType, @Args(() => CkaFormArgs) form: CkaFormArgs): CkaMatrixType | null {
    return ckaOf(stored, form);
  }

  @FieldResolver(() => [LayerPatchType], {
    nullable: true,
    description:
      'Runs of layers, every two of them more similar than the threshold by that CKA: the longest first where runs overlap. Null where the calibration has no such form.',
  })
  patches(
    @Root() { stored }: LayerSimilarityType,
    @Args(() => CkaFormArgs) form: CkaFormArgs,
    @Arg('threshold', () => Float, {
      defaultValue: DEFAULT_PATCH_THRESHOLD,
      description: 'What every two layers of a patch exceed.',
    })
    threshold: number,
  ): LayerPatchType[] | null {
    return patchesOf(stored, form, threshold);
  }
}
