// The demonstration: a real model, the same model pruned by Sliding-Window Merging, and ShortGPT at the same depth,
// each launched by a GraphQL mutation, scored by the real lm-eval, timed, and put on the leaderboard.
// Usage: npm run demo [-- --exit] [-- --model FOLDER] [-- --threshold 0.75] [-- --all]      (--all: every rival at SWM's depth)
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { API_URL, startServices, untilInterrupted, WEB_URL } from './services.mjs';
import { setup } from './setup.mjs';

const { values: options } = parseArgs({
  options: {
    exit: { type: 'boolean', default: false },
    model: { type: 'string', default: 'builtin:smollm2-135m' },
    threshold: { type: 'string', default: '0.75' },
    all: { type: 'boolean', default: false },
  },
});

/** Who is compared with Sliding-Window Merging, all at its depth. */
const RIVALS = [{ shortGpt: {} }];
const ALL_RIVALS = [
  ...RIVALS,
  // The control: the same search, each merged layer with its own norms.
  { swm: { profile: 'REPAIRED', rule: 'KEEP_TOP' } },
  { uidl: {} },
  { sleb: {} },
  { shortenedPpl: {} },
  { shortenedTaylor: {} },
  { shortenedMagnitude: {} },
  { laco: { span: 3 } },
  { lastN: {} },
  ...[0, 1, 2].map((seed) => ({ random: { seed } })),
];

const EXPERIMENT = `
  id state method { title profile threshold } error { code message fix }
  plan { text outputDepth }
  stages { name state durationMs progress { done total unit secondsLeft note } }`;

let token;

/** One GraphQL call; top-level errors are failures of ours or of the services, so they end the demo. */
async function graphql(query, variables = {}) {
  const reply = await fetch(`${API_URL}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await reply.json();
  if (errors) throw new Error(`GraphQL: ${errors.map((error) => error.message).join('; ')}`);
  return data;
}

/** The payload of a mutation, or an error made of its userErrors. */
function accepted(payload) {
  const [first] = payload.userErrors;
  if (first) throw new Error(`${first.code}: ${first.message}${first.hint ? ` ${first.hint}` : ''}`);
  return payload;
}

async function registerModel(source) {
  const { registerModel: payload } = await graphql(
    `mutation ($input: RegisterModelInput!) { registerModel(input: $input) { wasDeduplicated userErrors { code message hint } model { id name depth } } }`,
    { input: { source } },
  );
  return accepted(payload);
}

async function launch(input) {
  const { launchExperiment: payload } = await graphql(
    `mutation ($input: LaunchExperimentInput!) { launchExperiment(input: $input) { wasDeduplicated userErrors { code field message hint } experiment { ${EXPERIMENT} } } }`,
    { input },
  );
  const { experiment, wasDeduplicated } = accepted(payload);
  console.log(
    `launched ${experiment.method.title} (${experiment.id})${wasDeduplicated ? ', wasDeduplicated: true' : ''}`,
  );
  return experiment.id;
}

const readExperiment = async (id) =>
  (await graphql(`query ($id: ID!) { experiment(id: $id) { ${EXPERIMENT} } }`, { id })).experiment;

const seconds = (value) => (value >= 90 ? `${Math.round(value / 60)} min` : `${Math.max(1, Math.round(value))} s`);

/** One line on the stage that runs now: how far, how long still. */
function describe(experiment) {
  const stage = experiment.stages.find(({ state }) => state === 'RUNNING');
  if (!stage) return experiment.state.toLowerCase();
  const { progress } = stage;
  const part = progress ? ` ${progress.done}${progress.total ? `/${progress.total}` : ''} ${progress.unit}` : '';
  const left = progress?.secondsLeft == null ? '' : `, about ${seconds(progress.secondsLeft)} left`;
  return `${stage.name.toLowerCase().replaceAll('_', '-')}${part}${left}`;
}

/** A rival that has no plan of that depth: worth a line, not the end of the demonstration. */
function isUnreachable({ error, method }) {
  if (error?.code !== 'METHOD.TARGET_UNREACHABLE') return false;
  console.log(`  ${method.title}: ${error.message} ${error.fix}`);
  return true;
}

/** Waits until `isReady(experiment)`, showing each change of stage (and each step on a terminal). */
async function follow(id, isReady) {
  let shown = '';
  for (;;) {
    const experiment = await readExperiment(id);
    const stage = experiment.stages.find(({ state }) => state === 'RUNNING')?.name ?? experiment.state;
    const line = `  ${experiment.method.title}: ${describe(experiment)}`;
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[2K${line}`);
    else if (stage !== shown) console.log(line);
    shown = stage;
    if (isReady(experiment)) {
      if (process.stdout.isTTY) process.stdout.write('\r\x1b[2K');
      return experiment;
    }
    if (experiment.state === 'FAILED' || experiment.state === 'CANCELLED') {
      const { code, message, fix } = experiment.error ?? {};
      throw new Error(
        `${experiment.method.title} ended ${experiment.state}: ${code ?? ''} ${message ?? ''} ${fix ?? ''}`,
      );
    }
    await sleep(500);
  }
}

const percent = (value) => (value == null ? '—' : (100 * value).toFixed(1));

/** The method with the options that are not at their default. */
const nameOf = ({ title, options: set }) =>
  [title, ...set.filter(({ isDefault }) => !isDefault).map(({ name, value }) => `${name} ${value}`)].join(', ');

/** The board as text: what was achieved, the mean with its interval, the difference to dense, latency. */
async function printLeaderboard(modelId) {
  const { leaderboardGroups: groups } = await graphql(
    `query ($modelId: ID) { leaderboardGroups(modelId: $modelId) { model { name revision } protocol { id label } rowCount } }`,
    { modelId },
  );
  for (const { model, protocol } of groups) {
    const { leaderboard } = await graphql(
      `query ($modelId: ID!, $protocolId: ID!) { leaderboard(modelId: $modelId, protocolId: $protocolId) { nodes {
        rank method { title options { name value isDefault } } outputDepth sourceDepth removedRatio mean meanIntervalLow meanIntervalHigh deltaToDense plan { text }
        latency { latencyMsMean latencyMsSd tokensPerSecond } engine { backend package } scores { task value isHeadline } } } }`,
      { modelId, protocolId: protocol.id },
    );
    console.log(`\n${model.name} (revision ${model.revision?.slice(0, 12) ?? '—'}) · ${protocol.label}`);
    console.table(
      leaderboard.nodes.map((row) => ({
        rank: row.rank ?? '—',
        method: nameOf(row.method),
        layers: `${row.outputDepth}/${row.sourceDepth}`,
        'params removed %': percent(row.removedRatio),
        'mean % [95 %]': `${percent(row.mean)} [${percent(row.meanIntervalLow)}, ${percent(row.meanIntervalHigh)}]`,
        'Δ dense':
          row.deltaToDense == null ? '—' : `${row.deltaToDense < 0 ? '−' : '+'}${percent(Math.abs(row.deltaToDense))}`,
        'latency ms': row.latency
          ? `${row.latency.latencyMsMean.toFixed(0)} ± ${row.latency.latencyMsSd.toFixed(0)}`
          : '—',
        engine: row.engine ? row.engine.backend : '—',
        plan: row.plan.text,
      })),
    );
  }
}

async function runDemo() {
  const started = performance.now();
  const source = options.model.startsWith('builtin:') ? options.model : resolve(options.model);
  const { model, wasDeduplicated } = await registerModel(source);
  console.log(`model ${model.name}: ${model.depth} layers${wasDeduplicated ? ', wasDeduplicated: true' : ''}`);
  const base = { modelId: model.id, protocol: { name: 'MINI', data: 'BUILTIN' }, latency: 'QUICK' };
  const dense = await launch({ ...base, method: { dense: {} } });
  const swm = await launch({ ...base, method: { swm: { profile: 'REPAIRED', threshold: Number(options.threshold) } } });
  await follow(dense, (experiment) => experiment.state === 'SUCCEEDED');
  const { plan } = await follow(swm, (experiment) => experiment.plan !== null);
  console.log(`  Sliding-Window Merging keeps ${plan.outputDepth} layers: ${plan.text}`);
  const target = { layers: plan.outputDepth };
  const launched = [swm];
  for (const method of options.all ? ALL_RIVALS : RIVALS) launched.push(await launch({ ...base, method, target }));
  for (const id of launched)
    await follow(id, (experiment) => experiment.state === 'SUCCEEDED' || isUnreachable(experiment));
  await printLeaderboard(model.id);
  console.log(
    `\nFrom launch to leaderboard: ${seconds((performance.now() - started) / 1000)}. MINI is a demonstration suite; no paper reports it.`,
  );
  console.log(`The leaderboard: ${WEB_URL}`);
}

let services;
try {
  await setup();
  services = await startServices({
    onUnexpectedExit: (message) => {
      console.error(message);
      process.exit(1);
    },
  });
  token = services.token;
  const interrupted = untilInterrupted();
  await Promise.race([runDemo(), interrupted]);
  if (!options.exit) {
    console.log('Press Ctrl-C to stop.');
    await interrupted;
  }
  await services.stop();
  process.exit(0);
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  await services?.stop();
  process.exit(1);
}
