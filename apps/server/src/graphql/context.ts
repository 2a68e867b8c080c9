import type { ExperimentEvent } from '../services/event-feed.js';
import type { TeamScope } from '../services/team-scope.js';
import type { Loaders } from './loaders.js';

/** What every resolver of one request shares. There is none without a valid token. */
export interface ApiContext {
  readonly requestId: string;
  readonly scope: TeamScope;
  readonly loaders: Loaders;
  /** Events of an experiment as they are written, until it or the request ends; absent where a request cannot stream. */
  readonly followEvents?: (experimentId: string, after: number) => Promise<AsyncGenerator<ExperimentEvent>>;
}
