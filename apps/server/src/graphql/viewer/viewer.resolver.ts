import { Ctx, Query, Resolver } from 'type-graphql';
import type { AuthService } from '../../services/auth-service.js';
import type { ApiContext } from '../context.js';
import { Viewer } from './viewer.type.js';

@Resolver(() => Viewer)
export class ViewerResolver {
  constructor(private readonly auth: AuthService) {}

  @Query(() => Viewer, { description: 'Who is calling.' })
  async viewer(@Ctx() { scope }: ApiContext): Promise<Viewer> {
    return { team: await this.auth.team(scope) };
  }
}
