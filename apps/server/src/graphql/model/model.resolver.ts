import { Arg, Ctx, ID, Int, Mutation, Query, Resolver } from 'type-graphql';
import type { ModelService } from '../../services/model-service.js';
import { toConnection } from '../connection.type.js';
import type { ApiContext } from '../context.js';
import { RegisterModelInput } from './model.input.js';
import { ModelConnection, ModelType, RegisterModelPayload } from './model.type.js';

@Resolver(() => ModelType)
export class ModelResolver {
  constructor(private readonly models: ModelService) {}

  @Query(() => ModelType, { name: 'model', nullable: true, description: 'A model by id; null when there is none.' })
  getModel(
    @Ctx() { scope }: ApiContext,
    @Arg('id', () => ID, { description: 'The model’s id.' }) id: string,
  ): Promise<ModelType | null> {
    return this.models.get(scope, id);
  }

  @Query(() => ModelConnection, { name: 'models', description: 'The team’s models, newest first.' })
  async listModels(
    @Ctx() { scope }: ApiContext,
    @Arg('first', () => Int, { defaultValue: 20, description: 'Rows a page, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'endCursor of the page before.' }) after: string | null,
  ): Promise<ModelConnection> {
    return toConnection(await this.models.list(scope, { first, after: after ?? null }), (model) => model);
  }

  @Mutation(() => RegisterModelPayload, {
    description: 'Registers a model: a built-in one, or a folder with safetensors.',
  })
  registerModel(
    @Ctx() { scope }: ApiContext,
    @Arg('input', () => RegisterModelInput, { description: 'Which model.' }) { source, name }: RegisterModelInput,
  ): Promise<RegisterModelPayload> {
    return this.models.register(scope, { source, name: name ?? null });
  }
}
