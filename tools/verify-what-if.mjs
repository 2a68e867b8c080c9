// Twenty plans of SmolLM2-135M, a window slid over all its layers, each measured by one GraphQL call; then the same twenty again.
// Usage: npm run verify -- what-if      (needs npm run build and npm run setup; the model is converted when it is missing)
// Passes when the median of the twenty is below a second, none of them was known, and the same number comes again for nothing.
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { convertBuiltin } from '../packages/eval/dist/index.js';
import { PYTHON, SWM_HOME } from './paths.mjs';
import { API_URL, startServices } from './services.mjs';

const DEPTH = 30;
const SPAN = 4;
const COUNT = 20;
/** Another calibration each time, so that nothing is known from before. */
const calibration = { seed: Math.floor(Date.now() / 1000) };

let token;

async function graphql(query, variables) {
  const reply = await fetch(`${API_URL}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await reply.json();
  if (errors) throw new Error(`GraphQL: ${errors.map(({ message }) => message).join('; ')}`);
  return data;
}

const FIELDS = 'id state value layerForwards cached engine { package backend device dtype } error { code message }';

/** One plan: its measurement, and the milliseconds until it was there. */
async function measure(modelId, plan) {
  const started = performance.now();
  const { measurePlan } = await graphql(
    `mutation ($input: MeasurePlanInput!) { measurePlan(input: $input) { measurement { ${FIELDS} } userErrors { code message } } }`,
    { input: { modelId, plan, calibration } },
  );
  if (measurePlan.userErrors.length > 0) throw new Error(JSON.stringify(measurePlan.userErrors));
  let { measurement } = measurePlan;
  while (measurement.state === 'QUEUED') {
    await sleep(100);
    const { id } = measurement;
    measurement = (await graphql(`query ($id: ID!) { planMeasurement(id: $id) { ${FIELDS} } }`, { id }))
      .planMeasurement;
  }
  if (measurement.error) throw new Error(JSON.stringify(measurement.error));
  return { ...measurement, ms: performance.now() - started };
}

/** The plan that merges `SPAN` layers from `first` on. */
function windowPlan(first) {
  const [last, top] = [first + SPAN - 1, DEPTH - 1];
  return [
    ...(first > 0 ? [first === 1 ? '0' : `0-${first - 1}`] : []),
    `[${first}-${last}]`,
    ...(last < top ? [last + 1 === top ? `${top}` : `${last + 1}-${top}`] : []),
  ].join(' ');
}

const quantile = (values, share) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(share * values.length) - 1)];
const tell = (values) =>
  `median ${quantile(values, 0.5).toFixed(0)} ms, p95 ${quantile(values, 0.95).toFixed(0)} ms, from ${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)} ms`;

await convertBuiltin({ python: PYTHON, folder: join(SWM_HOME, 'models', 'smollm2-135m'), runId: 'verify-what-if' });
console.log(
  `load of the machine before: ${loadavg()
    .map((load) => load.toFixed(1))
    .join(', ')}`,
);
const services = await startServices({ web: false, log: () => {} });
token = services.token;
let passed = false;
try {
  const { registerModel } = await graphql(
    'mutation { registerModel(input: { source: "builtin:smollm2-135m" }) { model { id } userErrors { code message } } }',
  );
  const modelId = registerModel.model.id;
  const cold = await measure(modelId, `0-${DEPTH - 1}`);
  const { engine } = cold;
  console.log(
    `${engine.package}, backend ${engine.backend} on ${engine.device}, ${engine.dtype}; 10 samples of 128 tokens`,
  );
  console.log(`the first question (weights checked and loaded, one dense pass): ${cold.ms.toFixed(0)} ms`);
  const plans = Array.from({ length: COUNT }, (_, at) => windowPlan(Math.round((at * (DEPTH - SPAN)) / (COUNT - 1))));
  const answers = [];
  for (const plan of plans) {
    const answer = await measure(modelId, plan);
    answers.push(answer);
    console.log(
      `  ${plan.padEnd(20)} similarity ${answer.value.toFixed(6)}  ${String(answer.layerForwards).padStart(2)} layer-forwards  ${answer.ms.toFixed(0).padStart(5)} ms`,
    );
  }
  console.log(`${COUNT} different plans, none known before: ${tell(answers.map(({ ms }) => ms))}`);
  const again = [];
  for (const plan of plans) again.push(await measure(modelId, plan));
  console.log(`the same ${COUNT} again: ${tell(again.map(({ ms }) => ms))}`);
  const isFresh = answers.every(({ cached }) => !cached);
  const isKept = again.every(
    ({ cached, value, layerForwards }, at) => cached && layerForwards === 0 && value === answers[at].value,
  );
  passed =
    isFresh &&
    isKept &&
    quantile(
      answers.map(({ ms }) => ms),
      0.5,
    ) < 1000;
  console.log(
    `load of the machine after: ${loadavg()
      .map((load) => load.toFixed(1))
      .join(', ')}`,
  );
  console.log(
    passed ? 'the median is below a second' : 'failed: not fresh, not kept, or a median of a second and more',
  );
} finally {
  await services.stop();
}
process.exit(passed ? 0 : 1);
