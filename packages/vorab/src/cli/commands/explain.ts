import type { fb } from '@vorab/artifact';
import { readArtifact } from '../artifact-file.ts';
import { CliError } from '../errors.ts';
import {
  type EntryExplanation,
  explainEntry,
  explainHolds,
  explainTarget,
  type KernelExplanation,
  type PlacementExplanation,
  type PlanExplanation,
  type StepExplanation,
  type TargetExplanation,
} from '../explain.ts';
import { formatBytes, type Output } from '../output.ts';
import { string } from '../program.ts';

export interface ExplainOptions {
  readonly entry?: string;
  readonly plan?: string;
  readonly json?: boolean;
}

/** `vorab explain`. */
export async function explain(
  path: string,
  options: ExplainOptions,
  output: Output,
): Promise<void> {
  const { program } = await readArtifact(path);
  const whole = program.plans.filter(({ part }) => !part);
  const plans = pick('plan', whole, (plan) => string(plan.name), options.plan);
  const chosen = await Promise.all(
    plans.map(async (plan) => {
      const explained = await explainPlan(program, plan);
      const entries = pick('entry', explained.entries, (e) => e.entry, options.entry);
      return { ...explained, entries };
    }),
  );
  if (options.json) output.json({ file: path, plans: chosen });
  else for (const line of chosen.flatMap(renderPlan)) output.line(line);
}

async function explainPlan(program: fb.ProgramT, plan: fb.PlanT): Promise<PlanExplanation> {
  const targets = plan.targets.map(String);
  return {
    name: string(plan.name),
    targets,
    requires: plan.requires.map(String),
    ...(plan.router !== null && {
      router: string(plan.router),
      rates: plan.calibration === null ? 'shipped' : `SHA-256 ${plan.calibration}`,
      holds: explainHolds(program, plan),
    }),
    entries: plan.entries.map((entry) => explainEntry(program, entry, plan)),
    here: await Promise.all(targets.map(explainTarget)),
  };
}

function pick<T>(
  what: string,
  all: readonly T[],
  nameOf: (item: T) => string,
  wanted: string | undefined,
): readonly T[] {
  if (wanted === undefined) return all;
  const found = all.filter((item) => nameOf(item) === wanted);
  if (found.length > 0) return found;
  const names = all.map(nameOf).join(', ') || 'none';
  throw new CliError(`no-${what}`, `there is no ${what} '${wanted}'; there are: ${names}`);
}

function renderPlan(plan: PlanExplanation): string[] {
  return [...plan.here.flatMap(renderTarget), ...plan.entries.flatMap((e) => renderEntry(plan, e))];
}

function renderTarget({ target, problem, device, capabilities }: TargetExplanation): string[] {
  if (problem !== undefined) return [`${target} does not run here: ${problem}`, ''];
  const lines = Object.entries(capabilities).map(
    ([name, { available, reason, effect }]) =>
      `${target} here (${device}): ${name}: ${available ? 'yes' : 'no'}: ${reason}; ${effect}`,
  );
  return lines.length === 0 ? [] : [...lines, ''];
}

function renderPlaced(plan: PlanExplanation): string[] {
  if (plan.router === undefined) return [];
  return [
    `  placed by ${plan.router}, rates: ${plan.rates}`,
    ...Object.entries(plan.holds ?? {}).flatMap(([target, states]) =>
      states.length === 0 ? [] : [`  states on ${target}: ${states.join(', ')}`],
    ),
  ];
}

function renderEntry(plan: PlanExplanation, entry: EntryExplanation): string[] {
  return [
    `${plan.name} / ${entry.entry}: ${memory(entry)}`,
    ...(plan.requires.length > 0 ? [`  requires ${plan.requires.join(', ')}`] : []),
    ...renderPlaced(plan),
    ...entry.steps.flatMap(renderStep).map((line) => `  ${line}`),
    ...entry.casts.map(
      (cast) => `  cast ${cast.from} → ${cast.to}: ${cast.reason}  ${cast.location}`,
    ),
    '',
  ];
}

function renderStep(step: StepExplanation, i: number): string[] {
  return [
    `${String(i).padStart(3)}  ${step.target}  ${step.name}  ${step.locations[0] ?? ''}`.trimEnd(),
    ...(step.reason === '' ? [] : [`       ${step.reason}`]),
    ...(step.placement ? renderPlacement(step, step.placement) : []),
    ...(step.ops.length > 1 && step.form !== 'call'
      ? [`       computes ${step.ops.join(', ')}`]
      : []),
    ...(step.accumulates.length > 0
      ? [`       accumulates in ${step.accumulates.join(', ')}`]
      : []),
    ...(step.border === '' ? [] : [`       ends here: ${step.border}`]),
    ...(step.kernel ? renderKernel(step.kernel) : []),
    ...(step.bodies ?? []).flatMap((body) => [
      `       runs '${body.function}', over ${formatBytes(body.arenaBytes)}:`,
      ...body.steps.flatMap(renderStep).map((line) => `       ${line}`),
    ]),
    ...(step.part
      ? [
          `       ${memory(step.part)}:`,
          ...step.part.steps.flatMap(renderStep).map((line) => `       ${line}`),
        ]
      : []),
  ];
}

function renderKernel({ name, threads, group, steps }: KernelExplanation): string[] {
  const rows = group === 1 ? 'one row' : `${group} rows`;
  return [
    `       with Metal: ${name}, ${threads} threads a row, ${rows} in a threadgroup`,
    `       without: ${steps.map((step) => step.name).join(', ')}`,
  ];
}

// "on mlx: matmul: cheapest here, …; add: …; together blas 1.2 ms, mlx 0.1 ms".
function renderPlacement(
  { target, ops }: StepExplanation,
  { reason, costs }: PlacementExplanation,
): string[] {
  const counted = costs.every(({ ns, problem }) => ns === 0 && problem === null);
  if (counted) return reason === '' ? [] : [`       on ${target}: ${reason}`];
  const each = costs.map(({ target: of, ns, problem }) => `${of} ${problem ?? formatNs(ns)}`);
  const sums = `${ops.length > 1 ? 'together ' : ''}${each.join(', ')}`;
  const all = [reason, sums].filter((text) => text !== '').join('; ');
  return all === '' ? [] : [`       on ${target}: ${all}`];
}

function formatNs(ns: number): string {
  if (ns < 1e3) return `${ns} ns`;
  return ns < 1e6 ? `${(ns / 1e3).toFixed(1)} µs` : `${(ns / 1e6).toFixed(2)} ms`;
}

function memory(entry: EntryExplanation): string {
  const steps = entry.steps.length === 1 ? '1 step' : `${entry.steps.length} steps`;
  if (entry.arenaBytes === 0) return `${steps}, memory held by the runtime`;
  const peak = formatBytes(entry.peakBytes);
  return `${steps}, arena ${formatBytes(entry.arenaBytes)}, of which ${peak} are live at the peak`;
}
