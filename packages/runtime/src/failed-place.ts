import { fb, opById, programRoot } from '@vorab/artifact';
import { entryPlanOf, locationAt, present, range } from './program.ts';

/** What a backend says of where it failed: a step of the entry's plan, or a node of its function. */
export interface FailedAt {
  readonly step?: number | undefined;
  readonly node?: number | undefined;
}

/** Where that is in the model. */
export interface FailedPlace {
  /** The user's line, or that of the entry. */
  readonly location: string | undefined;
  /** The step's name. */
  readonly step: string | undefined;
  /** The op that the user applied. */
  readonly op: string | undefined;
}

/** Looks up where an entry failed. The same op gives the same answer, whichever runtime failed. */
export function locateFailure(
  flatbuffer: Uint8Array,
  plan: number,
  entry: number,
  { step, node }: FailedAt,
): FailedPlace {
  const program = programRoot(flatbuffer);
  const place = step === undefined || plan < 0 ? undefined : findStep(program, plan, entry, step);
  const found = place?.step;
  const called = present(program.entries(place?.entry ?? entry));
  const at = node ?? (found !== undefined && found.nodesLength() > 0 ? found.nodes(0) : null);
  const origin = at === null ? null : present(program.functions(called.function_())).nodes(at);
  const index =
    origin !== null && origin.locationsLength() > 0
      ? origin.locations(0)
      : found !== undefined && found.locationsLength() > 0
        ? found.locations(0)
        : called.location();
  return {
    location: locationAt(program, present(index)),
    step: found?.name() ?? undefined,
    op: origin === null ? undefined : opById(origin.op())?.name,
  };
}

/** A step, and the entry whose plan holds it. */
interface FoundStep {
  readonly step: fb.Step;
  readonly entry: number;
}

// A call counts as the steps of the part that it runs, and the step is one of those.
function findStep(
  program: fb.Program,
  plan: number,
  entry: number,
  step: number,
): FoundStep | undefined {
  const of = present(program.plans(plan));
  let first = 0;
  for (const { target, held } of stepsOf(of, entry)) {
    const part = held.bodyType() === fb.StepBody.Call ? partOf(of, target) : undefined;
    if (part === undefined) {
      if (step === first) return { step: held, entry };
      first += 1;
      continue;
    }
    const called = (held.body(new fb.Call()) as fb.Call).entry();
    const count = [...stepsOf(present(program.plans(part)), called)].length;
    if (step < first + count) return findStep(program, part, called, step - first);
    first += count;
  }
  return undefined;
}

/** The steps of an entry's plan, each with the target of its region. */
function* stepsOf(
  plan: fb.Plan,
  entry: number,
): Generator<{ readonly target: string; readonly held: fb.Step }> {
  const of = entryPlanOf(plan, entry);
  for (let r = 0; r < (of?.regionsLength() ?? 0); r++) {
    const region = present(of?.regions(r) ?? null);
    const target = present(region.target());
    for (let i = 0; i < region.stepsLength(); i++) yield { target, held: present(region.steps(i)) };
  }
}

/** The plan of a target's parts. */
function partOf(plan: fb.Plan, target: string): number | undefined {
  const index = range(plan.targetsLength(), (i) => plan.targets(i)).indexOf(target);
  return plan.parts(index) ?? undefined;
}
