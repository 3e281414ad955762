import type { Instr, Tape } from './ir.ts';

/**
 * Whether an instruction's value varies over the reduced dims, told for those before it. Loads vary where their access
 * does, the index of a reduced dim does, a reduction's result does not.
 */
export function varies(
  instr: Instr,
  tape: Pick<Tape, 'dims' | 'reduced' | 'inner' | 'accesses'>,
  before: readonly boolean[],
): boolean {
  const kept = tape.dims.length - tape.reduced - tape.inner;
  const isReduced = (dim: number): boolean => dim >= kept && dim < kept + tape.reduced;
  const walks = (access: number): boolean =>
    (tape.accesses[access]?.strides ?? []).some((stride, dim) => isReduced(dim) && stride !== 0);
  switch (instr.kind) {
    case 'load':
    case 'store':
      return walks(instr.access);
    case 'index':
      return isReduced(instr.dim);
    case 'scalar':
      return instr.args.some((arg) => before[arg] ?? false);
    case 'const':
    case 'size':
    case 'acc':
    case 'reduce':
      return false;
    default:
      return instr satisfies never;
  }
}
