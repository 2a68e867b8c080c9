import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';

/** Why a call gave no data: the API is not there, refused the token, or failed. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ApiError';
  }
}

interface Reply {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

export interface Connection {
  /** Origin of the API, without `/graphql`. */
  readonly url: string;
  readonly token: string;
  readonly signal?: AbortSignal;
}

/**
 * Sends one typed document. Throws `ApiError`: `CLIENT.UNREACHABLE` where no GraphQL answers, the API's own code where it
 * refuses or fails, `CLIENT.FAILED` where it names none.
 */
export async function execute<Data, Variables>(
  { url, token, signal }: Connection,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  let reply: Reply;
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: print(document), variables }),
      ...(signal ? { signal } : {}),
    });
    // The API answers JSON on every path; what does not is not the API.
    reply = (await response.json()) as Reply;
  } catch (error) {
    throw new ApiError('CLIENT.UNREACHABLE', 'The API does not answer.', { cause: error });
  }
  const [first] = reply.errors ?? [];
  if (first) throw new ApiError(first.extensions?.code ?? 'CLIENT.FAILED', first.message);
  if (reply.data === undefined || reply.data === null) throw new ApiError('CLIENT.FAILED', 'The API gave no data.');
  // The document's type says what the schema promises for it.
  return reply.data as Data;
}
