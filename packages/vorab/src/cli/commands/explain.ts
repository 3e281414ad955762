import type { fb } from '@vorab/artifact';
import { readArtifact } from '../artifact-file.ts';
import { CliError } from '../errors.ts';
import {
  type EntryExplanation,
  explainEntry,
  type PlanExplanation,
  type StepExplanation,
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
  const plans = program.plans.map((plan) => explainPlan(program, plan));
  const chosen = pick('plan', plans, (p) => p.name, options.plan).map((plan) => ({
    ...plan,
    entries: pick('entry', plan.entries, (e) => e.entry, options.entry),
  }));
  if (options.json) output.json({ file: path, plans: chosen });
  else for (const line of chosen.flatMap(renderPlan)) output.line(line);
}

function explainPlan(program: fb.ProgramT, plan: fb.PlanT): PlanExplanation {
  return {
    name: string(plan.name),
    targets: plan.targets.map(String),
    entries: plan.entries.map((entry) => explainEntry(program, entry)),
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
  return plan.entries.flatMap((entry) => [
    `${plan.name} / ${entry.entry}: ${memory(entry)}`,
    ...entry.steps.flatMap(renderStep).map((line) => `  ${line}`),
    ...entry.casts.map(
      (cast) => `  cast ${cast.from} → ${cast.to}: ${cast.reason}  ${cast.location}`,
    ),
    '',
  ]);
}

function renderStep(step: StepExplanation, i: number): string[] {
  return [
    `${String(i).padStart(3)}  ${step.target}  ${step.name}  ${step.locations[0] ?? ''}`.trimEnd(),
    ...(step.reason === '' ? [] : [`       ${step.reason}`]),
    ...(step.ops.length > 1 ? [`       computes ${step.ops.join(', ')}`] : []),
    ...(step.border === '' ? [] : [`       ends here: ${step.border}`]),
    ...(step.bodies ?? []).flatMap((body) => [
      `       runs '${body.function}', over ${formatBytes(body.arenaBytes)}:`,
      ...body.steps.flatMap(renderStep).map((line) => `       ${line}`),
    ]),
  ];
}

function memory(entry: EntryExplanation): string {
  const steps = entry.steps.length === 1 ? '1 step' : `${entry.steps.length} steps`;
  if (entry.arenaBytes === 0) return `${steps}, memory held by the runtime`;
  const peak = formatBytes(entry.peakBytes);
  return `${steps}, arena ${formatBytes(entry.arenaBytes)}, of which ${peak} are live at the peak`;
}
