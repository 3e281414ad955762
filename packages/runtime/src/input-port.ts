import type { Dim } from './dims.ts';
import { dimOf, formatPort } from './dims.ts';
import type { DType } from './dtype.ts';
import { arrayConstructor } from './dtype.ts';
import type { EntryInfo, PortInfo, ProgramInfo } from './program.ts';
import type { Place } from './values.ts';

/** An input of an entry, with what each call looks at. */
export interface InputPort extends Place {
  readonly port: string;
  /** What the fast path takes: a flat array of exactly this constructor, undefined for none. */
  readonly flat: unknown;
  /** Elements for each step of `symbol`, or all of them without one. */
  readonly unit: number;
  /** The one symbol that the length tells, or -1. */
  readonly symbol: number;
  readonly dtype: DType;
  readonly info: PortInfo;
  readonly dims: readonly Dim[];
}

/** The port `info` of `entry`. */
export function inputPort(program: ProgramInfo, entry: EntryInfo, info: PortInfo): InputPort {
  const dims = info.shape.map((expr) => dimOf(program, expr));
  const symbolic = dims.filter((dim) => dim.kind !== 'fixed');
  const [only] = symbolic;
  const tells = only?.kind === 'affine' && only.scale === 1 && only.offset === 0;
  const simple = symbolic.length === 0 || (symbolic.length === 1 && tells);
  const unit = dims.reduce((product, dim) => product * (dim.kind === 'fixed' ? dim.extent : 1), 1);
  // The elements of bools are looked at, so they take the long way.
  const flat = simple && unit > 0 && info.dtype !== 'bool';
  return {
    info,
    port: info.name,
    flat: flat ? arrayConstructor(info.dtype) : null,
    unit,
    symbol: only?.kind === 'affine' ? only.symbol : -1,
    name: `${entry.name}: input ${info.name}`,
    type: formatPort(program, info),
    dtype: info.dtype,
    rank: info.shape.length,
    dims,
  };
}
