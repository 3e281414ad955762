import type { Op } from '@vorab/graph';

/** What the compiler must know of a runtime. */
export interface Target {
  /** The name in plans: "blas". */
  readonly name: string;
  /** Whether it runs this composite whole. */
  keeps(op: Op): boolean;
  /** Whether it runs this op on the host's CPU, whatever its device is. */
  onHost(op: Op): boolean;
  /** Steps are fused tapes and contractions over an arena, or one op each over the target's own arrays. */
  readonly form: 'arena' | 'ops';
}
