import 'reflect-metadata';
import { type GraphQLSchema, printSchema } from 'graphql';
import { buildSchema } from 'type-graphql';
import { ComparisonResolver } from './comparison/comparison.resolver.js';
import { ExperimentResolver } from './experiment/experiment.resolver.js';
import { ExperimentEventsResolver } from './experiment/experiment-events.resolver.js';
import { LeaderboardGroupResolver, LeaderboardRowResolver } from './leaderboard/leaderboard.resolver.js';
import { MethodResolver } from './method/method.resolver.js';
import { ModelResolver } from './model/model.resolver.js';
import { LayerSimilarityResolver, ModelSimilarityResolver } from './similarity/similarity.resolver.js';
import { ViewerResolver } from './viewer/viewer.resolver.js';

/** A resolver's class with what its constructor takes. */
export type ResolverInstances = ReadonlyMap<unknown, object>;

const noTopics = (): never => {
  throw new Error('there are no topics: subscriptions read their events from the database');
};

/** The schema; `instances` are the resolvers, made by the composition root (none are needed to print it). */
export async function createSchema(instances: ResolverInstances = new Map()): Promise<GraphQLSchema> {
  return buildSchema({
    resolvers: [
      ViewerResolver,
      MethodResolver,
      ModelResolver,
      ModelSimilarityResolver,
      LayerSimilarityResolver,
      ExperimentResolver,
      ExperimentEventsResolver,
      LeaderboardRowResolver,
      LeaderboardGroupResolver,
      ComparisonResolver,
    ],
    container: { get: (resolver) => instances.get(resolver) },
    // Services check their input themselves and answer with userErrors.
    validate: false,
    // type-graphql asks for it as soon as there is a subscription.
    pubSub: { publish: noTopics, subscribe: noTopics },
  });
}

/** The schema as it is committed in schema.graphql. */
export async function schemaText(): Promise<string> {
  return `# Emitted by apps/server (npm run build); never edited by hand. Its diff is the review of the API.\n\n${printSchema(await createSchema())}\n`;
}
