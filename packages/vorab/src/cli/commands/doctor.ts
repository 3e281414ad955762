import {
  type DoctorReport,
  doctor as examine,
  isCapability,
  type RuntimeReport,
} from '@vorab/runtime';
import { formatBytes, type Output, table } from '../output.ts';
import { version } from '../version.ts';

export interface DoctorOptions {
  readonly json?: boolean;
}

/** `vorab doctor`. */
export async function doctor(_: string, options: DoctorOptions, output: Output): Promise<void> {
  const report = await examine();
  if (options.json) output.json({ vorab: version, ...report });
  else for (const line of render(report)) output.line(line);
}

function render(report: DoctorReport): string[] {
  const { addon, auto } = report;
  return [
    ...table([
      ['vorab', version],
      ['Node.js', report.node],
      ['platform', `${report.platform}, ${report.system}`],
      ['processor', `${report.cpu}, ${report.cores} cores, ${formatBytes(report.memoryBytes)}`],
      ['addon', addon.path ?? 'not built'],
    ]),
    ...(addon.path ? [] : tried(addon.tried)),
    '',
    ...report.runtimes.flatMap(renderRuntime),
    `auto means ${auto.name} (${auto.reason})`,
    '',
    'Environment variables:',
    ...table(Object.entries(report.environment).map(([name, help]) => ['', name, help])),
  ];
}

function renderRuntime(runtime: RuntimeReport): string[] {
  const description = Object.entries(runtime.description ?? {}).map(([name, value]) => [
    '',
    name,
    describeValue(value),
  ]);
  return [
    `${runtime.name}: ${runtime.usable ? 'usable' : 'not usable'}`,
    ...(runtime.origin ? [`  ${runtime.origin}`] : []),
    ...(runtime.problem ? runtime.problem.split('\n').map((line) => `  ${line}`) : []),
    ...table(description),
    '',
  ];
}

function describeValue(value: unknown): string {
  if (isCapability(value)) {
    return `${value.available ? 'yes' : 'no'}: ${value.reason}; ${value.effect}`;
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const tried = (attempts: DoctorReport['addon']['tried']): string[] =>
  attempts.map(({ path, note }) => `  tried ${path} (${note})`);
