import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plantCanaries, SECRET } from '../faults/hostile/canaries.js';
import { HOSTILE_CLASSES, type HostileClass } from '../faults/hostile/hostile-folders.js';
import { choicesOf } from '../faults/hostile/random.js';
import { writeValidModel } from '../faults/hostile/valid-model.js';
import { makeTinyModel, type Stack, startStack, waitFor } from '../support/stack.js';

let stack: Stack;
/** With a tokenizer that reads text. */
let tinyModel: string;
let planted: ReturnType<typeof plantCanaries>;

beforeAll(async () => {
  stack = await startStack();
  planted = plantCanaries(stack.scratch);
  tinyModel = makeTinyModel(join(stack.scratch, 'tiny'), { layers: 3 });
});
afterAll(() => stack?.stop());

/** Refused always, and cheap to make. */
const REFUSED = HOSTILE_CLASSES.filter(({ codes, isHeavy, disturb }) => !codes.includes(null) && !isHeavy && !disturb);
const HARMLESS = HOSTILE_CLASSES.filter(({ codes, disturb }) => codes.includes(null) && !disturb);

/** Makes a folder hostile and returns the path to be read. */
function make(hostile: HostileClass, folder: string, seed: number): string {
  const made = hostile.make(folder, planted.canaries, choicesOf(seed));
  return typeof made === 'string' ? made : folder;
}

const errorOf = async (id: string) =>
  (await stack.graphql('query ($id: ID!) { experiment(id: $id) { state error { code message fix } } }', { id }))
    .experiment.error;

/** Nothing of it is on disk, in the database or running. */
async function expectNothingLeft(ids: readonly string[]) {
  for (const id of ids) expect(stack.processesOf(id)).toEqual([]);
  expect(await stack.db.checkpoint.count()).toBe(0);
  const checkpoints = join(stack.home, 'checkpoints');
  expect(existsSync(checkpoints) ? readdirSync(checkpoints) : []).toEqual([]);
  expect(planted.harmed()).toEqual([]);
  expect(stack.log()).not.toContain(SECRET);
}

describe('hostile models, from the API to the worker', () => {
  it('are refused where they are registered, each by its code', async () => {
    const answers = await Promise.all(
      REFUSED.map(async (hostile, index) => {
        const path = make(hostile, writeValidModel(join(stack.scratch, 'refused', String(index))), index);
        const { registerModel } = await stack.graphql(
          'mutation ($input: RegisterModelInput!) { registerModel(input: $input) { model { id } userErrors { code message hint } } }',
          { input: { source: path } },
        );
        return { hostile, registerModel };
      }),
    );
    for (const { hostile, registerModel } of answers) {
      expect(registerModel.model, hostile.name).toBeNull();
      expect(hostile.codes, hostile.name).toContain(registerModel.userErrors[0].code);
      expect(JSON.stringify(registerModel), hostile.name).not.toContain(SECRET);
    }
    expect(answers.length).toBeGreaterThanOrEqual(40);
    expect(planted.harmed()).toEqual([]);
  });

  it('that turn hostile after they were registered fail by their code, and the worker goes on', async () => {
    const turned = REFUSED.filter((_, index) => index % 3 === 0);
    const launched = [];
    for (const [index, hostile] of turned.entries()) {
      const folder = writeValidModel(join(stack.scratch, 'turned', String(index)));
      const modelId = await stack.register(folder);
      // A hostile path cannot replace one that is registered; a hostile folder at that path can.
      if (make(hostile, folder, index) !== folder) continue;
      const request = { modelId, method: { dense: {} }, latency: 'NONE', stopAfter: 'EXPORT_CHECKPOINT' };
      launched.push({ hostile, id: await stack.launch(request) });
    }
    for (const { hostile, id } of launched) {
      expect(await stack.finished(id), hostile.name).toBe('FAILED');
      const error = await errorOf(id);
      expect(hostile.codes, `${hostile.name}: ${error.message}`).toContain(error.code);
      expect(JSON.stringify(error), hostile.name).not.toContain(SECRET);
    }
    expect(launched.length).toBeGreaterThanOrEqual(10);
    await expectNothingLeft(launched.map(({ id }) => id));
  });

  it('a tokenizer that never ends is ended by a cancel', async () => {
    const folder = join(stack.scratch, 'endless');
    cpSync(tinyModel, folder, { recursive: true });
    const file = join(folder, 'tokenizer.json');
    const split = { type: 'Split', pattern: { Regex: '([a-zA-Z ,.]+)+!\\?' }, behavior: 'Isolated', invert: false };
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), pre_tokenizer: split }));
    const modelId = await stack.register(folder);
    const id = await stack.launch({ modelId, method: { dense: {} }, latency: 'NONE', stopAfter: 'SEARCH_PLAN' });
    await waitFor('calibration', async () =>
      (await stack.db.stage.count({ where: { experimentId: id, name: 'calibrate', state: 'RUNNING' } })) > 0
        ? true
        : undefined,
    );
    await stack.graphql(
      'mutation ($input: CancelExperimentInput!) { cancelExperiment(input: $input) { userErrors { code } } }',
      {
        input: { id },
      },
    );
    const asked = performance.now();
    expect(await stack.finished(id)).toBe('CANCELLED');
    expect(performance.now() - asked).toBeLessThan(12_000);
    await expectNothingLeft([id]);
  });

  it('code, pickles and templates beside a good model are scored past, and none of them runs', async () => {
    const folder = join(stack.scratch, 'harmless');
    cpSync(tinyModel, folder, { recursive: true });
    for (const [index, hostile] of HARMLESS.filter(({ name }) => !name.startsWith('tokenizer_config')).entries())
      make(hostile, folder, index);
    const modelId = await stack.register(folder);
    const id = await stack.launch({
      ...{ modelId, method: { dense: {} }, calibration: { samples: 2, tokens: 16 }, latency: 'NONE' },
      protocol: { name: 'MINI', data: 'BUILTIN', limit: 1 },
    });
    expect(await stack.finished(id), JSON.stringify(await errorOf(id))).toBe('SUCCEEDED');
    expect(await stack.db.score.count()).toBeGreaterThan(0);
    expect(planted.harmed()).toEqual([]);
  });
});
