import { readArtifact } from '../artifact-file.ts';
import { CliError } from '../errors.ts';
import { formatBytes, type Output, table } from '../output.ts';
import { describeProgram, type PortDescription, type ProgramDescription } from '../program.ts';

export interface InspectOptions {
  readonly json?: boolean;
  readonly dump?: boolean;
}

/** `vorab inspect`. */
export async function inspect(
  path: string,
  options: InspectOptions,
  output: Output,
): Promise<void> {
  const { bytes, program } = await readArtifact(path);
  if (options.dump) {
    if (options.json) throw new CliError('usage', 'choose one of --dump and --json');
    const { dump } = await import('@vorab/artifact');
    output.line(dump(program).trimEnd());
    return;
  }
  const description = describeProgram(program);
  if (options.json) output.json({ file: path, bytes: bytes.length, ...description });
  else for (const line of render(description, path, bytes.length)) output.line(line);
}

function render(program: ProgramDescription, path: string, bytes: number): string[] {
  const section = (title: string, rows: readonly (readonly string[])[]): string[] =>
    rows.length === 0 ? [] : ['', title, ...table(rows.map((row) => ['', ...row]))];
  return [
    `${path}  ${formatBytes(bytes)}, written by ${program.producer}`,
    ...program.entries
      .filter(({ kind }) => kind !== 'part')
      .flatMap((entry) => [
        '',
        `${entry.name}(${ports(entry.inputs)}) → ${ports(entry.outputs)}   ${entry.location}`,
        ...entry.doc.split('\n').flatMap((line) => (line === '' ? [] : [`  ${line}`])),
        `  reads ${count(entry.reads)}, writes ${count(entry.writes)}`,
      ]),
    ...section(
      'dims',
      program.dims.map((d) => [
        d.name,
        `${d.min} to ${d.max}`,
        d.multipleOf > 1 ? `× ${d.multipleOf}` : '',
      ]),
    ),
    ...section(
      'state',
      program.states.map((s) => [s.name, s.type, s.kind, s.trainable ? 'trainable' : '']),
    ),
    ...section(
      'plans',
      program.plans.flatMap((plan) =>
        plan.entries.map((e) => [
          plan.name,
          e.entry,
          `${e.steps} steps`,
          e.arenaBytes > 0 ? `arena ${formatBytes(e.arenaBytes)}` : '',
        ]),
      ),
    ),
  ];
}

const ports = (list: readonly PortDescription[]): string =>
  list.map(({ name, type }) => `${name}: ${type}`).join(', ') || 'nothing';

const count = (states: readonly string[]): string =>
  states.length === 1 ? '1 state' : `${states.length} states`;
