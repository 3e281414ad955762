import type { Dim } from './dim.ts';
import type { DType } from './dtype.ts';
import { dtypeBytes, isFloat } from './dtype.ts';
import { TypeRuleError } from './errors.ts';
import { userError } from './fail.ts';
import type { Layer } from './nn/module.ts';
import type { Tensor } from './node.ts';
import { make1 } from './node.ts';
import type { Op, TensorType } from './op.ts';
import { castOp } from './ops/cast.ts';
import { placeOf, setPlace } from './place.ts';
import type { OperandRule } from './scope.ts';
import { currentScope, withScope } from './scope.ts';
import { stateOf } from './state.ts';

export type FloatDType = 'f16' | 'bf16' | 'f32' | 'f64';

/** What a precision policy is made of. */
export interface PrecisionOptions {
  /** In which parameters are made and kept; default f32. */
  readonly params?: FloatDType;
  /** In which matrix products, convolutions and attention run; default that of `params`. */
  readonly compute?: FloatDType;
  /** In which sums, norms, softmax and losses run: f32, or f64 where products run in it. */
  readonly accumulate?: 'f32' | 'f64';
}

/** In which dtype the operations of a scope run. Made by `precision`. */
export interface Precision {
  readonly params: FloatDType;
  readonly compute: FloatDType;
  readonly accumulate: 'f32' | 'f64';
  /** Runs a function in which the policy holds: layers made in it get its parameters, operations its dtypes. */
  scope<T>(body: () => T): T;
  /** The same layer, but the policy holds whenever it is applied; names stay. */
  bind<L extends Layer>(layer: L): L;
}

/**
 * A precision policy (as JAX's jmp and torch.autocast): products run in `compute`; sums, norms, softmax and losses in
 * `accumulate`; elementwise operations in the dtype of their operands, the wider of two. Parameters are kept in
 * `params`, and so are their gradients. Each cast is recorded with its reason and line. See docs/precision.md.
 *
 *     const mixed = precision({ params: 'f32', compute: 'bf16', accumulate: 'f32' });
 *     export const fit = trainStep({ …, precision: mixed });
 *     const body = mixed.bind(nn.sequential(nn.linear(64, 128), nn.gelu()));
 *
 * @throws GraphError when `accumulate` is not what products of `compute` accumulate in.
 */
export function precision(options: PrecisionOptions = {}): Precision {
  const { params = 'f32', compute = params } = options;
  const sums = compute === 'f64' ? 'f64' : 'f32';
  const { accumulate = sums } = options;
  for (const dtype of [params, compute]) checkFloat(dtype);
  if (accumulate !== sums) {
    throw userError({
      code: 'precision',
      message: `precision: accumulate is ${accumulate}, but products of ${compute} accumulate in ${sums} on every runtime`,
      cure: `leave accumulate out, or say '${sums}'`,
    });
  }
  return new Policy(params, compute, accumulate);
}

function checkFloat(dtype: DType): void {
  if (isFloat(dtype)) return;
  throw userError({
    code: 'precision',
    message: `precision: ${dtype} is not f16, bf16, f32 or f64`,
  });
}

class Policy implements Precision, OperandRule {
  constructor(
    readonly params: FloatDType,
    readonly compute: FloatDType,
    readonly accumulate: 'f32' | 'f64',
  ) {}

  get key(): string {
    return `${this.params} ${this.compute} ${this.accumulate}`;
  }

  scope<T>(body: () => T): T {
    return withScope({ precision: this }, body);
  }

  bind<L extends Layer>(layer: L): L {
    const within =
      <A extends readonly unknown[], R>(f: (...args: A) => R) =>
      (...args: A): R =>
        this.scope(() => f(...args));
    const bound =
      typeof layer === 'function'
        ? within(layer)
        : { forward: within((x: Tensor) => layer.forward(x)) };
    const same = Object.assign(bound, { ...layer, ...(typeof layer === 'function' ? {} : bound) });
    const place = placeOf(layer);
    if (place) setPlace(same, place);
    return same as unknown as L;
  }

  operands(op: Op, inputs: readonly Tensor[]): readonly Tensor[] {
    const wanted = this.#wanted(op);
    if (!wanted) return inputs;
    const why = op.precision === 'accumulate' ? 'stays in' : 'runs in';
    return inputs.map((x) => {
      if (!isFloat(x.dtype) || x.dtype === wanted || raised(op, x.dtype, wanted)) return x;
      this.#checkParameter(x);
      return this.#cast(x, wanted, `precision policy: ${op.name} ${why} ${wanted}`);
    });
  }

  #wanted(op: Op): FloatDType | undefined {
    if (op.precision === 'accumulate') return this.accumulate;
    return op.precision === 'compute' || op.kind === 'contract' ? this.compute : undefined;
  }

  // Parameters follow what they are applied to; otherwise the wider of two wins.
  mix(operands: readonly Tensor[]): DType | undefined {
    const floats = operands.filter((t) => isFloat(t.dtype));
    const computed = floats.filter((t) => !isParameter(t));
    const voting = [...new Set((computed.length > 0 ? computed : floats).map((t) => t.dtype))];
    const own: readonly DType[] = [this.params, this.compute, this.accumulate];
    if (floats.some((t) => !own.includes(t.dtype))) return undefined;
    const widest = Math.max(...voting.map(dtypeBytes));
    const [dtype, other] = voting.filter((d) => dtypeBytes(d) === widest);
    return other ? undefined : dtype;
  }

  #checkParameter(x: Tensor): void {
    if (!isParameter(x) || x.dtype === this.params) return;
    throw new TypeRuleError(
      'precision',
      `a parameter is ${x.dtype}, the precision policy keeps them in ${this.params}`,
      `make its layer in the policy's scope(), or give the policy params: '${x.dtype}'`,
    );
  }

  #cast(x: Tensor, dtype: DType, note: string): Tensor {
    return make1(castOp, [x], { dtype }, { note });
  }
}

// What accumulates in more than is asked for stays as it is: f64 is not lowered to f32.
const raised = (op: Op, from: DType, to: DType): boolean =>
  op.precision === 'accumulate' && dtypeBytes(from) > dtypeBytes(to);

// A parameter itself, or another view of one.
function isParameter(t: Tensor): boolean {
  const [x] = t.node.inputs;
  if (t.node.op.kind === 'view' && t.node.inputs.length === 1 && x) return isParameter(x);
  return stateOf(t)?.kind === 'parameter';
}

/**
 * The type of a parameter that a layer makes: of the dtype that the policy around it keeps parameters in, f32 without
 * one. `parameter(parameterType(64, 10), init.zeros)`
 */
export function parameterType(...shape: readonly Dim[]): TensorType {
  return { dtype: (currentScope().precision as Precision | undefined)?.params ?? 'f32', shape };
}
