import { writeFile } from 'node:fs/promises';
import type { Rates } from '@vorab/compiler';
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
  readonly calibrate?: string;
}

/** `vorab doctor`. */
export async function doctor(_: string, options: DoctorOptions, output: Output): Promise<void> {
  const report = await examine();
  if (options.calibrate !== undefined) {
    await writeCalibration(options.calibrate, report, options, output);
    return;
  }
  if (options.json) output.json({ vorab: version, ...report });
  else for (const line of render(report)) output.line(line);
}

async function writeCalibration(
  path: string,
  report: DoctorReport,
  { json }: DoctorOptions,
  output: Output,
): Promise<void> {
  output.progress('measuring: some seconds');
  const { calibrate } = await import('../../calibrate/index.ts');
  const rates = await calibrate(report);
  await writeFile(path, `${JSON.stringify(rates, null, 2)}\n`);
  output.done();
  if (json) output.json({ file: path, ...rates });
  else for (const line of renderRates(rates)) output.line(line);
}

function renderRates({ machine, targets, links }: Rates): string[] {
  const perUnit = Object.entries(targets).flatMap(([name, { launchNs, hostNs, ns }]) => [
    [name, 'launch', `${launchNs} ns`],
    [name, 'on the host', `${hostNs} ns`],
    ...Object.entries(ns).map(([family, value]) => [name, family, `${value} ns each`]),
  ]);
  const moves = links.map(({ from, to, ns, nsPerByte }) => [
    `${from} to ${to}`,
    '',
    `${ns} ns, and ${nsPerByte} ns for each byte`,
  ]);
  return [machine, ...table([...perUnit, ...moves])];
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
