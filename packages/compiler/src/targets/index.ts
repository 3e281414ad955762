import type { Op, TensorType } from '@vorab/graph';
import { hostOps, keptComposites } from '../generated/kept-composites.ts';
import type { Target } from './target.ts';

const isIn =
  (names: ReadonlySet<string>) =>
  (op: Op): boolean =>
    names.has(op.name);

const noF64 = ({ dtype }: TensorType): string | undefined =>
  dtype === 'f64' ? 'MLX has f64 on its CPU device only' : undefined;

/** Every target that plans can be made for, by name. */
export const targets: Readonly<Record<string, Target>> = {
  blas: {
    name: 'blas',
    form: 'arena',
    writesKernels: false,
    keeps: isIn(new Set(keptComposites.blas)),
    onHost: isIn(new Set(hostOps.blas)),
    refuses: () => undefined,
  },
  mlx: {
    name: 'mlx',
    form: 'ops',
    writesKernels: true,
    keeps: isIn(new Set(keptComposites.mlx)),
    onHost: isIn(new Set(hostOps.mlx)),
    refuses: noF64,
  },
};

export type { Target } from './target.ts';
