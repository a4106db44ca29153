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
  'src/model': ['src/errors.ts', 'src/settings', 'src/graph'],
  models: ['src/errors.ts', 'src/settings', 'src/graph', 'src/model'],
  'src/train': ['src/errors.ts', 'src/random', 'src/settings', 'src/graph', 'src/model'],
  'src/programs': ['src/errors.ts', 'src/random', 'src/graph', 'src/model', 'src/train'],
  'src/safetensors': ['src/errors.ts', 'src/onnx', 'src/text'],
  // What a model directory holds, and how it is written down: whoever reads one and whoever writes one must agree on it.
  'src/model-directory': [
    'src/errors.ts',
    'src/settings',
    'src/text',
    'src/model',
    'models',
    'src/programs',
    'src/safetensors',
  ],
  'src/import': [
    'src/errors.ts',
    'src/onnx',
    'src/text',
    'src/model',
    'models',
    'src/programs',
    'src/safetensors',
    'src/model-directory',
  ],
  'src/export': [
    'src/errors.ts',
    'src/onnx',
    'src/text',
    'src/graph',
    'src/model',
    'src/programs',
    'src/model-directory',
  ],
  'src/runtime': ['src/errors.ts', 'src/random', 'src/onnx', 'src/text'],
  // What runs a train program stands above the programs; the rest of src/train, which they are made from, below them.
  'src/train/trainer': [
    'src/errors.ts',
    'src/random',
    'src/settings',
    'src/text',
    'src/graph',
    'src/model',
    'models',
    'src/train',
    'src/programs',
    'src/safetensors',
    'src/model-directory',
    'src/export',
    'src/runtime',
  ],
  'src/runs': [
    'src/errors.ts',
    'src/storage',
    'src/model',
    'src/programs',
    'src/model-directory',
    'src/import',
    'src/train/trainer',
  ],
  'src/cli': ['src', 'models', 'bench'],
  'src/index.ts': ['src', 'models'],
  'src/graph.ts': ['src'],
  'src/onnx.ts': ['src'],
  'src/parts.ts': ['src', 'models'],
  'src/node.ts': ['src', 'models'],
  'src/web.ts': ['src', 'models'],
  // The app is an application like any other: it has what the package gives everybody.
  'web/src': ['src/index.ts', 'src/graph.ts', 'src/onnx.ts', 'src/parts.ts', 'src/web.ts', 'models/index.ts'],
  'web/plugins': ['src/corpus/corpus.ts'],
};

/** Rooms that must run unchanged in a browser: no `node:` import (Node's half of src/runtime is the exception). */
const browserSafe = [
  'src/errors.ts',
  'src/random',
  'src/settings',
  'src/onnx',
  'src/text',
  'src/graph',
  'src/model',
  'models',
  'src/safetensors',
  'src/model-directory',
  'src/import',
  'src/export',
  'src/runtime(?!/node/|/devices/node/)',
  'src/train',
  'src/programs',
  'src/train/trainer',
  'src/runs(?!/(disk-files|run-directory)\\.ts)',
  'src/index.ts',
  'src/graph.ts',
  'src/onnx.ts',
  'src/parts.ts',
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
  commander: [
    'src/cli/commands',
    'src/cli/command.ts',
    'src/cli/command-line.ts',
    'src/cli/options.ts',
    'src/cli/training-options.ts',
    'src/cli/failure.ts',
  ],
  'cli-progress': ['src/cli'],
  asciichart: ['src/cli'],
};

/** A pattern for what lies in a folder, but not in a room of its own inside of a room. */
const inside = (folder) => {
  const inner = folder in rooms ? Object.keys(rooms).filter((room) => room.startsWith(`${folder}/`)) : [];
  return `${folder}/${inner.map((room) => `(?!${room.slice(folder.length + 1)}/)`).join('')}`;
};

/** A pattern that matches each of the given files and folders, and nothing that merely begins with their names. */
const anyOf = (paths) =>
  `^(${paths.map((path) => (path.endsWith('.ts') ? path.replace('.', '\\.') : inside(path))).join('|')})`;

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
      from: { path: anyOf(['src/index.ts', 'src/graph.ts', 'src/onnx.ts', 'src/parts.ts', 'src/web.ts', 'models']) },
      to: { path: anyOf(['src/runtime/node', 'src/runtime/devices/node', 'src/storage', 'src/cli']), reachable: true },
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
      comment: 'types and lazy imports count too',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'a command is known to the command line alone',
      comment: 'what two commands need stands below both; bench and its tests may know the options of theirs',
      severity: 'error',
      from: { path: '^src/', pathNot: anyOf(['src/cli/command-line.ts']) },
      to: { path: anyOf(['src/cli/commands']) },
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
