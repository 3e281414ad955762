import { make } from '../node.ts';
import type { Batch } from '../op.ts';

// Rules under `vmap` that many ops share. The mapped axis is the first of every operand.

/** All operands have the axis that `axis` names; it moves up by one. */
export const shiftAxis: Batch<{ readonly axis: number }> = ({ op, all, attrs }) =>
  make(op, all(), { ...attrs, axis: attrs.axis + 1 });

/** The operand has the axes that `axes` names; they move up by one. */
export const shiftAxes: Batch<{ readonly axes: readonly number[] }> = ({ op, all, attrs }) =>
  make(op, all(), { ...attrs, axes: attrs.axes.map((a) => a + 1) });

/** The op takes any number of leading axes itself, equal on all operands. */
export const leadingAxis: Batch<object> = ({ op, all, attrs }) => make(op, all(), { ...attrs });
