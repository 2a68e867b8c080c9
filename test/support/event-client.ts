import type { TestApi } from './test-api.js';

/** One event as a subscription gives it. */
export interface StreamedEvent {
  readonly seq: number;
  readonly kind: string;
  readonly data: string;
}

const SUBSCRIPTION =
  'subscription ($id: ID!, $after: Int!) { experimentEvents(id: $id, after: $after) { seq kind data } }';

/** Opens a subscription over server-sent events; the reply as it came. */
export const openStream = (
  { url, api }: Pick<TestApi, 'url' | 'api'>,
  body: object,
  options: { readonly token?: string; readonly signal?: AbortSignal } = {},
): Promise<Response> =>
  fetch(`${url}/graphql/stream`, {
    method: 'POST',
    headers: {
      ...{ 'content-type': 'application/json', accept: 'text/event-stream' },
      authorization: `Bearer ${options.token ?? api.token}`,
    },
    body: JSON.stringify(body),
    signal: options.signal ?? null,
  });

/** Messages of a stream: the payload of each `next`; returns at `complete`, throws where the connection breaks before it. */
// biome-ignore lint/suspicious/noExplicitAny: replies have the shape the test asked for
export async function* messagesOf(response: Response): AsyncGenerator<any> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      if (/^event: complete/m.test(part)) return;
      const data = /^data: (.*)$/m.exec(part)?.[1];
      if (/^event: next/m.test(part) && data) yield JSON.parse(data);
    }
  }
  throw new Error('the stream broke before it was complete');
}

/** Events of an experiment after `after`, one after the other, until the experiment or the connection ends. */
export async function* follow(
  api: Pick<TestApi, 'url' | 'api'>,
  id: string,
  after: number,
  signal?: AbortSignal,
): AsyncGenerator<StreamedEvent> {
  const response = await openStream(api, { query: SUBSCRIPTION, variables: { id, after } }, signal ? { signal } : {});
  if (response.status !== 200) throw new Error(`the stream was answered with ${response.status}`);
  for await (const { data, errors } of messagesOf(response)) {
    if (errors) throw new Error(JSON.stringify(errors));
    yield data.experimentEvents;
  }
}
