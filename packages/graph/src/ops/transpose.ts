import { view } from '../define.ts';
import type { Dim } from '../dim.ts';
import { dimSub } from '../dim.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import type { ViewOp } from '../op.ts';
import { shiftAxes } from '../transforms/batch-rules.ts';
import { ascending, normalizeAxes, normalizeAxis, range, shapeText } from './axes.ts';

export const transposeOp: ViewOp = view({
  name: 'transpose',
  doc: 'output axis i is input axis axes[i]',
  attributes: { axes: 'ints' },
  shape([x], { axes }) {
    if (!x || axes.length !== x.length || ascending(axes).some((a, i) => a !== i)) {
      throw new TypeRuleError(
        'axis',
        `[${axes.join(', ')}] is not a permutation of the axes of ${shapeText(x ?? [])}`,
      );
    }
    return axes.map((a) => x[a] as Dim);
  },
  map: ([x], { axes }) => ({
    form: 'affine',
    start: (x ?? []).map(() => 0),
    axes,
    steps: axes.map(() => 1),
  }),
  vjp: ({ cotangents: [ct], attrs: { axes } }) => [
    ct
      ? transposeTo(
          ct,
          range(axes.length).map((i) => axes.indexOf(i)),
        )
      : null,
  ],
  batch: ({ inputs: [x], attrs: { axes } }) => [
    make1(transposeOp, [x as Tensor], { axes: [0, ...axes.map((a) => a + 1)] }),
  ],
});

function transposeTo(x: Tensor, axes: readonly number[]): Tensor {
  return axes.every((a, i) => a === i) ? x : make1(transposeOp, [x], { axes });
}

/**
 * Output axis i is input axis axes[i]; without axes, all axes are reversed. `transpose(x, [0, 2,
 * 1])`
 */
export function transpose(x: Tensor, axes?: readonly number[]): Tensor {
  return checked(`transpose(${x})`, () =>
    transposeTo(x, axes ? normalizeAxes(axes, x.rank) : range(x.rank).reverse()),
  );
}

/** Exchanges two axes. */
export function swapAxes(x: Tensor, a: number, b: number): Tensor {
  return checked(`swapAxes(${x})`, () => {
    const [i, j] = [normalizeAxis(a, x.rank), normalizeAxis(b, x.rank)];
    return transposeTo(
      x,
      range(x.rank).map((k) => (k === i ? j : k === j ? i : k)),
    );
  });
}

/** One axis elsewhere; the others keep their order. `moveAxis(x, -1, 0)` */
export function moveAxis(x: Tensor, from: number, to: number): Tensor {
  return checked(`moveAxis(${x})`, () => {
    const [a, b] = [normalizeAxis(from, x.rank), normalizeAxis(to, x.rank)];
    const rest = range(x.rank).filter((i) => i !== a);
    return transposeTo(x, rest.toSpliced(b, 0, a));
  });
}

export const flipOp: ViewOp = view({
  name: 'flip',
  doc: 'reverses axes',
  attributes: { axes: 'ints' },
  shape: ([x]) => x ?? [],
  map: ([x], { axes }) => ({
    form: 'affine',
    start: (x ?? []).map((d, i) => (axes.includes(i) ? dimSub(d, 1) : 0)),
    axes: range(x?.length ?? 0),
    steps: (x ?? []).map((_, i) => (axes.includes(i) ? -1 : 1)),
  }),
  vjp: ({ cotangents: [ct], attrs }) => [ct ? make1(flipOp, [ct], attrs) : null],
  batch: shiftAxes,
});

/** Reverses the order along axes (all by default). */
export function flip(x: Tensor, axes?: number | readonly number[]): Tensor {
  return checked(`flip(${x})`, () => {
    const list = ascending(normalizeAxes(axes, x.rank));
    return list.length === 0 ? x : make1(flipOp, [x], { axes: list });
  });
}
