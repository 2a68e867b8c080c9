import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { isSpecifiedScalarType } from 'graphql';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApi } from '../../apps/server/src/api.js';
import { createSchema, schemaText } from '../../apps/server/src/graphql/schema.js';
import { startTestApi, type TestApi } from '../support/test-api.js';

let t: TestApi;
beforeAll(async () => {
  t = await startTestApi();
});
afterAll(() => t.stop());

/** A request with full control of its headers; fetch does not let go of Host. */
function send(
  path: string,
  options: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<{ readonly status: number; readonly text: string; readonly headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolveSend, reject) => {
    const headers = { authorization: `Bearer ${t.api.token}`, 'content-type': 'application/json', ...options.headers };
    const sent = request(`${t.url}${path}`, { method: options.method ?? 'POST', headers }, (reply) => {
      let text = '';
      reply.on('data', (chunk) => {
        text += chunk;
      });
      reply.on('end', () => resolveSend({ status: reply.statusCode ?? 0, text, headers: reply.headers }));
    });
    sent.on('error', reject);
    sent.end(options.body ?? '');
  });
}

/** Settings of a second API on the same database. */
const environment = (apiPort: number) => ({
  ...{ databaseUrl: t.databaseUrl, swmHome: join(t.scratch, 'home'), apiHost: '127.0.0.1', apiPort },
  ...{ allowedHosts: ['127.0.0.1'], python: process.execPath, taskDataFolder: undefined },
});

const codeOf = (text: string): unknown => JSON.parse(text).errors[0].extensions.code;
const query = (text: string): string => JSON.stringify({ query: text });

describe('HTTP', () => {
  test('is JSON with a code and a request id on every path (I-39)', async () => {
    const cases: readonly (readonly [string, Parameters<typeof send>[1], number, string])[] = [
      ['/graphql', { body: '{"query": ' }, 400, 'API.BAD_REQUEST'],
      ['/graphql', { body: `{"query": "${'x'.repeat(110_000)}"}` }, 413, 'API.BODY_TOO_LARGE'],
      ['/graphql', { body: query('{ viewer {'), headers: {} }, 400, 'GRAPHQL_PARSE_FAILED'],
      ['/graphql', { body: query('{ viewr { team { id } } }') }, 400, 'GRAPHQL_VALIDATION_FAILED'],
      ['/graphql', { body: '{}' }, 400, 'BAD_REQUEST'],
      ['/nothing', { method: 'GET' }, 404, 'API.NOT_FOUND'],
      ['/graphql', { body: query('{ viewer { team { id } } }'), headers: { authorization: '' } }, 401, 'AUTH.REQUIRED'],
      ['/graphql', { headers: { host: 'evil.example' } }, 403, 'API.HOST_REFUSED'],
      ['/graphql', { headers: { origin: 'https://evil.example' } }, 403, 'API.HOST_REFUSED'],
      ['/graphql', { headers: { origin: 'null' } }, 403, 'API.HOST_REFUSED'],
    ];
    for (const [path, options, status, code] of cases) {
      const reply = await send(path, options);
      expect([reply.status, codeOf(reply.text)], `${path} ${code}`).toEqual([status, code]);
      expect(reply.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(reply.headers['x-powered-by']).toBeUndefined();
      expect(reply.text).not.toMatch(/Did you mean|node_modules|\.js:|stack/);
    }
    const simple = await send('/graphql?query={viewer{team{id}}}', {
      method: 'GET',
      headers: { 'content-type': 'text/plain' },
    });
    expect([simple.status, codeOf(simple.text)]).toEqual([400, 'BAD_REQUEST']); // a form of another site could send it
  });

  test('answers its own page and /healthz', async () => {
    const origin = 'http://localhost:3000';
    expect((await send('/graphql', { body: query('{ viewer { team { slug } } }'), headers: { origin } })).status).toBe(
      200,
    );
    const health = await send('/healthz', { method: 'GET', headers: { authorization: '' } });
    expect([health.status, health.text]).toEqual([200, '{"status":"ok"}']);
  });

  test('refuses operations that are too deep, too wide or too long (I-35)', async () => {
    const wide = `{ ${Array.from({ length: 21 }, (_, i) => `v${i}: viewer { team { id } }`).join(' ')} }`;
    // Nine fragments, each twice the one before: 2^9 copies of the innermost.
    const doubling = Array.from(
      { length: 9 },
      (_, i) => `fragment F${i} on Viewer { a: team { ...T } ...F${i + 1} b: team { ...T } ...F${i + 1} }`,
    );
    const bomb = `{ viewer { ...F0 } } ${doubling.join(' ')} fragment F9 on Viewer { team { ...T } } fragment T on Team { id slug name }`;
    const started = performance.now();
    for (const text of [wide, bomb]) {
      const reply = await send('/graphql', { body: query(text) });
      const codes = JSON.parse(reply.text).errors.map(
        (error: { extensions: { code: string } }) => error.extensions.code,
      );
      expect([reply.status, codes.includes('API.OPERATION_TOO_BIG')]).toEqual([400, true]);
    }
    const long = await send('/graphql', { body: query(`{ ${'__typename '.repeat(6000)} }`) });
    expect([long.status, codeOf(long.text)]).toEqual([400, 'GRAPHQL_PARSE_FAILED']);
    expect(performance.now() - started).toBeLessThan(2000);
    const introspection = await t.graphql((await import('graphql')).getIntrospectionQuery());
    expect(introspection.errors).toBeUndefined();
  });

  test('a port in use is a coded error, and leaves nothing open', async () => {
    const busy = startApi(environment(t.api.port), { logger: pino({ level: 'silent' }) });
    await expect(busy).rejects.toMatchObject({
      code: 'API.PORT_BUSY',
      fix: expect.stringContaining('SWM_API_PORT'),
    });
  });
});

describe('while the database is away (I-15)', () => {
  test('answers 503 within 5 s, and works again when it is back', async () => {
    const proxy = await databaseProxy(t.databaseUrl);
    const api = await startApi(
      { ...environment(0), databaseUrl: proxy.url, swmHome: join(t.scratch, 'home') },
      { logger: pino({ level: 'silent' }) },
    );
    const ask = async () => {
      const reply = await fetch(`http://127.0.0.1:${api.port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${api.token}` },
        body: query('{ viewer { team { slug } } }'),
      });
      return [reply.status, JSON.stringify(await reply.json())];
    };
    try {
      expect(await ask()).toEqual([200, '{"data":{"viewer":{"team":{"slug":"local"}}}}']);
      await proxy.close();
      const started = performance.now();
      expect(await ask()).toEqual([503, expect.stringContaining('API.SERVICE_UNAVAILABLE')]);
      expect(performance.now() - started).toBeLessThan(5000);
      expect((await fetch(`http://127.0.0.1:${api.port}/healthz`)).status).toBe(200);
      await proxy.open();
      expect((await ask())[0]).toBe(200);
    } finally {
      await api.stop();
      await proxy.close();
    }
  });
});

/** A door to the database that can be shut: no connection is left, and none is taken. */
async function databaseProxy(databaseUrl: string) {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    for (const side of [socket, upstream]) {
      sockets.add(side);
      side.on('error', () => {}); // Shutting the door is the point.
      side.on('close', () => [socket, upstream].forEach((other) => void other.destroy()));
    }
    socket.pipe(upstream).pipe(socket);
  });
  let port = 0;
  const open = () =>
    new Promise<void>((resolveOpen) => {
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        if (typeof address === 'object' && address) port = address.port;
        resolveOpen();
      });
    });
  await open();
  return {
    url: Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${port}` }).href,
    open,
    close: () =>
      new Promise<void>((resolveClose) => {
        server.close(() => resolveClose());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

describe('the schema', () => {
  test('schema.graphql is what the code emits', async () => {
    const committed = readFileSync(resolve(import.meta.dirname, '../../apps/server/schema.graphql'), 'utf8');
    expect(committed).toBe(await schemaText());
  });

  test('every type, field, argument and value has a description', async () => {
    const missing: string[] = [];
    const need = (path: string, described: { readonly description?: string | null | undefined }) => {
      if (!described.description) missing.push(path);
    };
    for (const type of Object.values((await createSchema()).getTypeMap())) {
      if (type.name.startsWith('__') || ('serialize' in type && !('getValues' in type) && isSpecifiedScalarType(type)))
        continue;
      if (!['Query', 'Mutation', 'Subscription'].includes(type.name)) need(type.name, type);
      if ('getValues' in type) for (const value of type.getValues()) need(`${type.name}.${value.name}`, value);
      if (!('getFields' in type)) continue;
      for (const field of Object.values(type.getFields())) {
        need(`${type.name}.${field.name}`, field);
        if ('args' in field)
          for (const argument of field.args) need(`${type.name}.${field.name}(${argument.name})`, argument);
      }
    }
    expect(missing).toEqual([]);
  });
});
