// Runs a benchmark by its name. Usage: npm run bench -- NAME [its arguments]      (without a name: the list)
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.mjs';
import { ROOT } from './paths.mjs';

const FOLDERS = ['packages/swm-core/bench'];
const SUFFIX = '.bench.mjs';
const benches = new Map(
  FOLDERS.flatMap((folder) => readdirSync(join(ROOT, folder)).map((file) => [file, join(ROOT, folder, file)]))
    .filter(([file]) => file.endsWith(SUFFIX))
    .map(([file, path]) => [file.slice(0, -SUFFIX.length), path]),
);
const [name, ...args] = process.argv.slice(2);
const file = benches.get(name);
if (!file) {
  console.log([...benches.keys()].join('\n'));
  process.exit(name ? 1 : 0);
}
const { code } = await run(process.execPath, [file, ...args], { cwd: ROOT });
process.exit(code);
