/**
 * The house's import rules. A row of `rooms` says which other rooms a room may import from (besides its own files);
 * everything that is not named there is forbidden. The order is bottom to top.
 */
const rooms = {
  'src/errors.ts': [],
  'src/random': ['src/errors.ts'],
  'src/settings': ['src/errors.ts'],
  'src/onnx': ['src/errors.ts'],
  'src/text': ['src/errors.ts', 'src/random'],
  'src/storage': ['src/errors.ts'],
  'src/tensorboard': ['src/errors.ts', 'src/storage'],
  'src/report': ['src/errors.ts', 'src/storage'],
  'src/corpus': ['src/errors.ts', 'src/text', 'src/storage'],
  'src/graph': ['src/errors.ts', 'src/random'],
  models: ['src/errors.ts', 'src/graph'],
  'src/train': ['src/errors.ts', 'src/random', 'src/graph'],
  'src/programs': ['src/errors.ts', 'src/random', 'src/graph', 'models', 'src/train'],
  'src/export': ['src/errors.ts', 'src/onnx', 'src/text', 'src/graph', 'models', 'src/programs'],
  'src/runtime': ['src/errors.ts', 'src/random', 'src/onnx'],
  'src/trainer': [
    'src/errors.ts',
    'src/random',
    'src/text',
    'src/graph',
    'models',
    'src/train',
    'src/programs',
    'src/export',
    'src/runtime',
  ],
  'src/runs': ['src/errors.ts', 'src/text', 'src/storage', 'models', 'src/export', 'src/trainer'],
  'src/cli': ['src', 'models', 'bench'],
  'src/index.ts': ['src', 'models'],
  'src/node.ts': ['src', 'models'],
  'src/web.ts': ['src', 'models'],
  // The app is an application like any other: it has what the package gives everybody.
  'web/src': ['src/index.ts', 'src/web.ts', 'models/index.ts'],
  'web/plugins': ['src/corpus/corpus.ts'],
};

/** Rooms that must run unchanged in a browser: no `node:` import (src/runtime/node is the exception). */
const browserSafe = [
  'src/errors.ts',
  'src/random',
  'src/settings',
  'src/onnx',
  'src/text',
  'src/graph',
  'models',
  'src/export',
  'src/runtime(?!/node/)',
  'src/train',
  'src/programs',
  'src/trainer',
  'src/index.ts',
  'src/web.ts',
];

/** Packages that only one room may know. */
const packages = {
  'onnxruntime-node': ['src/runtime/node'],
  'onnxruntime-web': ['src/runtime/web', 'src/runtime/onnxruntime.ts'],
  protobufjs: ['src/onnx', 'src/tensorboard'],
  'crc-32': ['src/tensorboard'],
  uplot: ['src/report'],
  'log-update': ['src/cli'],
  commander: ['src/cli'],
  'cli-progress': ['src/cli'],
  asciichart: ['src/cli'],
};

/** A pattern that matches each of the given files and folders, and nothing that merely begins with their names. */
const anyOf = (paths) =>
  `^(${paths.map((path) => (path.endsWith('.ts') ? path.replace('.', '\\.') : `${path}/`)).join('|')})`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `layers: ${room}`,
      comment: `${room} may import only from ${allowed.join(', ') || 'nothing'}`,
      severity: 'error',
      from: { path: anyOf([room]) },
      to: { path: '^(src|models|bench|test|web|scripts)/', pathNot: anyOf([room, ...allowed]) },
    })),
    {
      name: 'layers: every file has a room',
      comment: 'a new room under src gets a row in the table of .dependency-cruiser.cjs',
      severity: 'error',
      from: { path: '^src/', pathNot: anyOf(Object.keys(rooms)) },
      to: {},
    },
    {
      name: 'browser-safe rooms import nothing of Node',
      severity: 'error',
      from: { path: anyOf(browserSafe) },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'the browser entries reach nothing of Node',
      severity: 'error',
      from: { path: anyOf(['src/index.ts', 'src/web.ts', 'models']) },
      to: { path: anyOf(['src/runtime/node', 'src/storage', 'src/cli']), reachable: true },
    },
    ...Object.entries(packages).map(([name, owners]) => ({
      name: `only ${owners.join(', ')} knows ${name}`,
      severity: 'error',
      from: { path: '^(src|models)/', pathNot: anyOf(owners) },
      to: { path: `(^|/)node_modules/${name}/` },
    })),
    {
      name: 'the library needs no development package',
      severity: 'error',
      from: { path: '^(src|models)/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm-peer', 'npm-optional'],
      },
    },
    {
      name: 'the page of the app computes nothing: its engine does',
      comment: 'types come by way of a protocol.ts',
      severity: 'error',
      from: { path: '^web/src/.*\\.tsx$' },
      to: { path: '^(src|models)/' },
    },
    {
      name: 'no cycles',
      comment: 'a cycle that only closes when something runs (a lazy import) is none',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['dynamic-import'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|out|runs|coverage)/' },
    moduleSystems: ['es6', 'cjs'],
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
