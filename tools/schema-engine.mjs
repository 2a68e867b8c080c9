#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
// Offline stand-in for Prisma's native `schema-engine`: same JSON-RPC-over-stdio protocol,
// executed by the official WASM build (@prisma/schema-engine-wasm) through @prisma/adapter-pg.
// Use: PRISMA_SCHEMA_ENGINE_BINARY=$PWD/tools/schema-engine.mjs prisma migrate ...
import { createInterface } from 'node:readline';

const require = createRequire(import.meta.url);
const wasmDir = dirname(require.resolve('@prisma/schema-engine-wasm'));
const pkg = require(join(wasmDir, 'package.json'));
const argv = process.argv.slice(2);
if (argv.includes('--version')) {
  console.log('schema-engine-cli', pkg.version.split(/[.-]/).pop(), '(wasm)');
  process.exit(0);
}
const opt = (n) => {
  const i = argv.indexOf(n);
  return i < 0 ? undefined : argv[i + 1];
};
const all = (n) => argv.flatMap((a, i) => (argv[i - 1] === n ? [a] : []));
const { url, shadowDatabaseUrl } = JSON.parse(opt('--datasource') ?? '{}');
const datamodels = all('--datamodels').map((p) => [p, readFileSync(p, 'utf8')]);
const fatal = (code, message) => {
  // what the CLI parses from stderr of `cli` commands
  process.stderr.write(
    '\n' +
      JSON.stringify({ level: 'ERROR', target: 'schema_engine::logger', fields: { error_code: code, message } }) +
      '\n',
  );
  process.exit(1);
};
const { default: pg } = await import('pg');

if (argv.includes('cli')) {
  const cmd = argv[argv.indexOf('cli') + 1];
  const u = new URL(url);
  const db = decodeURIComponent(u.pathname.slice(1));
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const map = (e) =>
    e.code === '3D000'
      ? fatal('P1003', `Database \`${db}\` does not exist`)
      : e.code === '28P01'
        ? fatal('P1000', e.message)
        : e.code === 'ECONNREFUSED'
          ? fatal('P1001', `Can't reach database server at \`${u.host}\``)
          : fatal(e.code ?? 'P1000', e.message);
  try {
    const c = new pg.Client({ connectionString: (cmd === 'can-connect-to-database' ? u : admin).toString() });
    await c.connect();
    if (cmd === 'create-database') await c.query(`CREATE DATABASE ${c.escapeIdentifier(db)}`);
    if (cmd === 'drop-database') await c.query(`DROP DATABASE IF EXISTS ${c.escapeIdentifier(db)} WITH (FORCE)`);
    await c.end();
    process.exit(0);
  } catch (e) {
    map(e);
  }
}

const { PrismaPg } = await import('@prisma/adapter-pg');
const { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } = await import('@prisma/driver-adapter-utils');
const rt = await import('@prisma/schema-engine-wasm/schema_engine_bg');
const instance = new WebAssembly.Instance(
  new WebAssembly.Module(readFileSync(join(wasmDir, 'schema_engine_bg.wasm'))),
  { './schema_engine_bg.js': rt },
);
rt.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();
let panic;
globalThis.PRISMA_WASM_PANIC_REGISTRY = {
  set_message(m) {
    panic = m;
  },
};
// --- driver adapter: @prisma/adapter-pg with the parts fixed that Migrate needs --------------------
const TEXT_OIDS = new Map([
  [18, 25],
  [1002, 1009],
  [2206, 25],
  [2205, 25],
  [24, 25],
  [194, 25],
]); // "char", "char"[], regtype, regclass, regproc, pg_node_tree
const charCols = new WeakMap(); // result rows -> indexes of "char" columns, which the engine wants typed Character
const cfg = (u, database) => ({
  host: u.hostname,
  port: +(u.port || 5432),
  user: decodeURIComponent(u.username),
  password: decodeURIComponent(u.password),
  database: database ?? decodeURIComponent(u.pathname.slice(1)),
  max: 1,
  ssl: u.searchParams.get('sslmode') && u.searchParams.get('sslmode') !== 'disable' ? true : undefined,
});
function poolOf(c) {
  const pool = new pg.Pool(c);
  const fix = (r) => {
    if (r?.rows && r.fields)
      charCols.set(
        r.rows,
        r.fields.flatMap((f, i) => (f.dataTypeID === 18 ? [i] : [])),
      );
    for (const f of r?.fields ?? []) if (TEXT_OIDS.has(f.dataTypeID)) f.dataTypeID = TEXT_OIDS.get(f.dataTypeID);
    return r;
  };
  const q = pool.query.bind(pool);
  pool.query = async (...a) => fix(await q(...a));
  return pool;
}
async function connectTo(c, schemaName, drop) {
  const pool = poolOf(c);
  const ad = await new PrismaPg(pool, { schema: schemaName }).connect();
  const onErr = (e) => ad.onError(e);
  const raw = ad.queryRaw.bind(ad);
  ad.queryRaw = async (q) => {
    const r = await raw(q);
    for (const i of charCols.get(r.rows) ?? []) r.columnTypes[i] = ColumnTypeEnum.Character;
    return r;
  };
  ad.executeScript = async (script) => {
    try {
      await pool.query(script);
    } catch (e) {
      onErr(e);
    }
  }; // whole script, simple protocol: no split at ';'
  ad.dispose = async () => {
    await pool.end();
    await drop?.();
  };
  return ad;
}
const target = new URL(url ?? 'postgresql://nobody@127.0.0.1:1/none');
const schema = target.searchParams.get('schema') ?? 'public';
const factory = {
  provider: 'postgres',
  adapterName: '@prisma/adapter-pg',
  connect: () => connectTo(cfg(target), schema),
  async connectToShadowDb() {
    if (shadowDatabaseUrl) {
      const u = new URL(shadowDatabaseUrl);
      return connectTo(cfg(u), u.searchParams.get('schema') ?? schema);
    }
    const name = `prisma_migrate_shadow_db_${globalThis.crypto.randomUUID()}`;
    const admin = async (sql) => {
      const c = new pg.Client(cfg(target));
      await c.connect();
      await c.query(sql);
      await c.end();
    };
    await admin(`CREATE DATABASE "${name}"`);
    return connectTo(cfg(target, name), schema, () => admin(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`));
  },
};
const adapter = bindMigrationAwareSqlAdapterFactory(factory);
process.on('uncaughtException', (e) => {
  process.stderr.write(`${JSON.stringify({ level: 'ERROR', fields: { message: panic ?? e.stack } })}\n`);
  process.exit(101);
});
let engine;
const getEngine = () =>
  (engine ??= rt.SchemaEngine.new(
    { datamodels: datamodels.length ? datamodels : undefined },
    (l) => process.env.DEBUG && process.stderr.write(`${String(l)}\n`),
    adapter,
  ));
const send = (o) => process.stdout.write(`${JSON.stringify(o)}\n`);

let queue = Promise.resolve();
createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (!line.trim()) return;
    const { id, method, params } = JSON.parse(line);
    if (!method) return; // a reply to our own `print`
    queue = queue.then(async () => {
      try {
        let result;
        const e = await getEngine();
        // the WASM engine builds its shadow-database factory only in devDiagnostic; evaluateDataLoss/createMigration fail without it
        if (method === 'evaluateDataLoss' || method === 'createMigration')
          await e.devDiagnostic({ migrationsList: params.migrationsList, filters: params.filters });
        if (method === 'getDatabaseVersion') result = await e.version(params ?? null);
        else if (method === 'createDatabase') result = { databaseName: new URL(url).pathname.slice(1) };
        else if (typeof e[method] === 'function') result = await e[method](params);
        else throw new Error(`method ${method} is not in the WASM schema engine`);
        if (method === 'diff' && result.stdout != null)
          send({
            jsonrpc: '2.0',
            id: 1e6 + id,
            method: 'print',
            params: { content: result.stdout.replace(/\n$/, '') },
          });
        send({ jsonrpc: '2.0', id, result: result ?? {} });
      } catch (err) {
        if (process.env.DEBUG) console.error('shim error', err);
        const message = err?.message ?? String(err);
        send({
          jsonrpc: '2.0',
          id,
          error: {
            code: 4466,
            message: 'An error happened. Check the data field for details.',
            data: {
              is_panic: !!panic,
              message: panic ?? message,
              meta: err?.meta ?? null,
              error_code: err?.code ?? err?.error_code ?? null,
            },
          },
        });
      }
    });
  })
  .on('close', () => queue.then(() => process.exit(0)));
