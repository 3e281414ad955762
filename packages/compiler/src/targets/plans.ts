import { CompileError } from '../compile-error.ts';
import { targets as allTargets } from './index.ts';
import type { Target } from './target.ts';

/**
 * The targets of each plan that is asked for, by its name: 'blas', 'blas+mlx'.
 *
 * @throws CompileError for a target that is not there, or twice in one plan; for rates that no plan needs.
 */
export function plansNamed(
  names: readonly string[],
  calibrated: boolean,
): readonly (readonly Target[])[] {
  const plans = names.map((name) => name.split('+').map(targetNamed));
  const again = plans.find((plan) => new Set(plan).size < plan.length);
  if (again) throw new CompileError(`a plan names target '${again[0]?.name}' twice`);
  if (calibrated && plans.every((plan) => plan.length === 1)) {
    throw new CompileError(
      'a calibration is for plans over several targets\n  fix: name one, such as blas+mlx',
    );
  }
  return plans;
}

/** 'blas+mlx'. */
export const planName = (targets: readonly Target[]): string =>
  targets.map((t) => t.name).join('+');

function targetNamed(name: string): Target {
  const target = allTargets[name];
  if (target) return target;
  throw new CompileError(
    `there is no target '${name}'; targets are ${Object.keys(allTargets).join(', ')}`,
  );
}
