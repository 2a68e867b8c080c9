// The paper's perplexity of the built-in model on all of WikiText-2, beside a Llama written out in PyTorch.
// Usage: SWM_TASK_DATA=FOLDER npm run verify -- perplexity [SEGMENTS]      (FOLDER/wikitext2.txt: the raw test split; all segments by default)
// Passes when both agree to 1e-4.
import { join } from 'node:path';
import { convertBuiltin, locateTexts, measurePerplexity, perplexityProtocol } from '../packages/eval/dist/index.js';
import { run } from './command.mjs';
import { PYTHON, ROOT, SWM_HOME } from './paths.mjs';

const limit = process.argv[2] === undefined ? null : Number(process.argv[2]);
const modelFolder = join(SWM_HOME, 'models', 'smollm2-135m');
const common = { python: PYTHON, runId: 'verify-perplexity', threads: 2 };
await convertBuiltin({ ...common, folder: modelFolder });
const { files, sha256 } = await locateTexts(process.env.SWM_TASK_DATA, ['wikitext2']);
const protocol = perplexityProtocol('wikitext2', sha256.wikitext2, limit);
const ours = await measurePerplexity({ ...common, modelFolder, protocol, textFile: files.wikitext2 });
const args = [join(ROOT, 'test/golden/perplexity_reference.py'), modelFolder, files.wikitext2, String(limit ?? 0)];
const { code, output } = await run(PYTHON, args, { quiet: true });
if (code !== 0) throw new Error(output);
const reference = JSON.parse(output.trim().split('\n').at(-1));
const difference = Math.abs(ours.value / reference.perplexity - 1);
console.log(`text ${sha256.wikitext2}`);
console.log(`segments of 128: ${ours.losses.length} and ${reference.segments}`);
console.log(`${protocol.metric}: ${ours.value} and ${reference.perplexity}, ratio - 1: ${difference.toExponential(2)}`);
const agrees = ours.losses.length === reference.segments && difference < 1e-4;
console.log(agrees ? 'both agree' : 'they differ');
process.exitCode = agrees ? 0 : 1;
