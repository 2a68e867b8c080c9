// Reads model folders named on its standard input, one a line, as registering a model does, and answers with one line of JSON each.
// Usage: started by reading-process.ts
import { createInterface } from 'node:readline';
import { inspectModel } from '../../../apps/server/dist/models/inspect-model.js';

for await (const folder of createInterface({ input: process.stdin })) {
  const started = performance.now();
  const before = process.cpuUsage();
  let outcome;
  try {
    await inspectModel(folder);
    outcome = { code: null, text: '' };
  } catch (error) {
    // Everything a log or a reply could show.
    const text = `${error.message} ${error.fix} ${JSON.stringify(error.details)} ${error.cause?.message ?? ''}`;
    outcome = { code: error.code ?? error.name, text };
  }
  const { user, system } = process.cpuUsage(before);
  const wallMs = performance.now() - started;
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ ...outcome, wallMs, cpuMs: (user + system) / 1000, peakBytes }));
}
