import type { BinaryOp, UnaryOp } from '../build.ts';
import { binary, unary } from '../build.ts';
import type { TensorLike } from '../coerce.ts';
import { broadcastAll, promote } from '../coerce.ts';
import type { DType } from '../dtype.ts';
import { elementwise, sameDType } from '../elementwise.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { checked, make1 } from '../node.ts';
import type { ElementwiseOp } from '../op.ts';
import { full, zerosLike } from './leaves.ts';

type Test = (x: number | bigint, y: number | bigint) => boolean;

function comparison(name: string, doc: string, test: Test): BinaryOp {
  return binary({
    name,
    doc: `${doc} (NaN: only ≠ holds)`,
    accepts: 'any',
    type: toBool('any'),
    scalar: (x, y) => Number(test(x as number, y as number)),
    exact: (x, y) => BigInt(test(x as bigint, y as bigint)),
    partials: null,
  });
}

const toBool =
  (accepts: 'any' | 'float') =>
  (dtypes: readonly DType[]): DType => {
    sameDType({ accepts }, dtypes);
    return 'bool';
  };

/** x = y, as bool; NaN compares to nothing. */
export const equal: BinaryOp = comparison('equal', 'x = y', (x, y) => x === y);
/** x ≠ y, as bool; NaN differs from everything. */
export const notEqual: BinaryOp = comparison('notEqual', 'x ≠ y', (x, y) => x !== y);
/** x < y, as bool; NaN compares to nothing. */
export const less: BinaryOp = comparison('less', 'x < y', (x, y) => x < y);
/** x ≤ y, as bool; NaN compares to nothing. */
export const lessEqual: BinaryOp = comparison('lessEqual', 'x ≤ y', (x, y) => x <= y);
/** x > y, as bool; NaN compares to nothing. */
export const greater: BinaryOp = comparison('greater', 'x > y', (x, y) => x > y);
/** x ≥ y, as bool; NaN compares to nothing. */
export const greaterEqual: BinaryOp = comparison('greaterEqual', 'x ≥ y', (x, y) => x >= y);

/** Whether x is NaN. */
const nan: UnaryOp = unary({
  name: 'isNaN',
  doc: 'whether x is NaN',
  accepts: 'float',
  type: toBool('float'),
  scalar: (x) => Number(Number.isNaN(x)),
  partial: null,
});

/** Whether x is neither NaN nor infinite. */
const finite: UnaryOp = unary({
  name: 'isFinite',
  doc: 'whether x is neither NaN nor infinite',
  accepts: 'float',
  type: toBool('float'),
  scalar: (x) => Number(Number.isFinite(x)),
  partial: null,
});

export { finite as isFinite, nan as isNaN };

export const whereOp: ElementwiseOp = elementwise({
  name: 'where',
  doc: 'x where the condition holds, y elsewhere',
  inputs: 3,
  accepts: 'any',
  type([condition, x, y]) {
    if (condition !== 'bool')
      throw new TypeRuleError('dtype', `the condition is ${condition}, expected bool`);
    return sameDType({ accepts: 'any' }, [x as DType, y as DType]);
  },
  scalar: (condition, x, y) => (condition ? x : y) as number,
  exact: (condition, x, y) => (condition ? x : y) as bigint,
  // Selecting, not multiplying by 0 or 1: the side not taken may be infinite.
  partials: ({ inputs: [condition] }) => [
    null,
    (t) => select(condition as Tensor, t, zerosLike(t)),
    (t) => select(condition as Tensor, zerosLike(t), t),
  ],
});

/** `where` of operands that have one shape and dtype already. */
export function select(condition: Tensor, x: Tensor, y: Tensor): Tensor {
  return make1(whereOp, [condition, x, y], {});
}

/** x where the condition holds, y elsewhere; all broadcast. `where(x.greater(0), x, 0)` */
export function where(condition: Tensor | boolean, x: TensorLike, y: TensorLike): Tensor {
  return checked(`where(${condition}, ${x}, ${y})`, () => {
    const test = typeof condition === 'boolean' ? full(Number(condition), [], 'bool') : condition;
    return make1(whereOp, broadcastAll([test, ...promote([x, y])]), {});
  });
}
