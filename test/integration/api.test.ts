import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../support/test-api.js';
import { writeTinyModel } from '../support/tiny-model.js';

const LAUNCH = `mutation ($input: LaunchExperimentInput!) { launchExperiment(input: $input) {
  wasDeduplicated userErrors { code field message hint } experiment { id state stages { name state } viewerCanCancel
    method { name title profile threshold options { name value isDefault } } target { layers threshold } requestJson } } }`;
const CANCEL = `mutation ($id: ID!) { cancelExperiment(input: { id: $id }) {
  userErrors { code field } experiment { state viewerCanCancel stages { state } events { lastSeq nodes { seq kind data } } } } }`;
const REGISTER = `mutation ($input: RegisterModelInput!) { registerModel(input: $input) {
  wasDeduplicated userErrors { code field message hint } model { id name source revision depth parameterCount layerParameterCount sizeBytes } } }`;

let t: TestApi;
let modelId: string;

beforeAll(async () => {
  t = await startTestApi();
  const { data } = await t.graphql(REGISTER, { input: { source: writeTinyModel(join(t.scratch, 'tiny')) } });
  modelId = data.registerModel.model.id;
});
afterAll(() => t.stop());

const launch = async (input: object, token?: string) =>
  (await t.graphql(LAUNCH, { input: { modelId, ...input } }, token)).data.launchExperiment;
const jobsOf = (id: string) =>
  t.db.$queryRaw<unknown[]>`SELECT 1 FROM pgboss.job WHERE name = 'experiment' AND data->>'experimentId' = ${id}`;
let seed = 10_000;
/** A request that no other test makes. */
const fresh = (input: object = {}) => ({
  method: { dense: {} },
  calibration: { seed: seed++ },
  ...input,
});

/** Another team with a token of its own. */
async function otherTeam(): Promise<string> {
  const { hashToken } = await import('../../apps/server/src/db/bootstrap.js');
  const token = `swm_other_${'x'.repeat(20)}`;
  const team = await t.db.team.upsert({
    where: { slug: 'other' },
    create: { slug: 'other', name: 'Other' },
    update: {},
  });
  const tokenHash = hashToken(token);
  await t.db.apiToken.upsert({
    where: { tokenHash },
    create: { teamId: team.id, name: 'other', tokenHash },
    update: { revokedAt: null },
  });
  return token;
}

describe('registerModel', () => {
  test('a folder: facts from its headers, the digest as revision, once', async () => {
    const source = writeTinyModel(join(t.scratch, 'other'), 2);
    const first = (await t.graphql(REGISTER, { input: { source, name: 'Two' } })).data.registerModel;
    // 32 x 16 embedding, 6 layers of 1952 (2 x 256 q and o, 2 x 128 k and v, 3 x 384 mlp, 2 x 16 norms), 16 norm; 2 bytes each.
    expect(first).toMatchObject({
      wasDeduplicated: false,
      userErrors: [],
      model: { name: 'Two', depth: 6, parameterCount: '12240', layerParameterCount: '1952', sizeBytes: '24480' },
    });
    expect(first.model.revision).toMatch(/^[0-9a-f]{64}$/);
    const again = (await t.graphql(REGISTER, { input: { source: `${source}/` } })).data.registerModel;
    expect([again.wasDeduplicated, again.model.id]).toEqual([true, first.model.id]);
    writeTinyModel(source, 3);
    const changed = (await t.graphql(REGISTER, { input: { source } })).data.registerModel;
    expect(changed.wasDeduplicated).toBe(false);
    expect(changed.model.revision).not.toBe(first.model.revision);
  });

  test('the built-in model is registered before it is converted, also twenty times at once', async () => {
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => t.graphql(REGISTER, { input: { source: 'builtin:smollm2-135m' } })),
    );
    const payloads = replies.map(({ data }) => data.registerModel);
    expect(new Set(payloads.map(({ model }) => model.id)).size).toBe(1);
    expect(payloads.filter(({ wasDeduplicated }) => !wasDeduplicated)).toHaveLength(1);
    expect(payloads[0].model).toMatchObject({ revision: null, depth: 30, parameterCount: '134515008' });
  });

  test('what is wrong with a source is said with a code, the field and a hint', async () => {
    const empty = join(t.scratch, 'home');
    const truncated = writeTinyModel(join(t.scratch, 'truncated'));
    truncateSync(join(truncated, 'model.safetensors'), 20_000);
    const foreign = writeTinyModel(join(t.scratch, 'foreign'));
    writeFileSync(join(foreign, 'config.json'), '{"architectures":["GPT2LMHeadModel"],"model_type":"gpt2"}');
    const cases = [
      ['builtin:nothing', 'MODEL.UNKNOWN_BUILTIN'],
      ['relative/folder', 'MODEL.SOURCE_INVALID'],
      [join(t.scratch, 'none'), 'MODEL.FOLDER_MISSING'],
      [empty, 'CHECKPOINT.CONFIG_MISSING'],
      [truncated, 'CHECKPOINT.'],
      [foreign, 'ARCHITECTURE.UNSUPPORTED'],
    ];
    for (const [source = '', code] of cases) {
      const { model, userErrors } = (await t.graphql(REGISTER, { input: { source } })).data.registerModel;
      expect(model, source).toBeNull();
      expect(userErrors, source).toHaveLength(1);
      expect(userErrors[0].code, source).toContain(code);
      expect(userErrors[0], source).toMatchObject({ field: ['source'], hint: expect.stringMatching(/./) });
    }
    const { userErrors } = (await t.graphql(REGISTER, { input: { source: empty, name: ' ' } })).data.registerModel;
    expect(userErrors[0]).toMatchObject({ code: 'MODEL.NAME_INVALID', field: ['name'] });
  });
});

describe('launchExperiment', () => {
  test('writes experiment, stages, first event and job together', async () => {
    const { experiment, userErrors, wasDeduplicated } = await launch(
      fresh({ method: { swm: { threshold: 0.8 } }, latency: 'NONE', stopAfter: 'EVALUATE' }),
    );
    expect([userErrors, wasDeduplicated]).toEqual([[], false]);
    expect(experiment).toMatchObject({
      state: 'QUEUED',
      viewerCanCancel: true,
      method: { name: 'SWM', title: 'Sliding-Window Merging', profile: 'REPAIRED', threshold: 0.8 },
      target: { layers: null, threshold: 0.8 },
    });
    expect(experiment.stages.map(({ name, state }: { name: string; state: string }) => `${name} ${state}`)).toEqual([
      'RESOLVE_MODEL PENDING',
      'CALIBRATE PENDING',
      'SEARCH_PLAN PENDING',
      'EXPORT_CHECKPOINT PENDING',
      'EVALUATE PENDING',
      'BENCHMARK_LATENCY SKIPPED',
      'PUBLISH SKIPPED',
    ]);
    expect(JSON.parse(experiment.requestJson)).toMatchObject({
      engine: 'auto',
      calibration: { samples: 10, tokens: 128 },
    });
    expect(await jobsOf(experiment.id)).toHaveLength(1);
    const events = await t.db.experimentEvent.findMany({ where: { experimentId: experiment.id } });
    expect(events).toMatchObject([{ seq: 1, kind: 'state', data: { to: 'QUEUED' } }]);
  });

  test('leaves nothing behind when the job cannot be written (I-01)', async () => {
    const before = await t.db.experiment.count();
    await t.db.$executeRaw`ALTER TABLE pgboss.queue RENAME TO queue_away`;
    const reply = await t.graphql(LAUNCH, { input: { modelId, ...fresh() } });
    await t.db.$executeRaw`ALTER TABLE pgboss.queue_away RENAME TO queue`;
    expect(reply.errors?.[0]).toMatchObject({
      message: 'Something went wrong on our side.',
      extensions: { code: 'API.INTERNAL', requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
    expect(JSON.stringify(reply)).not.toMatch(/pgboss|relation|node_modules|\.ts|Prisma/i);
    expect(await t.db.experiment.count()).toBe(before);
    expect(await t.db.stage.count()).toBe(7 * before);
  });

  test('fifty equal launches at once are one experiment with one job, with and without a key (I-09)', async () => {
    for (const extra of [{ idempotencyKey: 'fifty' }, {}]) {
      const input = fresh(extra);
      const payloads = await Promise.all(Array.from({ length: 50 }, () => launch(input)));
      const ids = new Set(payloads.map(({ experiment }) => experiment.id));
      expect(ids.size).toBe(1);
      expect(payloads.filter(({ wasDeduplicated }) => !wasDeduplicated)).toHaveLength(1);
      expect(await jobsOf([...ids][0] ?? '')).toHaveLength(1);
    }
  });

  test('a key with another request is a conflict; a cancelled experiment is launched anew', async () => {
    const input = fresh({ idempotencyKey: 'once' });
    const first = await launch(input);
    const conflict = await launch({ ...input, latency: 'NONE' });
    expect(conflict).toMatchObject({
      experiment: null,
      userErrors: [{ code: 'IDEMPOTENCY_CONFLICT', field: ['idempotencyKey'] }],
    });
    const unkeyed = fresh();
    const one = await launch(unkeyed);
    await t.graphql(CANCEL, { id: one.experiment.id });
    const two = await launch(unkeyed);
    expect([two.wasDeduplicated, two.experiment.id === one.experiment.id]).toEqual([false, false]);
    expect((await launch(input)).experiment.id).toBe(first.experiment.id);
  });

  test('a changed calibration file is another request', async () => {
    const file = join(t.scratch, 'calibration.jsonl');
    const input = { method: { dense: {} }, calibration: { source: 'FILE', file } };
    writeFileSync(file, '{"text":"one"}\n');
    const one = await launch(input);
    expect((await launch(input)).wasDeduplicated).toBe(true);
    writeFileSync(file, '{"text":"two"}\n');
    const two = await launch(input);
    expect([two.wasDeduplicated, two.experiment.id === one.experiment.id]).toEqual([false, false]);
  });

  const dense = { method: { dense: {} } };
  const wrong: readonly (readonly [string, object, string, readonly string[]])[] = [
    ['unknown model', { ...dense, modelId: '019aaaaa-0000-7000-8000-000000000000' }, 'MODEL.NOT_FOUND', ['modelId']],
    ['no uuid', { ...dense, modelId: "' OR 1=1" }, 'MODEL.NOT_FOUND', ['modelId']],
    ['no method', { method: {} }, 'METHOD.EXACTLY_ONE', ['method']],
    ['two methods', { method: { dense: {}, shortGpt: {} } }, 'METHOD.EXACTLY_ONE', ['method']],
    ['disabled method', { method: { dense: { enabled: false } } }, 'METHOD.EXACTLY_ONE', ['method']],
    ['dense with a target', { ...dense, target: { layers: 3 } }, 'METHOD.TARGET_UNUSED', ['target']],
    ['no target', { method: { shortGpt: {} } }, 'METHOD.TARGET_MISSING', ['target', 'layers']],
    ['empty target', { method: { shortGpt: {} }, target: {} }, 'METHOD.TARGET_EXACTLY_ONE', ['target']],
    [
      'two targets',
      { method: { swm: {} }, target: { layers: 3, ratio: 0.2 } },
      'METHOD.TARGET_EXACTLY_ONE',
      ['target'],
    ],
    ['ratio', { method: { swm: {} }, target: { ratio: 1 } }, 'METHOD.INVALID_OPTION', ['target', 'ratio']],
    ['params', { method: { uidl: {} }, target: { params: '0' } }, 'METHOD.INVALID_OPTION', ['target', 'params']],
    [
      'more parameters than there are',
      { method: { uidl: {} }, target: { params: '12241' } },
      'METHOD.INVALID_OPTION',
      ['target', 'params'],
    ],
    ['dense with a ratio', { ...dense, target: { ratio: 0.2 } }, 'METHOD.TARGET_UNUSED', ['target']],
    [
      'too many layers',
      { method: { shortGpt: {} }, target: { layers: 7 } },
      'METHOD.INVALID_OPTION',
      ['target', 'layers'],
    ],
    ['no layers', { method: { swm: {} }, target: { layers: 0 } }, 'METHOD.INVALID_OPTION', ['target', 'layers']],
    ['nothing to keep', { method: { lastN: {} } }, 'METHOD.TARGET_MISSING', ['target', 'layers']],
    ['uidl without a target', { method: { uidl: {} } }, 'METHOD.TARGET_MISSING', ['target', 'layers']],
    [
      'sleb below its two layers',
      { method: { sleb: {} }, target: { layers: 1 } },
      'METHOD.INVALID_OPTION',
      ['target', 'layers'],
    ],
    [
      'fewer layers than protected ones',
      { method: { shortenedPpl: {} }, target: { layers: 5 } },
      'METHOD.INVALID_OPTION',
      ['target', 'layers'],
    ],
    [
      'gradients on an engine without them',
      { method: { shortenedTaylor: {} }, target: { layers: 6 }, engine: 'WASM' },
      'ENGINE.NO_GRADIENTS',
      ['engine'],
    ],
    [
      'fewer layers than protected ones, by magnitude',
      { method: { shortenedMagnitude: {} }, target: { layers: 5 } },
      'METHOD.INVALID_OPTION',
      ['target', 'layers'],
    ],
    [
      'a negative seed',
      { method: { random: { seed: -1 } }, target: { layers: 5 } },
      'METHOD.INVALID_OPTION',
      ['method', 'random', 'seed'],
    ],
    ['a text that is no plan', { method: { manual: { plan: '0-2 !' } } }, 'PLAN.INVALID', ['method', 'manual', 'plan']],
    ['a gap', { method: { manual: { plan: '0-2 4-5' } } }, 'PLAN.INVALID', ['method', 'manual', 'plan']],
    [
      'a plan of another depth',
      { method: { manual: { plan: '0-6' } } },
      'METHOD.INVALID_OPTION',
      ['method', 'manual', 'plan'],
    ],
    ['an empty plan', { method: { manual: { plan: ' ' } } }, 'METHOD.INVALID_OPTION', ['method', 'manual', 'plan']],
    [
      'a plan and a target',
      { method: { manual: { plan: '0-5' } }, target: { layers: 3 } },
      'METHOD.TARGET_UNUSED',
      ['target'],
    ],
    ['laco without aim', { method: { laco: {} } }, 'METHOD.INVALID_OPTION', ['method', 'laco', 'threshold']],
    [
      'laco with two aims',
      { method: { laco: { threshold: 0.5 } }, target: { layers: 3 } },
      'METHOD.INVALID_OPTION',
      ['method', 'laco', 'threshold'],
    ],
    [
      'a span of one layer',
      { method: { laco: { threshold: 0.5, span: 1 } } },
      'METHOD.INVALID_OPTION',
      ['method', 'laco', 'span'],
    ],
    [
      'a span deeper than the model',
      { method: { laco: { threshold: 0.5, span: 7 } } },
      'METHOD.INVALID_OPTION',
      ['method', 'laco', 'span'],
    ],
    [
      'no interval',
      { method: { laco: { threshold: 0.5, interval: 0 } } },
      'METHOD.INVALID_OPTION',
      ['method', 'laco', 'interval'],
    ],
    [
      'a range without room',
      { method: { laco: { threshold: 0.5, lowest: 3 } } },
      'METHOD.INVALID_OPTION',
      ['method', 'laco', 'lowest'],
    ],
    [
      'a range above the model',
      { method: { laco: { threshold: 0.5, highest: 7 } } },
      'METHOD.INVALID_OPTION',
      ['method', 'laco', 'highest'],
    ],
    ['swm without aim', { method: { swm: {} } }, 'METHOD.INVALID_OPTION', ['method', 'swm', 'threshold']],
    [
      'all layers protected',
      { method: { swm: { threshold: 0.5, protectFirst: 5 } } },
      'METHOD.INVALID_OPTION',
      ['method', 'swm', 'protectFirst'],
    ],
    [
      'a negative number of protected layers',
      { method: { swm: { threshold: 0.5, protectLast: -1 } } },
      'METHOD.INVALID_OPTION',
      ['method', 'swm', 'protectLast'],
    ],
    [
      'a target below what protection allows',
      { method: { swm: { protectFirst: 2 } }, target: { layers: 3 } },
      'METHOD.INVALID_OPTION',
      ['target', 'layers'],
    ],
    [
      'a factor out of its range',
      { method: { manual: { plan: '0-3 [4-5]', rule: 'MEAN', factor: 2.5 } } },
      'METHOD.INVALID_OPTION',
      ['method', 'manual', 'factor'],
    ],
    ['threshold', { method: { swm: { threshold: 1.5 } } }, 'METHOD.INVALID_OPTION', ['method', 'swm', 'threshold']],
    [
      'corpus',
      { ...dense, calibration: { source: 'C4' } },
      'CALIBRATION.SOURCE_UNAVAILABLE',
      ['calibration', 'source'],
    ],
    [
      'missing file',
      { ...dense, calibration: { source: 'FILE', file: '/none' } },
      'CALIBRATION.FILE_INVALID',
      ['calibration', 'file'],
    ],
    ['unused file', { ...dense, calibration: { file: '/none' } }, 'CALIBRATION.FILE_INVALID', ['calibration', 'file']],
    ['samples', { ...dense, calibration: { samples: 0 } }, 'CALIBRATION.OUT_OF_RANGE', ['calibration', 'samples']],
    ['tokens', { ...dense, calibration: { tokens: 9999 } }, 'CALIBRATION.OUT_OF_RANGE', ['calibration', 'tokens']],
    ['protocol and data', { ...dense, protocol: { name: 'PAPER' } }, 'PROTOCOL.INVALID', ['protocol', 'data']],
    [
      'official data',
      { ...dense, protocol: { name: 'PAPER', data: 'OFFICIAL' } },
      'PROTOCOL.INVALID',
      ['protocol', 'data'],
    ],
    ['limit', { ...dense, protocol: { limit: 0 } }, 'PROTOCOL.INVALID', ['protocol', 'limit']],
    [
      'no task data',
      { ...dense, protocol: { name: 'PAPER', data: 'LOCAL' } },
      'EVAL.TASK_DATA_MISSING',
      ['protocol', 'data'],
    ],
    ['static latency', { ...dense, latency: 'STATIC' }, 'LATENCY.UNAVAILABLE', ['latency']],
    ['key', { ...dense, idempotencyKey: '' }, 'LAUNCH.KEY_INVALID', ['idempotencyKey']],
  ];
  test.each(wrong)('refuses %s', async (_, input, code, field) => {
    const before = await t.db.experiment.count();
    const { experiment, userErrors } = await launch(input);
    expect(experiment).toBeNull();
    expect(userErrors).toContainEqual({
      code,
      field,
      message: expect.stringMatching(/./),
      hint: expect.stringMatching(/./),
    });
    expect(await t.db.experiment.count()).toBe(before);
  });

  const accepted: readonly (readonly [string, object, number | null, object])[] = [
    [
      'SWM',
      { swm: { threshold: 0.5, restart: 'INCLUDE_MERGED', protectFirst: 1, rule: 'KEEP_LOW', sideFrom: 'TOP' } },
      null,
      { restart: 'include-merged', protectFirst: 1, protectLast: 1, rule: 'keep-low', sideFrom: 'top' },
    ],
    ['LACO', { laco: { threshold: 0.5 } }, null, { span: 4, interval: 2, lowest: 1, threshold: 0.5 }],
    ['LACO', { laco: { span: 2, interval: 1, lowest: 0, highest: 5 } }, 4, { span: 2, highest: 5 }],
    [
      'MANUAL',
      { manual: { plan: '0-3 [4-5]', rule: 'SUM_OF_DIFFERENCES', factor: 0.5 } },
      null,
      { rule: 'sum-of-differences', factor: 0.5 },
    ],
    ['UIDL', { uidl: {} }, 4, {}],
    ['SLEB', { sleb: {} }, 2, {}],
    ['SHORTENED_PPL', { shortenedPpl: { protect: false } }, 4, { protect: false }],
    ['SHORTENED_TAYLOR', { shortenedTaylor: {} }, 6, { protect: true }],
    ['SHORTENED_MAGNITUDE', { shortenedMagnitude: {} }, 6, { protect: true }],
    ['LAST_N', { lastN: {} }, 1, {}],
    ['RANDOM', { random: { seed: 7 } }, 3, { seed: 7 }],
    ['RANDOM', { random: {} }, 3, { seed: 0 }],
    ['MANUAL', { manual: { plan: '0-1 [2-3] !4 5' } }, null, { plan: '0-1 [2-3] !4 5', rule: 'replace-top' }],
    ['MANUAL', { manual: { plan: '0-4 5', rule: 'KEEP_TOP', sideFrom: 'TOP' } }, null, { rule: 'keep-top' }],
  ];
  test.each(accepted)('accepts %s %j', async (name, method, layers, options) => {
    const { experiment, userErrors } = await launch(
      fresh({ method, ...(layers === null ? {} : { target: { layers } }) }),
    );
    expect(userErrors).toEqual([]);
    const { method: stored } = JSON.parse(experiment.requestJson);
    expect(stored).toMatchObject({ ...options, ...(layers === null ? {} : { targetLayers: layers }) });
    expect(experiment.method.name).toBe(name);
    const shown: { name: string; value: string }[] = experiment.method.options;
    for (const [option, value] of Object.entries(options))
      if (option !== 'threshold')
        expect(shown).toContainEqual(expect.objectContaining({ name: option, value: String(value) }));
    const { data } = await t.graphql(
      `query ($name: MethodName) { experiments(filter: { methodName: $name }) { nodes { id } } }`,
      { name },
    );
    expect(data.experiments.nodes).toContainEqual({ id: experiment.id });
  });

  test.each([
    // Six layers of 1952 in 12240 parameters: one is .1595, two .31895.
    [{ ratio: 0.3189 }, 5],
    [{ ratio: 0.319 }, 4],
    [{ ratio: 0.1 }, 6],
    [{ params: '8336' }, 4],
    [{ params: '8337' }, 5],
  ])('target %j keeps %d layers', async (target, layers) => {
    const { experiment, userErrors } = await launch(fresh({ method: { uidl: {} }, target }));
    expect(userErrors).toEqual([]);
    expect(experiment.target.layers).toBe(layers);
  });

  test('says all that is wrong at once', async () => {
    const { userErrors } = await launch({ method: {}, latency: 'STATIC', calibration: { samples: -1, tokens: 1 } });
    expect(userErrors.map(({ code }: { code: string }) => code)).toEqual([
      'METHOD.EXACTLY_ONE',
      'CALIBRATION.OUT_OF_RANGE',
      'CALIBRATION.OUT_OF_RANGE',
      'LATENCY.UNAVAILABLE',
    ]);
  });

  test('without Python it refuses evaluations and the torch engine, and nothing else', async () => {
    const bare = await startTestApi({ python: '/nowhere/python' });
    try {
      const source = join(t.scratch, 'tiny');
      const registered = await bare.graphql(REGISTER, { input: { source } });
      const input = { modelId: registered.data.registerModel.model.id, ...fresh() };
      const refused = (await bare.graphql(LAUNCH, { input })).data.launchExperiment;
      expect(refused.userErrors).toMatchObject([{ code: 'EVAL.PYTHON_MISSING', field: [] }]);
      const search = { ...input, stopAfter: 'EXPORT_CHECKPOINT' };
      expect((await bare.graphql(LAUNCH, { input: search })).data.launchExperiment.userErrors).toEqual([]);
      const pruned = { method: { shortGpt: {} }, target: { layers: 4 }, engine: 'TORCH', idempotencyKey: 'torch' };
      const onTorch = await bare.graphql(LAUNCH, { input: { ...search, ...pruned } });
      expect(onTorch.data.launchExperiment.userErrors).toMatchObject([
        { code: 'EVAL.PYTHON_MISSING', field: ['engine'], hint: expect.stringContaining('engine: AUTO') },
      ]);
      const analyse = (engine: string) =>
        bare.graphql(
          'mutation ($input: AnalyseModelInput!) { analyseModel(input: $input) { experiment { id } userErrors { code field } } }',
          { input: { modelId: input.modelId, engine } },
        );
      expect((await analyse('TORCH')).data.analyseModel).toEqual({
        ...{ experiment: null, userErrors: [{ code: 'EVAL.PYTHON_MISSING', field: ['engine'] }] },
      });
      expect((await analyse('AUTO')).data.analyseModel).toMatchObject({ userErrors: [] });
    } finally {
      await bare.stop();
    }
  });
});

describe('cancelExperiment', () => {
  test('a queued one is over at once; again is harmless; its job finds nothing to do', async () => {
    const { experiment } = await launch(fresh());
    const { data } = await t.graphql(CANCEL, { id: experiment.id });
    expect(data.cancelExperiment.userErrors).toEqual([]);
    expect(data.cancelExperiment.experiment).toMatchObject({ state: 'CANCELLED', viewerCanCancel: false });
    const { stages, events } = data.cancelExperiment.experiment;
    expect(new Set(stages.map(({ state }: { state: string }) => state))).toEqual(new Set(['CANCELLED']));
    expect(
      events.nodes.map(({ seq, data: text }: { seq: number; data: string }) => [seq, JSON.parse(text).to]),
    ).toEqual([
      [1, 'QUEUED'],
      [2, 'CANCELLED'],
    ]);
    const again = await t.graphql(CANCEL, { id: experiment.id });
    expect(again.data.cancelExperiment.experiment.events.lastSeq).toBe(2);
  });

  test('a running one is only asked to end', async () => {
    const { experiment } = await launch(fresh());
    await t.db.experiment.update({ where: { id: experiment.id }, data: { state: 'RUNNING', attempt: 1 } });
    const { data } = await t.graphql(CANCEL, { id: experiment.id });
    expect(data.cancelExperiment.experiment).toMatchObject({ state: 'RUNNING', viewerCanCancel: false });
    const row = await t.db.experiment.findUniqueOrThrow({ where: { id: experiment.id } });
    expect(row.cancelRequestedAt).not.toBeNull();
  });
});

describe('who may see what', () => {
  test('without a valid token nothing is answered, introspection included', async () => {
    for (const token of ['', 'swm_wrong_token_of_nobody', `${t.api.token}x`]) {
      const { status, errors } = await t.graphql('{ __schema { queryType { name } } }', {}, token);
      expect([status, errors?.[0]?.extensions.code]).toEqual([401, 'AUTH.REQUIRED']);
    }
    const token = await otherTeam();
    expect((await t.graphql('{ viewer { team { slug } } }', {}, token)).data.viewer.team.slug).toBe('other');
    await t.db.apiToken.updateMany({ where: { name: 'other' }, data: { revokedAt: new Date() } });
    expect((await t.graphql('{ viewer { team { slug } } }', {}, token)).status).toBe(401);
  });

  test("another team's things look exactly like missing ones (I-33)", async () => {
    const { experiment } = await launch(fresh());
    const other = await otherTeam();
    const missing = '019aaaaa-0000-7000-8000-000000000000';
    const ask = async (query: string, id: string) => JSON.stringify(await t.graphql(query, { id }, other));
    for (const query of ['query ($id: ID!) { experiment(id: $id) { id } }', CANCEL])
      expect(await ask(query, experiment.id)).toBe(await ask(query, missing));
    const models = 'query ($id: ID!) { model(id: $id) { id } leaderboardGroups(modelId: $id) { rowCount } }';
    expect(await ask(models, modelId)).toBe(await ask(models, missing));
    const lists = await t.graphql('{ models { totalCount } experiments { totalCount nodes { id } } }', {}, other);
    expect(lists.data).toEqual({ models: { totalCount: 0 }, experiments: { totalCount: 0, nodes: [] } });
    const launched = await launch(fresh(), other);
    expect(launched.userErrors).toMatchObject([{ code: 'MODEL.NOT_FOUND', field: ['modelId'] }]);
    const filtered = `query ($id: ID!) { experiments(filter: { modelId: $id }) { totalCount } }`;
    expect(JSON.parse(await ask(filtered, modelId)).data.experiments.totalCount).toBe(0);
  });

  test('the token lies in a file that only its owner reads, and in the database only as a hash (I-38)', async () => {
    const file = join(t.scratch, 'home', 'token');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8').trim()).toBe(t.api.token);
    expect(t.api.token).toMatch(/^swm_[\w-]+_[\w-]{43}$/);
    const rows = await t.db.apiToken.findMany();
    expect(JSON.stringify(rows)).not.toContain(t.api.token);
  });
});

describe('lists', () => {
  test('pages go through everything once, newest first', async () => {
    const query = `query ($after: String) { experiments(first: 3, after: $after) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } }`;
    const ids: string[] = [];
    let after: string | null = null;
    do {
      const {
        experiments,
      }: { experiments: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } = (
        await t.graphql(query, { after })
      ).data;
      ids.push(...experiments.nodes.map(({ id }) => id));
      after = experiments.pageInfo.hasNextPage ? experiments.pageInfo.endCursor : null;
    } while (after !== null);
    const team = await t.db.team.findUniqueOrThrow({ where: { slug: 'local' } });
    const all = await t.db.experiment.findMany({ where: { teamId: team.id }, orderBy: { id: 'desc' } });
    expect(ids).toEqual(all.map(({ id }) => id));
  });

  test('a bad page size or cursor is a coded error', async () => {
    const code = async (args: string) =>
      (await t.graphql(`{ experiments(${args}) { totalCount } }`)).errors?.[0]?.extensions.code;
    expect(await code('first: 0')).toBe('INPUT.PAGE_SIZE');
    expect(await code('first: 101')).toBe('INPUT.PAGE_SIZE');
    expect(await code('after: "nonsense"')).toBe('INPUT.CURSOR');
    expect(await code('after: "eyJndCI6IiJ9"')).toBe('INPUT.CURSOR'); // {"gt":""}: no operator gets through
  });
});
