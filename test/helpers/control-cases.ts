/** Applications of ops that run functions. */
import type { DType, Subgraph, Tensor, TensorType } from '@vorab/graph';
import { add, dim, isFloat, logicalNot, parameterLeaf, sum, withTrace } from '@vorab/graph';
import type { Application } from './case-table.ts';

const N = dim('N', { min: 0, max: 64 });

const type = (dtype: DType, ...shape: TensorType['shape']): TensorType => ({ dtype, shape });

/** A function of tensors of these types. */
function graphOf(
  name: string,
  types: readonly TensorType[],
  body: (...operands: readonly Tensor[]) => readonly Tensor[],
): Subgraph {
  return withTrace(() => {
    const parameters = types.map((t, i) => parameterLeaf(`p${i}`, t));
    return { name, parameters, results: body(...parameters) };
  });
}

/** x in, something of the same type out. */
const changed = (x: Tensor): Tensor => {
  if (x.dtype === 'bool') return logicalNot(x);
  return isFloat(x.dtype) ? x.tanh().mul(1.5) : add(x, 1);
};

function called(dtype: DType): readonly Application[] {
  const rows = [type(dtype, N, 3)];
  const two = graphOf('two', rows, (x) => [changed(x as Tensor), x as Tensor]);
  const first = { types: rows, attrs: { function: two } };
  if (!isFloat(dtype)) return [first];
  const types = [type(dtype, N, 3), type(dtype, 3, 2), type(dtype)];
  const dense = graphOf('dense', types, (x, w, s) => {
    const y = (x as Tensor).matmul(w as Tensor).tanh();
    return [y.mul(s as Tensor), sum(y, 0)];
  });
  return [first, { types, attrs: { function: dense } }];
}

export const controlCases: Readonly<Record<string, (dtype: DType) => readonly Application[]>> = {
  call: called,
};
