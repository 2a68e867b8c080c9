import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { LeaderboardGroups } from './documents.js';
import { execute } from './execute.js';

const servers: Server[] = [];

/** A server that answers every request with this body, and what it was asked. */
async function serve(body: string) {
  const asked: { authorization: string | undefined; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    asked.push({ authorization: request.headers.authorization, body: text });
    response.end(body);
  });
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, asked };
}

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((closed) => server.close(closed));
});

describe('execute', () => {
  it('sends the document with the token and returns its data', async () => {
    const { url, asked } = await serve('{"data":{"leaderboardGroups":[]}}');
    expect(await execute({ url, token: 'secret' }, LeaderboardGroups, {})).toEqual({ leaderboardGroups: [] });
    expect(asked[0]?.authorization).toBe('Bearer secret');
    expect(JSON.parse(asked[0]?.body ?? '').query).toContain('query LeaderboardGroups');
  });

  it.each([
    ['the API’s own code', '{"errors":[{"message":"no","extensions":{"code":"AUTH.INVALID"}}]}', 'AUTH.INVALID'],
    ['an error without a code', '{"errors":[{"message":"no"}]}', 'CLIENT.FAILED'],
    ['no data', '{"data":null}', 'CLIENT.FAILED'],
    ['something that is not GraphQL', '<html>', 'CLIENT.UNREACHABLE'],
  ])('gives a coded error for %s', async (_, body, code) => {
    const { url } = await serve(body);
    await expect(execute({ url, token: 't' }, LeaderboardGroups, {})).rejects.toMatchObject({ code });
  });

  it('gives a coded error where nothing listens', async () => {
    const { url } = await serve('');
    await new Promise((closed) => servers.splice(0)[0]?.close(closed));
    await expect(execute({ url, token: 't' }, LeaderboardGroups, {})).rejects.toMatchObject({
      code: 'CLIENT.UNREACHABLE',
    });
  });
});
