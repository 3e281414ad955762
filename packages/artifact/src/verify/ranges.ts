import { type Binding, dtypeSize } from '../binding.ts';
import { fail, type Path } from '../fault.ts';
import { fb } from '../schema.ts';
import type { Context } from './rules.ts';
import { bytesOf, checkProduct, elementsOf, extentsOf } from './tables.ts';
import { isZero, reducedAxes } from './tape.ts';

/** The dims of an iteration space and how an access moves along them, at one binding. */
interface Motion {
  readonly extent: bigint;
  readonly stride: bigint;
}

/** Along dims whose stride is 0 by itself an access does not move, not even where the extent is 0. */
const motionsOf = (
  context: Context,
  access: fb.AccessT,
  extents: readonly number[],
  binding: Binding,
): Motion[] =>
  access.strides.flatMap((stride, axis) =>
    isZero(context, stride)
      ? []
      : [{ extent: BigInt(extents[axis] ?? 0), stride: BigInt(binding.at(stride)) }],
  );

/** Every address lies inside the value. */
const checkAccess = (
  context: Context,
  path: Path,
  value: fb.ValueT,
  access: fb.AccessT,
  extents: readonly number[],
  binding: Binding,
): void => {
  const motions = motionsOf(context, access, extents, binding);
  if (motions.some(({ extent }) => extent === 0n)) return;
  let first = BigInt(binding.at(access.offset));
  let last = first;
  for (const { extent, stride } of motions) {
    const reach = (extent - 1n) * stride;
    if (reach < 0n) first += reach;
    else last += reach;
  }
  const elements = elementsOf(context.program, value.type, binding);
  if (first < 0n || last >= BigInt(elements)) {
    fail('access', path, `reaches elements ${first} to ${last} of a value of ${elements}`);
  }
};

/** The dims over which a store writes: the kept ones, and the reduced ones where its value varies over them. */
export const storeExtents = (
  context: Context,
  fused: fb.FusedT,
  access: fb.AccessT,
  binding: Binding,
): Motion[] => {
  const { from, to } = reducedAxes(fused);
  const kept = access.strides.slice(from, to).every((stride) => isZero(context, stride));
  return fused.dims.flatMap((dim, axis) =>
    kept && axis >= from && axis < to
      ? []
      : [
          {
            extent: BigInt(binding.at(dim)),
            stride: BigInt(binding.at(access.strides[axis] ?? 0)),
          },
        ],
  );
};

/** No element is written twice: sorted, each stride is larger than all that the smaller ones reach. */
const checkStore = (
  context: Context,
  path: Path,
  fused: fb.FusedT,
  access: fb.AccessT,
  binding: Binding,
): void => {
  const motions = storeExtents(context, fused, access, binding);
  if (motions.some(({ extent }) => extent === 0n)) return;
  const moving = motions
    .filter(({ extent }) => extent > 1n)
    .map(({ extent, stride }) => ({ extent, stride: stride < 0n ? -stride : stride }))
    .sort((a, b) => (a.stride < b.stride ? -1 : a.stride > b.stride ? 1 : 0));
  let reach = 0n;
  for (const { extent, stride } of moving) {
    if (stride <= reach) fail('store', path, 'may write an element more than once');
    reach += (extent - 1n) * stride;
  }
};

/** The values of a plan, or of a body, for the checks at one binding. */
interface RangeContext {
  readonly context: Context;
  readonly values: readonly fb.ValueT[];
  readonly binding: Binding;
}

const checkAccesses = (
  { context, values, binding }: RangeContext,
  path: Path,
  accesses: readonly (readonly [Path, fb.AccessT])[],
  extents: readonly number[],
): void => {
  checkProduct(path, extents, 1);
  for (const [at, access] of accesses) {
    const value = values[access.value] ?? new fb.ValueT();
    checkAccess(context, at, value, access, extents, binding);
  }
};

const checkFused = (range: RangeContext, path: Path, fused: fb.FusedT): void => {
  const { context, binding } = range;
  const extents = extentsOf(path, 'dims', fused.dims, binding);
  const accesses = fused.accesses.map((access, i) => [path.at('accesses', i), access] as const);
  checkAccesses(range, path, accesses, extents);
  for (const [i, { kind, a }] of fused.tape.entries()) {
    const access = fused.accesses[a];
    if (kind !== fb.InstrKind.Store || access === undefined) continue;
    checkStore(context, path.at('tape', i), fused, access, binding);
  }
};

const checkContract = (range: RangeContext, path: Path, contract: fb.ContractT): void => {
  const { batch, m, n, k, a, b, epilogue } = contract;
  const extents = [
    ...extentsOf(path, 'batch', batch, range.binding),
    ...([m, n, k] as const).map((expr, i) => {
      const name = ['m', 'n', 'k'][i] ?? '';
      const extent = range.binding.at(expr);
      if (extent < 0) fail('extent', path.field(name), `is ${extent}, expected at least 0`);
      return extent;
    }),
  ];
  const none = new fb.AccessT();
  const operands = [
    [path.field('a'), a ?? none],
    [path.field('b'), b ?? none],
  ] as const;
  checkAccesses(range, path, operands, extents);
  checkFused(range, path.field('epilogue'), epilogue ?? new fb.FusedT());
};

const checkValue = (
  { context, values, binding }: RangeContext,
  path: Path,
  value: fb.ValueT,
): void => {
  const { program } = context;
  if (value.storage === fb.Storage.Arena) {
    const bytes = bytesOf(program, value.type, binding);
    if (BigInt(bytes) > value.bytes) {
      fail('arena', path, `needs ${bytes} bytes, but has ${value.bytes}`);
    }
  } else if (value.storage === fb.Storage.Alias) {
    const base = values[value.index]?.type ?? 0;
    const [own, other] = [value.type, base].map((type) => elementsOf(program, type, binding));
    if (own !== other) fail('alias', path, `has ${own} elements of a value of ${other}`);
  }
};

const checkSteps = (range: RangeContext, path: Path, steps: readonly fb.StepT[]): void => {
  for (const [s, { body }] of steps.entries()) {
    const at = path.at('steps', s).field('body');
    if (body instanceof fb.FusedT) checkFused(range, at, body);
    else if (body instanceof fb.ContractT) checkContract(range, at, body);
    else if (body instanceof fb.ControlT) checkBodies(range, at, body);
    else if (body instanceof fb.KernelT) checkRows(range, at, body);
  }
};

const checkRows = ({ binding }: RangeContext, path: Path, kernel: fb.KernelT): void => {
  const rows = binding.at(kernel.rows);
  if (rows < 0) fail('extent', path.field('rows'), `is ${rows}, expected at least 0`);
};

const checkValues = (range: RangeContext, path: Path): void => {
  for (const [i, value] of range.values.entries()) checkValue(range, path.at('values', i), value);
};

const checkBodies = (range: RangeContext, path: Path, { bodies }: fb.ControlT): void => {
  for (const [i, body] of bodies.entries()) {
    const at = path.at('bodies', i);
    const own = { ...range, values: body.values };
    checkValues(own, at);
    checkSteps(own, at, body.steps);
  }
};

/**
 * What depends on the values of symbols: sizes of values, and that every access lies inside its value. The types'
 * extents have been checked at the same binding.
 */
export const checkRanges = (
  path: Path,
  context: Context,
  plan: fb.EntryPlanT,
  binding: Binding,
): void => {
  const range: RangeContext = { context, values: plan.values, binding };
  checkValues(range, path);
  for (const [r, { steps }] of plan.regions.entries())
    checkSteps(range, path.at('regions', r), steps);
};

/** Width of a value's elements. */
export const widthOf = ({ program }: Context, value: fb.ValueT | undefined): number =>
  dtypeSize(program.types[value?.type ?? -1]?.dtype ?? 0);
