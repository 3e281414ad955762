import { fb } from '@vorab/artifact';
import type { Emitter } from './emit/emitter.ts';
import type { Lowered } from './lower/arena.ts';
import type { Target } from './targets/index.ts';

/** Says at the steps of a plan of one target where the model asks for another. */
export function askedElsewhere(
  emitter: Emitter,
  plan: fb.EntryPlanT,
  lowered: Lowered,
  target: Target,
): void {
  const steps = plan.regions.flatMap((region) => region.steps);
  for (const [i, { nodes }] of lowered.steps.entries()) {
    const step = steps[i];
    const other = nodes.find(({ wish }) => wish && wish.target !== target.name)?.wish;
    if (!step || !other) continue;
    const reason = `the model asks for ${other.target}; this plan has ${target.name} alone`;
    step.placement = new fb.PlacementT(emitter.string(reason), []);
  }
}
