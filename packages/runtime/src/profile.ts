import type { BackendStepTime } from './backend.ts';
import { locateFailure } from './failed-place.ts';
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
  const found = locateFailure(flatbuffer, plan, entry, { step });
  return {
    entry: program.entries[entry]?.name ?? '',
    step,
    name: found.step ?? '',
    work,
    location: found.location,
    runs,
    ms: ns / 1e6,
    gflops: (flops * runs) / ns,
    gbps: (bytes * runs) / ns,
  };
}
