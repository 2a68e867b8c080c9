import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import type { LeaderboardService } from '../../services/leaderboard-service.js';
import { rowOf } from '../../services/standings.js';
import { toConnection } from '../connection.type.js';
import type { ApiContext } from '../context.js';
import type { ModelType } from '../model/model.type.js';
import type { ProtocolType } from '../protocol/protocol.type.js';
import { protocolView } from '../protocol/protocol-view.js';
import { LeaderboardConnection, LeaderboardGroup, LeaderboardOrder, LeaderboardRow } from './leaderboard.type.js';
import { leaderboardRowView } from './leaderboard-view.js';

/** A row refers to its protocol by a foreign key, so there is one. */
async function protocolOf(
  { protocolId }: { readonly protocolId: string },
  { loaders }: ApiContext,
): Promise<ProtocolType> {
  const protocol = await loaders.protocol.load(protocolId);
  if (!protocol) throw new Error('a row without its protocol');
  return protocolView(protocol);
}

@Resolver(() => LeaderboardRow)
export class LeaderboardRowResolver {
  constructor(private readonly leaderboard: LeaderboardService) {}

  @Query(() => LeaderboardConnection, {
    name: 'leaderboard',
    description: 'The rows of one model under one protocol. Rows of other protocols are never ranked with them.',
  })
  async listRows(
    @Ctx() { scope, loaders }: ApiContext,
    @Arg('modelId', () => ID, { description: 'The model.' }) modelId: string,
    @Arg('protocolId', () => ID, { description: 'The protocol; see leaderboardGroups.' }) protocolId: string,
    @Arg('orderBy', () => LeaderboardOrder, { defaultValue: LeaderboardOrder.MEAN_DESC, description: 'The order.' })
    orderBy: LeaderboardOrder,
    @Arg('first', () => Int, { defaultValue: 50, description: 'Rows a page, 1 to 100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'endCursor of the page before, with the same order.' })
    after: string | null,
  ): Promise<LeaderboardConnection> {
    const group = { modelId, protocolId };
    const page = await this.leaderboard.page(scope, group, { first, after: after ?? null, orderBy });
    const standings = page.edges.length === 0 ? null : await loaders.standings.load(group);
    return toConnection(page, (entry) => {
      const row = standings && rowOf(entry, standings);
      return row && leaderboardRowView(row);
    });
  }

  @FieldResolver()
  protocol(@Root() row: LeaderboardRow, @Ctx() context: ApiContext): Promise<ProtocolType> {
    return protocolOf(row, context);
  }
}

@Resolver(() => LeaderboardGroup)
export class LeaderboardGroupResolver {
  constructor(private readonly leaderboard: LeaderboardService) {}

  @Query(() => [LeaderboardGroup], {
    name: 'leaderboardGroups',
    description: 'The models and protocols that have rows, latest publication first.',
  })
  async listGroups(
    @Ctx() { scope }: ApiContext,
    @Arg('modelId', () => ID, { nullable: true, description: 'One model’s groups alone.' }) modelId: string | null,
  ): Promise<LeaderboardGroup[]> {
    return [...(await this.leaderboard.groups(scope, modelId ?? null))];
  }

  @FieldResolver()
  async model(@Root() { modelId }: LeaderboardGroup, @Ctx() { loaders }: ApiContext): Promise<ModelType> {
    const model = await loaders.model.load(modelId);
    if (!model) throw new Error('a row without its model');
    return model;
  }

  @FieldResolver()
  protocol(@Root() group: LeaderboardGroup, @Ctx() context: ApiContext): Promise<ProtocolType> {
    return protocolOf(group, context);
  }
}
