export type { AxisTree } from './axis-tree.ts';
export type { TensorFunction } from './function.ts';
export type { Jacobian } from './jacobian.ts';
export { hessian, hvp, jacfwd, jacobian, jacrev } from './jacobian.ts';
export type { JvpResult } from './jvp.ts';
export { jvp, linearize } from './jvp.ts';
export { pushforward } from './pushforward.ts';
export type { VmapOptions } from './vmap.ts';
export { vmap } from './vmap.ts';
