import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parsePlan, removedLayers } from '../../packages/swm-core/src/plan/index.js';
import { type Stack, startStack } from '../support/stack.js';
import { makeTinyFamilies } from '../support/tiny-families.js';

// What sets families apart is proven in golden/families.test.ts; here, that nothing on the way to the board knows Llama alone.
let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
  makeTinyFamilies(join(stack.scratch, 'families'));
});
afterAll(() => stack?.stop());

const BOS = 0;

it.each([
  ['qwen3', false],
  ['gemma3_text', true],
])('%s goes from its folder to the board, BOS before each sample: %s', async (family, hasBos) => {
  const modelId = await stack.register(join(stack.scratch, 'families', family));
  const id = await stack.launch({
    ...{ modelId, method: { swm: {} }, target: { layers: 4 }, calibration: { samples: 4, tokens: 32 } },
    protocol: { name: 'MINI', data: 'BUILTIN', limit: 4 },
    latency: 'NONE',
  });
  expect(await stack.finished(id), stack.log()).toBe('SUCCEEDED');
  const { experiment } = await stack.graphql(
    `query ($id: ID!) { experiment(id: $id) { model { architecture } plan { text outputDepth } protocol { id }
      calibration { addBos tokenIds } } }`,
    { id },
  );
  expect(experiment.model.architecture).toBe(family);
  expect(experiment.plan.outputDepth).toBe(4);
  expect(removedLayers(parsePlan(experiment.plan.text))).toHaveLength(2);
  expect(experiment.calibration.addBos).toBe(hasBos);
  const firsts: readonly number[] = experiment.calibration.tokenIds.map(([first]: readonly number[]) => first);
  expect(firsts.every((first) => first === BOS)).toBe(hasBos);
  const { leaderboard } = await stack.graphql(
    `query ($modelId: ID!, $protocolId: ID!) { leaderboard(modelId: $modelId, protocolId: $protocolId) {
      nodes { experimentId mean } } }`,
    { modelId, protocolId: experiment.protocol.id },
  );
  expect(leaderboard.nodes).toEqual([{ experimentId: id, mean: expect.any(Number) }]);
});

it('Gemma without BOS is refused', async () => {
  const modelId = await stack.register(join(stack.scratch, 'families', 'gemma2'));
  const { launchExperiment } = await stack.graphql(
    `mutation ($input: LaunchExperimentInput!) { launchExperiment(input: $input) { experiment { id } userErrors { code field } } }`,
    { input: { modelId, method: { dense: {} }, calibration: { addBos: false } } },
  );
  expect(launchExperiment).toEqual({
    experiment: null,
    userErrors: [{ code: 'CALIBRATION.BOS_NEEDED', field: ['calibration', 'addBos'] }],
  });
});
