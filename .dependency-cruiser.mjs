/**
 * The import rule: graph <- compiler -> artifact <- runtime <- runtime-*, with vorab on top of all.
 * A package may import what stands in its row and nothing else; tests may import anything.
 */

/** Packages of this repository and of npm that each package's sources may import. */
const MAY_IMPORT = {
  graph: { packages: [], npm: [] },
  artifact: { packages: [], npm: ['flatbuffers'] },
  compiler: { packages: ['graph', 'artifact'], npm: ['ts-morph', 'tsx'] },
  runtime: { packages: ['artifact'], npm: [] },
  'runtime-blas': { packages: ['runtime'], npm: [] },
  'runtime-mlx': { packages: ['runtime'], npm: [] },
  'runtime-reference': { packages: ['runtime', 'graph', 'artifact'], npm: [] },
  vorab: {
    packages: [
      'graph',
      'artifact',
      'compiler',
      'runtime',
      'runtime-blas',
      'runtime-mlx',
      'runtime-reference',
    ],
    npm: ['commander'],
  },
};

const oneOf = (names) => `(${names.join('|')})`;

/** Source files, not their tests. */
const sourcesOf = (name) => ({ path: `^packages/${name}/src/`, pathNot: '\\.test\\.ts$' });

const rows = Object.entries(MAY_IMPORT).flatMap(([name, { packages, npm }]) => [
  {
    name: `packages-of-${name}`,
    comment: `${name} imports only: ${packages.join(', ') || 'no other package'}`,
    severity: 'error',
    from: sourcesOf(name),
    to: { path: '^packages/', pathNot: `^packages/${oneOf([name, ...packages])}/` },
  },
  {
    name: `npm-of-${name}`,
    comment: `${name} uses from npm only: ${npm.join(', ') || 'nothing'}`,
    severity: 'error',
    from: sourcesOf(name),
    to: {
      path: 'node_modules/',
      ...(npm.length > 0 ? { pathNot: `node_modules/${oneOf(npm)}/` } : {}),
    },
  },
]);

export default {
  forbidden: [
    ...rows,
    {
      name: 'no-cycles',
      comment: 'modules that need each other are one module; accessors of a recursive schema do',
      severity: 'error',
      from: { path: '^packages/', pathNot: '/src/generated/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'by-name',
      comment: 'another package is imported by its name, so that its exports are all that is used',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'inside-the-repository',
      comment: 'nothing outside the checkout is read',
      severity: 'error',
      from: {},
      to: { path: '^\\.\\./' },
    },
    {
      name: 'resolvable',
      comment: 'every import leads to a module',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: '/(dist|build|fixtures)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
    enhancedResolveOptions: {
      conditionNames: ['@vorab/source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
};
