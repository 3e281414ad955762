import { currentProgram } from './current-program.ts';
import { leaf } from './define.ts';
import { isFloat } from './dtype.ts';
import { userError } from './fail.ts';
import type { Initializer } from './init.ts';
import { constant } from './init.ts';
import type { CallSite } from './location.ts';
import { captureCallSites } from './location.ts';
import type { Node, Tensor } from './node.ts';
import { formatType, make1 } from './node.ts';
import type { LeafOp, TensorType } from './op.ts';
import { Place } from './place.ts';
import { currentScope, withScope } from './scope.ts';
import { f32 } from './types.ts';

/** A state as a leaf of the graph. It has identity; its value comes from outside. Not in an artifact's functions. */
export const stateOp: LeafOp = leaf({
  name: 'state',
  doc: 'the value of a state when the call began',
  attributes: { dtype: 'dtype', shape: 'shape' },
  infer: (_, { dtype, shape }) => [{ dtype, shape }],
  evaluate: null,
});

export type StateKind = 'parameter' | 'state' | 'hyper';

/** How a state gets its name. */
export type StateNaming =
  /** From the user's source and the containers around it, then `local`. */
  | { readonly form: 'placed'; readonly place: Place; readonly local: string }
  /** As it stands. */
  | { readonly form: 'absolute'; readonly name: string }
  /** `<prefix>.<name of the other state>`: optimizer slots. */
  | { readonly form: 'derived'; readonly prefix: string; readonly of: StateVariable };

/** What a state variable is made of. */
export interface StateSpec {
  readonly kind: StateKind;
  readonly type: TensorType;
  readonly init: Initializer;
  readonly naming: StateNaming;
  /** Default: for parameters of a float dtype. */
  readonly trainable?: boolean | undefined;
}

let created = 0;

/** A value that lives from call to call: a parameter, a state or a hyper-parameter. Identity counts. */
export class StateVariable {
  readonly kind: StateKind;
  readonly type: TensorType;
  readonly trainable: boolean;
  readonly naming: StateNaming;
  /** The value when the call began, in any program. */
  readonly tensor: Tensor;
  /** Where it was made. */
  readonly callSites: readonly CallSite[] = currentScope().inherited?.[0] ?? captureCallSites();
  /** Order of creation in this process; settles equal names. */
  readonly sequence: number = created++;
  readonly #init: Initializer;

  constructor(spec: StateSpec) {
    const { dtype, shape } = spec.type;
    const symbolic = shape.find((d) => typeof d !== 'number');
    if (symbolic !== undefined) {
      throw userError({
        code: 'state-shape',
        message: `a ${spec.kind} of type ${formatType(spec.type)}: its extent ${symbolic} is symbolic`,
        cure: 'states have fixed shapes: give a number',
      });
    }
    this.kind = spec.kind;
    this.type = spec.type;
    this.naming = spec.naming;
    this.trainable = spec.trainable ?? (spec.kind === 'parameter' && isFloat(dtype));
    this.#init = spec.init;
    this.tensor = make1(stateOp, [], { dtype, shape }, { identity: true });
    variables.set(this.tensor.node, this);
  }

  /**
   * The first value, in ops, from a u32[2] key.
   *
   * @throws GraphError at the state's line when the initialiser gives another type.
   */
  init(key: Tensor): Tensor {
    const value = withScope({ inherited: [this.callSites], note: 'initialiser' }, () =>
      this.#init(key, this.type),
    );
    if (formatType(value.type) === formatType(this.type)) return value;
    throw userError(
      {
        code: 'init-type',
        message: `the initialiser gives ${value}, expected ${formatType(this.type)}`,
      },
      this.callSites,
    );
  }
}

const variables = new WeakMap<Node, StateVariable>();

/** The state that a tensor reads, if it is the leaf of one. */
export function stateOf(tensor: Tensor): StateVariable | undefined {
  return tensor.node.op === stateOp ? variables.get(tensor.node) : undefined;
}

/** A number stands for a constant initialiser. */
export type InitialValue = Initializer | number;

const initializer = (value: InitialValue): Initializer =>
  typeof value === 'number' ? constant(value) : value;

export interface StateOptions {
  /** Its name inside what makes it: `scale` in `norm.scale`. Default: the variable that holds it. */
  readonly name?: string;
}

export interface ParameterOptions extends StateOptions {
  /** Whether `trainStep` may train it; default true. */
  readonly trainable?: boolean;
}

/**
 * A value that programs read and `update`, kept from call to call. The tensor is the value at the start of a call, also
 * after an `update` in the same program.
 *
 *     const count = state(i32(), 0);
 *     export const tick = program({}, () => (update(count, count.add(1)), { count }));
 *
 * @throws GraphError when the shape has symbolic extents, or inside a program.
 */
export function state(type: TensorType, init: InitialValue, options: StateOptions = {}): Tensor {
  return placed('state', type, init, options).tensor;
}

/**
 * A state that `trainStep` trains where the loss depends on it. Usually made by a layer of `nn`.
 *
 *     const scale = parameter(f32(64), init.ones, { name: 'scale' });
 *
 * @throws GraphError when the shape has symbolic extents, or inside a program.
 */
export function parameter(
  type: TensorType,
  init: InitialValue,
  options: ParameterOptions = {},
): Tensor {
  return placed('parameter', type, init, options).tensor;
}

// Each trace would make another, so entries could not share it.
function checkOutside(kind: StateKind): void {
  if (!currentProgram()) return;
  throw userError({
    code: 'inside-program',
    message: `a ${kind === 'hyper' ? 'hyper-parameter' : kind} is made inside a program`,
    cure: 'make layers and states outside, and use them inside: const layer = nn.linear(64, 10)',
  });
}

function placed(
  kind: 'parameter' | 'state',
  type: TensorType,
  init: InitialValue,
  { name = '', trainable }: ParameterOptions,
): StateVariable {
  checkOutside(kind);
  const naming: StateNaming = { form: 'placed', place: new Place(), local: name };
  return new StateVariable({ kind, type, init: initializer(init), naming, trainable });
}

/**
 * An f32 scalar that is set at run time, without compiling again.
 *
 *     const lr = hyper('lr', 3e-3);
 *     optim.adamW({ learningRate: lr });
 */
export function hyper(name: string, value: number): Tensor {
  checkOutside('hyper');
  if (!/^[A-Za-z_][\w.]*$/.test(name)) {
    throw userError({ code: 'name', message: `hyper: '${name}' is not a name` });
  }
  const naming: StateNaming = { form: 'absolute', name };
  return new StateVariable({ kind: 'hyper', type: f32(), init: constant(value), naming }).tensor;
}
