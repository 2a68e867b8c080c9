// lock entries whose optionalDependencies are absent from the lock (=> `npm ci` fails / lock not portable)
import { readFileSync } from 'node:fs';

const l = JSON.parse(readFileSync(process.argv[2] ?? 'package-lock.json')).packages;
const have = new Set(Object.keys(l).map((k) => k.split('node_modules/').pop()));
for (const [k, v] of Object.entries(l)) {
  const miss = Object.keys(v.optionalDependencies ?? {}).filter((d) => !have.has(d));
  if (miss.length)
    console.log(
      `${k.replace('node_modules/', '')}@${v.version}`,
      'missing',
      `${miss.length}/${Object.keys(v.optionalDependencies).length}`,
      miss.map((m) => m.replace(/^@[^/]+\//, '')).join(' '),
    );
}
