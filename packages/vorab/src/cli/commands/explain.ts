import type { fb } from '@vorab/artifact';
import { readArtifact } from '../artifact-file.ts';
import { CliError } from '../errors.ts';
import {
  type EntryExplanation,
  explainEntry,
  explainTarget,
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
  const plans = pick('plan', program.plans, (plan) => string(plan.name), options.plan);
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
    entries: plan.entries.map((entry) => explainEntry(program, entry)),
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

function renderEntry(plan: PlanExplanation, entry: EntryExplanation): string[] {
  return [
    `${plan.name} / ${entry.entry}: ${memory(entry)}`,
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
