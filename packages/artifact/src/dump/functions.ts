import { fb } from '../schema.ts';
import type { Names } from './text.ts';

/** Parameters and nodes of a function, a line each: `v2: f32[N, 10] = matmul v0 v1`. */
export const functionLines = (names: Names, index: number, of: fb.FunctionT): string[] => {
  const value = (index: number): string => `v${index}`;
  const parameters = of.parameters.map((type, i) => `${value(i)}: ${names.type(type)}`);
  const lines = [`function ${index} ${of.name}(${parameters.join(', ')})`];
  let next = of.parameters.length;
  for (const node of of.nodes) {
    const outputs = node.outputs.map((type) => `${value(next++)}: ${names.type(type)}`);
    const inputs = node.inputs.map((input) => ` ${value(input)}`).join('');
    const attributes = names.attributes(node.attributes);
    const where = node.locations.map((location) => names.location(location)).join(', ');
    const text = `  ${outputs.join(', ')} = ${names.op(node.op)}${inputs}${attributes}`;
    lines.push(where === '' ? text : `${text}  // ${where}`);
  }
  lines.push(`  return ${of.results.map(value).join(', ')}`);
  return lines;
};

/** One line an entry: what it takes, reads, gives and writes. */
export const entryLine = (names: Names, entry: fb.EntryT): string => {
  const { program } = names;
  const ports = (of: readonly fb.PortT[]): string =>
    of.map(({ name, type }) => `${name}: ${names.type(type)}`).join(', ');
  const states = (word: string, of: readonly number[]): string =>
    of.length === 0 ? '' : ` ${word} ${of.map((i) => program.states[i]?.name ?? '?').join(', ')}`;
  const kind = entry.kind === fb.EntryKind.Init ? 'init' : 'program';
  const signature = `${entry.name}(${ports(entry.inputs)}) -> (${ports(entry.outputs)})`;
  const state = `${states('reads', entry.reads)}${states('writes', entry.writes)}`;
  return `${kind} ${signature}${state}: function ${entry.function_}`;
};
