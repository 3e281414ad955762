// Loops over strided arrays without an allocation per element.

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): readonly number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i] as number;
  }
  return strides;
}

/** Where an array's elements lie. */
export interface Layout {
  readonly offset: number;
  /** One per axis, in elements; 0 repeats, negative ones go back. */
  readonly strides: readonly number[];
}

/** A run along the last axis: `count` elements from a and b on, `stepA` and `stepB` apart. */
export type VisitRow = (a: number, b: number, stepA: number, stepB: number, count: number) => void;

/**
 * Visits every row (run along the last axis) of two arrays of these extents, in row-major order.
 */
export function forEachRow(
  extents: readonly number[],
  a: Layout,
  b: Layout,
  visit: VisitRow,
): void {
  const last = extents.length - 1;
  if (extents.includes(0)) return;
  if (last < 0) {
    visit(a.offset, b.offset, 0, 0, 1);
    return;
  }
  const counters = new Int32Array(last);
  const [stepA, stepB] = [a.strides[last] as number, b.strides[last] as number];
  const count = extents[last] as number;
  let [atA, atB] = [a.offset, b.offset];
  for (;;) {
    visit(atA, atB, stepA, stepB, count);
    let axis = last - 1;
    for (; axis >= 0; axis--) {
      atA += a.strides[axis] as number;
      atB += b.strides[axis] as number;
      const next = (counters[axis] as number) + 1;
      if (next < (extents[axis] as number)) {
        counters[axis] = next;
        break;
      }
      counters[axis] = 0;
      atA -= (a.strides[axis] as number) * next;
      atB -= (b.strides[axis] as number) * next;
    }
    if (axis < 0) return;
  }
}
