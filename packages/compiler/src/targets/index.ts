import type { Op } from '@vorab/graph';
import { hostOps, keptComposites } from '../generated/kept-composites.ts';
import type { Target } from './target.ts';

const isIn =
  (names: ReadonlySet<string>) =>
  (op: Op): boolean =>
    names.has(op.name);

/** Every target that plans can be made for, by name. */
export const targets: Readonly<Record<string, Target>> = {
  blas: {
    name: 'blas',
    form: 'arena',
    keeps: isIn(new Set(keptComposites.blas)),
    onHost: isIn(new Set(hostOps.blas)),
  },
  mlx: {
    name: 'mlx',
    form: 'ops',
    keeps: isIn(new Set(keptComposites.mlx)),
    onHost: isIn(new Set(hostOps.mlx)),
  },
};

export type { Target } from './target.ts';
