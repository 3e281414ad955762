import type { Dim } from '@vorab/graph';
import { dimEqual, dimMul } from '@vorab/graph';
import type { Access, Tape } from '../lower/ir.ts';

/** Dims of a tape that are walked as one. */
export interface JoinedDim {
  /** The last of them; its strides are those of all. */
  readonly dim: number;
  readonly extent: Dim;
}

/** A tape's space: one row for each place of the kept dims, in each row the places of the reduced ones. */
export interface RowSpace {
  readonly kept: readonly JoinedDim[];
  readonly reduced: readonly JoinedDim[];
}

/** Joins neighbouring dims wherever every access moves along them as along one. */
export function rowSpace(tape: Tape): RowSpace {
  const first = tape.dims.length - tape.reduced;
  return { kept: joined(tape, 0, first), reduced: joined(tape, first, tape.dims.length) };
}

function joined(tape: Tape, from: number, to: number): readonly JoinedDim[] {
  const result: JoinedDim[] = [];
  for (let dim = from; dim < to; dim++) {
    const extent = tape.dims[dim] as Dim;
    if (extent === 1) continue;
    const before = result.at(-1);
    if (before && isOne(tape, before.dim, dim)) {
      result[result.length - 1] = { dim, extent: dimMul(before.extent, extent) };
    } else result.push({ dim, extent });
  }
  return result;
}

function isOne({ accesses, instrs, dims }: Tape, outer: number, inner: number): boolean {
  const indexed = instrs.some((i) => i.kind === 'index' && (i.dim === outer || i.dim === inner));
  const stride = ({ strides }: Access, dim: number): Dim => strides[dim] ?? 0;
  return (
    !indexed &&
    accesses.every((a) => dimEqual(stride(a, outer), dimMul(stride(a, inner), dims[inner] as Dim)))
  );
}
