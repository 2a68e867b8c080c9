import { Arg, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import type { ExperimentEvent } from '../../services/event-feed.js';
import type { ApiContext } from '../context.js';
import { ExperimentEventType } from './experiment.type.js';
import { eventView } from './experiment-view.js';

/** What the subscription's arguments are before type-graphql hands them on. */
interface FollowArgs {
  readonly id: string;
  readonly after: number;
}

async function* nothing(): AsyncGenerator<ExperimentEvent> {}

@Resolver()
export class ExperimentEventsResolver {
  @Subscription(() => ExperimentEventType, {
    description:
      'The events of an experiment as they are written, each once and in order, from the one after `after` to its end. After a lost connection subscribe again with the last `seq` seen. Over server-sent events at /graphql/stream.',
    subscribe: ({ args, context }) => {
      const { id, after } = args as unknown as FollowArgs; // checked by the schema
      return (context as unknown as ApiContext).followEvents?.(id, after) ?? nothing(); // the context we made
    },
  })
  experimentEvents(
    @Root() event: ExperimentEvent,
    @Arg('id', () => ID, { description: 'The experiment’s id.' }) _id: string,
    @Arg('after', () => Int, { defaultValue: 0, description: 'Events with a greater sequence number.' })
    _after: number,
  ): ExperimentEventType {
    return eventView(event);
  }
}
