import type { Op } from '@vorab/graph';
import { keptComposites } from '../generated/kept-composites.ts';
import type { Target } from './target.ts';

const keeps =
  (names: ReadonlySet<string>) =>
  (op: Op): boolean =>
    names.has(op.name);

/** Every target that plans can be made for, by name. */
export const targets: Readonly<Record<string, Target>> = {
  blas: { name: 'blas', form: 'arena', keeps: keeps(new Set(keptComposites.blas)) },
  mlx: { name: 'mlx', form: 'ops', keeps: keeps(new Set(keptComposites.mlx)) },
};

export type { Target } from './target.ts';
