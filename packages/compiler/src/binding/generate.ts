import { fb } from '@vorab/artifact';
import { formatBounds, formatType, readType, text } from './types.ts';

export interface BindingOptions {
  /** From the binding to the artifact, such as `./model.vorab`. */
  readonly artifact: string;
  /** What was compiled, for the first line: the model's file name. */
  readonly source: string;
  /** The module with `open`; default `vorab/runtime`. */
  readonly runtime?: string;
}

/** The TypeScript module that opens an artifact with the types of its entries. Equal programs give equal text. */
export function generateBinding(program: fb.ProgramT, options: BindingOptions): string {
  const { artifact, source, runtime = 'vorab/runtime' } = options;
  const entries = program.entries.filter(
    (e) => e.kind === fb.EntryKind.Program && !text(e.name).includes(':'),
  );
  return [
    `// Written by ${text(program.producer)} from ${source}. Do not edit: compile the model again.`,
    '',
    `import type { ${importedTypes(entries).join(', ')} } from ${quote(runtime)};`,
    `import { open as openArtifact } from ${quote(runtime)};`,
    '',
    '/** The entries: their docs, inputs and outputs. */',
    'export interface Entries {',
    ...entries.flatMap((entry) => indent(entryLines(program, entry))),
    '}',
    '',
    '/** An open artifact: its entries are methods. */',
    'export type Model = Session<Entries>;',
    '',
    '/** Opens the artifact that lies beside this file. */',
    'export function open(options: OpenOptions = {}): Promise<Model> {',
    `  return openArtifact<Entries>(new URL(${quote(artifact)}, import.meta.url), options);`,
    '}',
    '',
  ].join('\n');
}

function importedTypes(entries: readonly fb.EntryT[]): string[] {
  const has = (ports: (entry: fb.EntryT) => readonly fb.PortT[]): boolean =>
    entries.some((entry) => ports(entry).length > 0);
  return [
    ...(has((e) => e.inputs) ? ['InputValue'] : []),
    'OpenOptions',
    'Session',
    ...(has((e) => e.outputs) ? ['Tensor'] : []),
  ];
}

function entryLines(program: fb.ProgramT, entry: fb.EntryT): string[] {
  const bounds = formatBounds(program, entry.symbols);
  const doc = [text(entry.doc), bounds].filter((part) => part !== '').join('\n\n');
  return [
    ...docLines(doc),
    `readonly ${key(text(entry.name))}: {`,
    ...indent(portLines(program, 'inputs', 'InputValue', entry.inputs)),
    ...indent(portLines(program, 'outputs', 'Tensor', entry.outputs)),
    '};',
  ];
}

function portLines(
  program: fb.ProgramT,
  group: 'inputs' | 'outputs',
  generic: 'InputValue' | 'Tensor',
  ports: readonly fb.PortT[],
): string[] {
  if (ports.length === 0) return [`readonly ${group}: Record<never, never>;`];
  const lines = ports.flatMap((port) => {
    const { dtype, shape } = readType(program, port.type);
    const extents = shape.map((extent) => (/^\d+$/.test(extent) ? extent : quote(extent)));
    const doc = [`\`${formatType(program, port.type)}\``, text(port.doc)].filter(Boolean).join(' ');
    const type = `${generic}<${quote(dtype)}, readonly [${extents.join(', ')}]>`;
    return [...docLines(doc), `readonly ${key(text(port.name))}: ${type};`];
  });
  return [`readonly ${group}: {`, ...indent(lines), '};'];
}

function docLines(doc: string): string[] {
  const lines = doc.replaceAll('*/', '*\\/').split('\n');
  if (doc === '') return [];
  if (lines.length === 1) return [`/** ${lines[0]} */`];
  return ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */'];
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name));

function quote(value: string): string {
  const inner = JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner}'`;
}
