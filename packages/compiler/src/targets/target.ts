import type { Op, TensorType } from '@vorab/graph';

/** What the compiler must know of a runtime. */
export interface Target {
  /** The name in plans: "blas". */
  readonly name: string;
  /** Whether it runs this composite whole. */
  keeps(op: Op): boolean;
  /** Whether it runs this op on the host's CPU, whatever its device is. */
  onHost(op: Op): boolean;
  /** Why it cannot hold such tensors on every machine, if it cannot; in a plan over several targets another does. */
  refuses(type: TensorType): string | undefined;
  /** Whether what it does not join itself is also written as kernels, for devices that have their language. */
  readonly writesKernels: boolean;
  /** Steps are fused tapes and contractions over an arena, or one op each over the target's own arrays. */
  readonly form: 'arena' | 'ops';
}
