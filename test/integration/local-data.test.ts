import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeTinyModel, REPOSITORY, type Stack, startStack } from '../support/stack.js';

/** Files of the stock tasks' layout: the user's, or the built-in suite's under the names of the real ones. */
const TASK_DATA = resolve(REPOSITORY, process.env.SWM_TASK_DATA ?? 'packages/eval/tasks/mini');
const LIMIT = 3;
let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ env: { SWM_TASK_DATA: TASK_DATA } });
});
afterAll(() => stack?.stop());

it('the seven tasks of local files under a limit are labelled as limited, in a group of their own', async () => {
  const modelId = await stack.register(makeTinyModel(join(stack.scratch, 'model'), { layers: 4 }));
  const base = { modelId, method: { dense: {} }, calibration: { samples: 2, tokens: 16 }, latency: 'NONE' };
  const protocols = [
    { name: 'PAPER', data: 'LOCAL', limit: LIMIT },
    { name: 'MINI', data: 'BUILTIN', limit: LIMIT },
  ];
  for (const protocol of protocols)
    expect(await stack.finished(await stack.launch({ ...base, protocol }))).toBe('SUCCEEDED');

  const { leaderboardGroups: groups } = await stack.graphql(
    'query ($modelId: ID!) { leaderboardGroups(modelId: $modelId) { rowCount protocol { id name data limit label isDemonstration } } }',
    { modelId },
  );
  expect(groups).toHaveLength(2);
  for (const { rowCount, protocol } of groups) {
    expect(rowCount).toBe(1);
    expect(protocol).toMatchObject({ limit: LIMIT, label: expect.stringContaining(`limit ${LIMIT}`) });
    expect(protocol.isDemonstration).toBe(protocol.data === 'BUILTIN');
    const { leaderboard } = await stack.graphql(
      'query ($modelId: ID!, $protocolId: ID!) { leaderboard(modelId: $modelId, protocolId: $protocolId) { nodes { rank scores { task n isHeadline } } } }',
      { modelId, protocolId: protocol.id },
    );
    const [row] = leaderboard.nodes;
    const headline = row.scores.filter(({ isHeadline }: { isHeadline: boolean }) => isHeadline);
    expect(headline).toHaveLength(7);
    expect(headline.every(({ n }: { n: number }) => n === LIMIT)).toBe(true);
  }
});
