import { type Declaration, formatDeclaration, formatSizes } from '../../onnx/declarations.ts';
import { formatBytes, formatCount, formatTable } from '../format.ts';
import type { FileReport } from './inspect-model-file.ts';
import { configurationLine } from './inspected-program.ts';
import { printable } from './printable.ts';
import type { TensorRow } from './tensor-rows.ts';

/** Of more state pairs than `mostPairs`, the first `shownPairs` are shown. */
const mostPairs = 16;
const shownPairs = 4;
/** Longer texts (a description, an entry of the metadata) are cut. */
const longestText = 90;

/** The report of a file as text. @param parameters whether each tensor gets a row */
export function formatFile(report: FileReport, parameters: boolean): string {
  const { inputs, optionalInputs, outputs, program, problems, graph } = report;
  const carried = new Set(program.state.flatMap(({ input, output }) => [input, output]));
  const others = (values: readonly Declaration[]): readonly Declaration[] =>
    values.filter(({ name }) => !carried.has(name));
  const sections = [
    [titleOf(report), ...factsOf(report)].join('\n'),
    declarationTable('input', others(inputs)),
    declarationTable('optional input', optionalInputs),
    declarationTable('output', others(outputs)),
    stateTable(report),
    storedTable(report.tensors),
    operatorTable(report),
    externalTable(report),
    parameters ? tensorTable(report.tensors) : '',
    graph === undefined ? '' : graph.join('\n'),
    problems.length === 0 ? '' : ['Problems:', ...problems.map((problem) => `  ${printable(problem)}`)].join('\n'),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

/** A table of texts from a file; empty if there are no rows. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0
    ? ''
    : formatTable(
        header,
        rows.map((row) => row.map(printable)),
      );
}

/** Names and values, one pair per line; empty values are left out. */
export function factLines(facts: readonly (readonly [name: string, value: string])[]): readonly string[] {
  const known = facts.filter(([, value]) => value !== '');
  const width = Math.max(...known.map(([name]) => name.length), 0);
  return known.map(([name, value]) => `${printable(name).padEnd(width)}  ${printable(shortened(value))}`);
}

/** The stored tensors, summed up by role and type. */
export function storedTable(tensors: readonly TensorRow[]): string {
  const groups = new Map<string, { role: string; type: string; tensors: number; elements: number; bytes: number }>();
  for (const { role, type, elements, bytes } of tensors) {
    const key = `${role} ${type}`;
    const group = groups.get(key) ?? { role: `${role}s`, type, tensors: 0, elements: 0, bytes: 0 };
    groups.set(key, group);
    group.tensors += 1;
    group.elements += elements;
    group.bytes += bytes;
  }
  const rows = [...groups.values()].sort((one, other) => other.role.localeCompare(one.role) || other.bytes - one.bytes);
  return table(
    ['stored', 'type', 'tensors', 'elements', 'size'],
    rows.map((row) => [row.role, row.type, `${row.tensors}`, formatCount(row.elements), formatBytes(row.bytes)]),
  );
}

/** A row for each tensor, with statistics of its numbers. */
export function tensorTable(tensors: readonly TensorRow[]): string {
  const hasOthers = tensors.some(({ statistics }) => (statistics?.notFinite ?? 0) > 0);
  const header = ['tensor', 'type', 'shape', 'size', 'mean', 'deviation', 'smallest', 'largest'];
  const rows = tensors.map(({ name, scope, type, shape, bytes, statistics }) => [
    scope === '' ? name : `${scope}/${name}`,
    type,
    formatSizes(shape),
    formatBytes(bytes),
    ...[statistics?.mean, statistics?.deviation, statistics?.smallest, statistics?.largest].map(formatNumber),
    ...(hasOthers ? [statistics === undefined ? '–' : formatCount(statistics.notFinite)] : []),
  ]);
  return table(hasOthers ? [...header, 'not finite'] : header, rows);
}

/** Four digits, with a blank where a minus would stand. */
function formatNumber(value: number | null | undefined): string {
  if (value === undefined || value === null) return ' –';
  const digits = Number.isInteger(value) && Math.abs(value) < 1e6 ? `${value}` : `${Number(value.toPrecision(4))}`;
  return digits.startsWith('-') ? digits : ` ${digits}`;
}

function shortened(text: string): string {
  const characters = Array.from(text);
  return characters.length <= longestText ? text : `${characters.slice(0, longestText).join('')} …`;
}

function titleOf({ file, bytes, program, graphName }: FileReport): string {
  const { name, config } = program;
  const model = config === undefined ? '' : ` of ${configurationLine(config).split(':')[0]}`;
  const graph = graphName === '' ? 'an ONNX graph without a name' : `the ONNX graph ${graphName}`;
  return printable(`${file}: ${name === undefined ? graph : `the ${name} program${model}`}, ${formatBytes(bytes)}`);
}

function factsOf(report: FileReport): readonly string[] {
  const { program, description, irVersion, opsets, producerName, producerVersion, modelVersion, metadata } = report;
  const { config, vocabulary, tokenizer } = program;
  const sets = Object.entries(opsets).map(([domain, version]) => `${domain === '' ? 'opset' : domain} ${version}`);
  const version = modelVersion === 0 ? '' : `, version ${modelVersion} of the model`;
  const functions = report.functions.map(({ name, nodes }) => `${name} (${formatCount(nodes)} nodes)`);
  return factLines([
    ['description', description],
    ['configuration', config === undefined ? '' : configurationLine(config)],
    ['characters', vocabulary === undefined ? '' : `${formatCount(vocabulary.length)}: ${vocabulary.join('')}`],
    ['tokenizer', tokenizer === undefined ? '' : JSON.stringify(tokenizer)],
    ['trained', trainedLine(report)],
    ['format', [`IR version ${irVersion}`, ...sets].join(', ')],
    ['written by', producerName === '' ? '' : `${producerName} ${producerVersion}`.trim() + version],
    ['functions', functions.join(', ')],
    ['besides', report.hasTrainingInfo ? 'training information, which runtimes for inference pass over' : ''],
    ...Object.entries(metadata).filter(([key]) => !key.startsWith('trilu.')),
  ]);
}

/** What a training program has as inputs instead of stored parameters, and what its optimizer keeps of each: `<parameter>.<slot>`. */
function trainedLine({ inputs, program }: FileReport): string {
  if (program.name !== 'train') return '';
  const names = new Set(program.state.map(({ input }) => input));
  const slots = new Set<string>();
  const trained = inputs.filter(({ name }) => {
    const dot = name.lastIndexOf('.');
    const isSlot = names.has(name.slice(0, dot));
    if (isSlot) slots.add(name.slice(dot + 1));
    return names.has(name) && name !== 'step' && !isSlot;
  });
  const elements = trained.reduce(
    (sum, { shape = [] }) => sum + shape.reduce<number>((product, size) => product * Number(size), 1),
    0,
  );
  const kept = slots.size === 0 ? '' : `, each with ${[...slots].join(', ')}`;
  return `${formatCount(elements)} parameters in ${trained.length} inputs${kept}`;
}

function declarationTable(header: string, declarations: readonly Declaration[]): string {
  return table(
    [header, 'type'],
    declarations.map((declaration) => [declaration.name, formatDeclaration(declaration)]),
  );
}

function stateTable({ inputs, program: { state } }: FileReport): string {
  const types = new Map(inputs.map((declaration) => [declaration.name, formatDeclaration(declaration)]));
  const shown = state.length > mostPairs ? state.slice(0, shownPairs) : state;
  const rows = shown.map(({ input, output }) => [input, output, types.get(input) ?? '']);
  const rest = state.length - shown.length;
  return [
    table(['state: input', 'output, fed to it next', 'type'], rows),
    ...(rest === 0 ? [] : [`… and ${formatCount(rest)} more (--json lists all)`]),
  ].join('\n');
}

function operatorTable({ operators, nodes }: FileReport): string {
  const hasBodies = operators.some(({ inBodies }) => inBodies > 0);
  const inside = operators.reduce((sum, { inBodies }) => sum + inBodies, 0);
  const row = (name: string, all: number, inBodies: number): string[] => [
    name,
    formatCount(all),
    ...(hasBodies ? [formatCount(inBodies)] : []),
  ];
  return table(
    ['operator', 'nodes', ...(hasBodies ? ['in bodies'] : [])],
    [
      ...operators.map(({ operator, nodes: count, inBodies }) => row(operator, count, inBodies)),
      ...(operators.length > 1 ? [row('all', nodes, inside)] : []),
    ],
  );
}

function externalTable({ externalFiles }: FileReport): string {
  return table(
    ['weights in', 'tensors', 'needs', 'has', 'it is'],
    externalFiles.map(({ location, tensors, needed, bytes, state }) => [
      location,
      `${tensors}`,
      formatBytes(needed),
      bytes === undefined ? '–' : formatBytes(bytes),
      state,
    ]),
  );
}
