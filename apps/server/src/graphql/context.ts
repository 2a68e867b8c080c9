import type { TeamScope } from '../services/team-scope.js';
import type { Loaders } from './loaders.js';

/** What every resolver of one request shares. There is none without a valid token. */
export interface ApiContext {
  readonly requestId: string;
  readonly scope: TeamScope;
  readonly loaders: Loaders;
}
