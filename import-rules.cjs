/**
 * Who may import whom (ARCHITECTURE.md). Every rule is an error. Paths are matched after resolution,
 * so `@swm/core/plan` is packages/swm-core/src/plan or its dist.
 */
const TESTS = '\\.test\\.tsx?$';
const never = (name, from, to, comment, fromNot) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: [TESTS, ...(fromNot ? [fromNot] : [])] },
  to: { path: to },
});
const THIRD_PARTY = 'node_modules/';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'No cycles, types included.',
      severity: 'error',
      from: { pathNot: 'generated' },
      to: { circular: true, viaOnly: { pathNot: 'src/graphql/' } },
    },
    never(
      'plan-is-pure',
      '^packages/swm-core/src/plan/',
      `${THIRD_PARTY}|^packages/swm-core/src/(?!plan/|errors)`,
      'The plan has zero dependencies.',
    ),
    never(
      'scoreboard-is-pure',
      '^packages/eval/src/scoreboard/',
      `${THIRD_PARTY}|^packages/eval/src/(?!scoreboard/|protocol/)`,
      'The scoreboard knows no framework.',
    ),
    never(
      'core-is-pure',
      '^packages/swm-core/src/',
      '^(apps/|packages/eval|packages/client)|node_modules/(@prisma|graphql|react|next|execa|pg)/',
      'Core knows tensors, not databases or networks.',
    ),
    never(
      'backends-in-one-place',
      '^packages/swm-core/src/',
      'node_modules/@tensorflow/tfjs-(backend|node)',
      'Tensor backends are imported by engine/tfjs alone.',
      '^packages/swm-core/src/engine/tfjs/',
    ),
    never(
      'eval-boundaries',
      '^packages/eval/src/',
      '^apps/|^packages/client|node_modules/(@prisma|graphql|react|next)/',
      'eval knows no database, API or page.',
    ),
    never(
      'one-door-to-processes',
      '^packages/eval/src/',
      'node_modules/execa/',
      'process/run.ts alone spawns.',
      '^packages/eval/src/process/run\\.ts$',
    ),
    never(
      'server-never-spawns',
      '^apps/server/src/',
      'node_modules/execa/|^(node:)?child_process$',
      'Processes are started by @swm/eval. The embedded PostgreSQL alone is not: it may outlive us.',
      '^apps/server/src/db/embedded-postgres\\.ts$',
    ),
    never(
      'graphql-is-thin',
      '^apps/server/src/graphql/',
      '^apps/server/src/(db|queue|worker)/',
      'Resolvers call services.',
    ),
    never(
      'services',
      '^apps/server/src/services/',
      '^apps/server/src/(graphql|worker)/|tfjs',
      'Services know no GraphQL, stages or tensors.',
    ),
    never(
      'stages',
      '^apps/server/src/worker/stages/',
      '^apps/server/src/(queue|graphql|services)/|^apps/server/src/db/(?!launch-request|stage-outputs)',
      'Stages see no database and no queue.',
    ),
    never(
      'stages-apart',
      '^apps/server/src/worker/stages/([^/]+)\\.ts$',
      '^apps/server/src/worker/stages/(?!\\1|index)',
      'Stages never import each other.',
      '^apps/server/src/worker/stages/index\\.ts$',
    ),
    never(
      'pipeline',
      '^apps/server/src/worker/pipeline',
      '^apps/server/src/(graphql|services|queue)/',
      'The pipeline knows stages and database.',
    ),
    never(
      'one-queue',
      '^apps/server/src/',
      'node_modules/pg-boss/',
      'queue/ is the only importer of pg-boss.',
      '^apps/server/src/queue/',
    ),
    never(
      'web-boundaries',
      '^apps/web/',
      '^apps/server|^packages/swm-core/(src|dist)/(?!plan/|errors)|^packages/eval/(src|dist)/(?!scoreboard/)|node_modules/(@prisma|@tensorflow|pg)/',
      'The web speaks GraphQL and LayerPlan.',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.next|generated)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['swm-source', 'import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json'],
    },
    tsConfig: { fileName: 'tsconfig.base.json' },
  },
};
