import type { Dim, DimSymbol } from './dim.ts';
import { DimExpr, dimKey, dimSymbols } from './dim.ts';
import { dtypes } from './dtype.ts';
import { userError } from './fail.ts';
import type { CallSite } from './location.ts';
import type { Node } from './node.ts';
import { Tensor } from './node.ts';
import type { TensorType } from './op.ts';
import { inputOp } from './ops/leaves.ts';
import type { InputTypes, NamedTensor, TracedProgram } from './program.ts';
import { isParameter } from './subgraph.ts';
import { dimsOf } from './subgraph-bind.ts';
import { topologicalOrder } from './topo.ts';

// What can be wrong with a program as a whole; each op has checked itself.

type Site = readonly CallSite[];

/** @throws GraphError when an input's name or type is unusable, or one dim name stands for two dims. */
export function checkInputTypes(inputs: InputTypes, what: string, site: Site): void {
  if (!isRecord(inputs)) {
    throw userError(
      {
        code: 'inputs',
        message: `${what}: the inputs are ${describe(inputs)}, expected an object of types`,
        cure: 'for example { image: f32(N, 64) }',
      },
      site,
    );
  }
  for (const [name, type] of Object.entries(inputs)) {
    checkName('input', name, site);
    if (!isTensorType(type)) {
      throw userError(
        {
          code: 'input-type',
          message: `input '${name}' is ${describe(type)}, expected a type`,
          cure: 'for example f32(N, 64)',
        },
        site,
      );
    }
  }
  const extents = Object.values(inputs).flatMap((t) => t.shape);
  for (const name of declaredDims(extents, site).keys()) {
    if (extents.some((d) => dimKey(d) === name)) continue;
    throw userError(
      {
        code: 'unbound-dim',
        message: `dim ${name} stands alone in no input's shape, so its size cannot be read from one`,
        cure: `give an input the extent ${name} itself`,
      },
      site,
    );
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  ![Array, Tensor, Promise].some((other) => value instanceof other);

function isTensorType(value: unknown): value is TensorType {
  if (!isRecord(value)) return false;
  const { dtype, shape } = value;
  const isDim = (d: unknown): boolean => typeof d === 'number' || d instanceof DimExpr;
  return dtypes.some((d) => d === dtype) && Array.isArray(shape) && shape.every(isDim);
}

function checkName(what: string, name: string, site: Site): void {
  if (/^[A-Za-z_$][\w$]*$/.test(name)) return;
  throw userError(
    {
      code: 'name',
      message: `${what} '${name}' is not an identifier`,
      cure: 'names become properties and safetensors keys: use letters, digits and _',
    },
    site,
  );
}

/** The outputs by name. @throws GraphError when they are anything but an object of tensors. */
export function checkOutputs(outputs: unknown, what: string, site: Site): readonly NamedTensor[] {
  if (!isRecord(outputs)) {
    const single =
      outputs instanceof Tensor ? 'give it a name: => ({ y })' : 'for example => ({ probs })';
    throw userError(
      {
        code: 'outputs',
        message: `${what}: the function returned ${describe(outputs)}, expected an object of tensors`,
        cure: single,
      },
      site,
    );
  }
  return Object.entries(outputs).map(([name, tensor]) => {
    checkName('output', name, site);
    if (tensor instanceof Tensor) return { name, tensor };
    throw userError(
      {
        code: 'output',
        message: `output '${name}' is ${describe(tensor)}, expected a tensor`,
        cure:
          typeof tensor === 'number'
            ? `make it a tensor: full(${tensor}, [])`
            : 'outputs are a flat object of tensors',
      },
      site,
    );
  });
}

function describe(value: unknown): string {
  if (value instanceof Tensor) return `a tensor ${value}`;
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Promise) return 'a promise';
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Checks the whole graph: its inputs are its own, its dims are known from the inputs. */
export function checkGraph(traced: TracedProgram, types: InputTypes, site: Site): void {
  const roots = [...traced.outputs.map((o) => o.tensor), ...traced.updates.map((u) => u.value)];
  const own = new Set(traced.inputs.map((i) => i.tensor.node));
  const bound = declaredDims(
    Object.values(types).flatMap((t) => t.shape),
    site,
  );
  for (const node of topologicalOrder(roots)) {
    if (node.op === inputOp && !own.has(node)) throw foreignInput(node);
    for (const symbol of dimsOf(node).flatMap(dimSymbols)) checkSymbol(symbol, bound, node);
  }
}

function foreignInput(node: Node): Error {
  if (isParameter(node)) return leaked(node);
  const name = String(node.attrs['name']);
  return userError(
    {
      code: 'foreign-input',
      message: `input '${name}' of another program is used here`,
      cure: 'pass it as an input, or keep what both need in a state()',
    },
    node.stacks[0] ?? [],
  );
}

function leaked(node: Node): Error {
  const name = String(node.attrs['name']);
  return userError(
    {
      code: 'leaked',
      message: `a value from inside the body of a function, computed from its ${name}, is used outside it`,
      cure: 'return it from the body, and use what the call gives',
    },
    node.stacks[0] ?? [],
  );
}

/** What is tapped must be on the way to a result, or it would be gone without a word. */
export function checkTaps(
  traced: TracedProgram,
  taps: readonly { readonly name: string; readonly callSites: Site }[],
): void {
  if (taps.length === 0) return;
  const roots = [...traced.outputs.map((o) => o.tensor), ...traced.updates.map((u) => u.value)];
  const found = topologicalOrder(roots).filter((node) => node.op.name === 'tap');
  const names = new Set(found.map((node) => node.attrs['name']));
  const lost = taps.find(({ name }) => !names.has(name));
  if (!lost) return;
  throw userError(
    {
      code: 'tap',
      message: `tap '${lost.name}': nothing uses what it returns`,
      cure: `go on with its result: const h = tap('${lost.name}', x)`,
    },
    lost.callSites,
  );
}

function checkSymbol(symbol: DimSymbol, bound: ReadonlyMap<string, DimSymbol>, node: Node): void {
  const known = bound.get(symbol.name);
  const site = node.stacks[0] ?? [];
  if (!known) {
    throw userError(
      {
        code: 'unbound-dim',
        message: `dim ${symbol.name} is in no input's type, so its size is never known`,
        cure: 'use a dim of one of the inputs, or a number',
      },
      site,
    );
  }
  if (!sameBounds(known, symbol)) throw twoBounds(known, symbol, site);
}

function declaredDims(dims: readonly Dim[], site: Site): ReadonlyMap<string, DimSymbol> {
  const found = new Map<string, DimSymbol>();
  for (const symbol of dims.flatMap(dimSymbols)) {
    const known = found.get(symbol.name);
    if (known && !sameBounds(known, symbol)) throw twoBounds(known, symbol, site);
    found.set(symbol.name, symbol);
  }
  return found;
}

const sameBounds = (a: DimSymbol, b: DimSymbol): boolean =>
  a.min === b.min && a.max === b.max && a.multipleOf === b.multipleOf;

function twoBounds(a: DimSymbol, b: DimSymbol, site: Site): Error {
  const text = (s: DimSymbol): string =>
    `{ min: ${s.min}, max: ${s.max}, multipleOf: ${s.multipleOf} }`;
  return userError(
    {
      code: 'dim-bounds',
      message: `dim ${a.name} has two different bounds in one program: ${text(a)} and ${text(b)}`,
      cure: 'declare it once and share it, or give the second another name',
    },
    site,
  );
}
