import { fb, programRoot } from '@vorab/artifact';
import type { BackendStepTime } from './backend.ts';
import { locateFailure } from './failed-place.ts';
import { entryPlanOf, locationAt, present, range, stepsOf } from './program.ts';
import type { SessionParts, StepProfile } from './session-types.ts';

/** What steps took, in the words of the model, the longest first. */
export function profileOf(
  parts: SessionParts,
  times: readonly BackendStepTime[],
): readonly StepProfile[] {
  return times.map((time) => stepProfile(parts, time)).sort((a, b) => b.ms - a.ms);
}

function stepProfile(
  { flatbuffer, plan, program }: SessionParts,
  { entry, step, work, runs, ns, flops, bytes }: BackendStepTime,
): StepProfile {
  return {
    entry: program.entries[entry]?.name ?? '',
    step,
    ...locateStep(flatbuffer, plan, entry, step),
    work,
    runs,
    ms: ns / 1e6,
    gflops: (flops * runs) / ns,
    gbps: (bytes * runs) / ns,
  };
}

type Place = Pick<StepProfile, 'name' | 'location'>;

/** A step of the session's plan, or, of an entry that runs part of another, of that part's. */
function locateStep(flatbuffer: Uint8Array, plan: number, entry: number, step: number): Place {
  const program = programRoot(flatbuffer);
  const whole = present(program.plans(plan));
  const parts = range(whole.partsLength(), (i) => present(whole.parts(i)));
  const part = parts.find((p) => entryPlanOf(present(program.plans(p)), entry) !== undefined);
  const own = entryPlanOf(whole, entry);
  const held = own && stepsOf(own)[step];
  if (part === undefined && held && isOfSplit(held)) {
    const first = held.locationsLength() > 0 ? held.locations(0) : null;
    return {
      name: held.name() ?? '',
      location: first === null ? undefined : locationAt(program, first),
    };
  }
  const found = locateFailure(flatbuffer, part ?? plan, entry, { step });
  return { name: found.step ?? '', location: found.location };
}

const isOfSplit = (step: fb.Step): boolean =>
  step.bodyType() === fb.StepBody.Call || step.bodyType() === fb.StepBody.Transfer;
