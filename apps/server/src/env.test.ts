import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readEnv } from './env.js';

describe('readEnv', () => {
  test('has a default for everything, and reads empty as unset', () => {
    const expected = { apiPort: 4000, apiHost: '127.0.0.1', engine: 'auto', swmHome: resolve('.swm') };
    expect(readEnv({})).toMatchObject({ ...expected, databaseUrl: undefined });
    expect(readEnv({ SWM_TASK_DATA: '', SWM_API_PORT: '', DATABASE_URL: '' })).toEqual(readEnv({}));
  });

  test('answers under the host name of SWM_API_URL, too', () => {
    expect(readEnv({ SWM_API_URL: 'http://api:4000' }).allowedHosts).toEqual([
      '127.0.0.1',
      'localhost',
      '[::1]',
      '127.0.0.1',
      'api',
    ]);
  });

  test.each([
    { SWM_API_PORT: 'four' },
    { SWM_API_PORT: '70000' },
    { SWM_ENGINE: 'gpu' },
    { SWM_API_URL: 'not an address' },
  ])('refuses %o by name, without its value', (variables) => {
    const [[name, value]] = Object.entries(variables) as [[string, string]]; // each has one entry
    const problem = (() => {
      try {
        readEnv(variables);
      } catch (error) {
        return error;
      }
    })();
    expect(problem).toMatchObject({ code: 'INPUT.ENV_INVALID', message: expect.stringContaining(name) });
    expect(JSON.stringify(problem)).not.toContain(value);
  });
});
