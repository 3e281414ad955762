import { fb } from '../../src/index.ts';
import { at, blas, body, classify, entryPlan, fit, type Mutation, mlx, steps } from './types.ts';

const plan = (p: fb.ProgramT, index = blas): fb.PlanT => at(p.plans, index);

const value = (p: fb.ProgramT, entry: number, index: number, of = blas): fb.ValueT =>
  at(entryPlan(p, of, entry).values, index);

const region = (p: fb.ProgramT): fb.RegionT => at(entryPlan(p, blas, classify).regions, 0);

/** Plans, their values, regions and the parts of a step that all kinds share. */
export const plans: readonly Mutation[] = [
  ['a plan without a name', 'name', (p) => (plan(p).name = '')],
  ['two plans of one name', 'duplicate', (p) => (plan(p, mlx).name = 'blas')],
  ['a plan without targets', 'plan', (p) => (plan(p).targets = [])],
  ['a plan with an empty target', 'name', (p) => plan(p).targets.push('')],
  ['a plan with a target twice', 'duplicate', (p) => plan(p).targets.push('blas')],
  ['a plan that requires nothing by name', 'name', (p) => plan(p).requires.push('')],
  [
    'a plan that requires the same twice',
    'duplicate',
    (p) => plan(p).requires.push('fuse', 'fuse'),
  ],
  ['a plan that lacks an entry', 'plan', (p) => plan(p).entries.pop()],
  ['a plan of no entry', 'index', (p) => (entryPlan(p, blas, 0).entry = 3)],
  ['a plan with an entry twice', 'duplicate', (p) => (entryPlan(p, blas, 1).entry = 0)],
  ['a region of a target that is not the plan\u2019s', 'plan', (p) => (region(p).target = 'mlx')],
  ['a region of no target', 'plan', (p) => (region(p).target = '')],
  ['an arena beyond 53 bits', 'arena', (p) => (entryPlan(p, blas, 0).arenaBytes = 2n ** 53n)],
  [
    'a cast from no dtype',
    'kind',
    (p) => (at(entryPlan(p, blas, 0).casts, 0).from = 10 as fb.DType),
  ],
  ['a cast to no dtype', 'kind', (p) => (at(entryPlan(p, blas, 0).casts, 0).to = 10 as fb.DType)],
  ['a cast with no reason', 'index', (p) => (at(entryPlan(p, blas, 0).casts, 0).reason = 99)],
  ['a cast at no location', 'index', (p) => (at(entryPlan(p, blas, 0).casts, 0).location = 1)],
  ['first_write too early', 'first-write', (p) => (entryPlan(p, blas, fit).firstWrite = 5)],
  ['first_write too late', 'first-write', (p) => (entryPlan(p, blas, fit).firstWrite = 7)],
  ['first_write without a write', 'first-write', (p) => (entryPlan(p, blas, 0).firstWrite = 2)],
  [
    'first_write of a plan of values',
    'first-write',
    (p) => (entryPlan(p, mlx, fit).firstWrite = 0),
  ],

  ['a value of no type', 'index', (p) => (value(p, classify, 0).type = 9999)],
  ['a value of no storage', 'kind', (p) => (value(p, classify, 0).storage = 7 as fb.Storage)],
  ['a value of an input that is not there', 'index', (p) => (value(p, classify, 0).index = 1)],
  ['a value of a state that is not there', 'index', (p) => (value(p, classify, 1).index = 2)],
  ['a value of a constant that is not there', 'index', (p) => (value(p, classify, 2).index = 2)],
  ['a value of an output that is not there', 'index', (p) => (value(p, classify, 5).index = 1)],
  [
    'an input of another type',
    'storage',
    (p) => (value(p, classify, 0).type = value(p, classify, 3).type),
  ],
  [
    'a state of another type',
    'storage',
    (p) => (value(p, classify, 1).type = value(p, classify, 2).type),
  ],
  [
    'a constant of another type',
    'storage',
    (p) => (value(p, classify, 2).type = value(p, classify, 1).type),
  ],
  [
    'an output of another type',
    'storage',
    (p) => (value(p, classify, 5).type = value(p, classify, 6).type),
  ],
  ['an arena value off its alignment', 'arena', (p) => (value(p, fit, 1).offset = 32n)],
  ['an arena value of odd size', 'arena', (p) => (value(p, fit, 1).bytes = 257n)],
  ['an arena value beyond the arena', 'arena', (p) => (value(p, fit, 8).offset = 896n)],
  [
    'an arena value far beyond the arena',
    'arena',
    (p) => (value(p, fit, 8).offset = 2n ** 64n - 64n),
  ],
  [
    'an arena value larger than the arena',
    'arena',
    (p) => (value(p, fit, 8).bytes = 2n ** 64n - 64n),
  ],
  ['an arena smaller than its values', 'arena', (p) => (entryPlan(p, blas, fit).arenaBytes = 832n)],
  ['an arena value too small for its type', 'arena', (p) => (value(p, fit, 1).bytes = 192n)],
  [
    'an arena value too small at the largest binding',
    'arena',
    (p) => {
      value(p, classify, 3).bytes = 10240n - 64n;
      value(p, classify, 4).bytes = 10240n - 64n;
    },
  ],
  ['an alias of itself', 'index', (p) => (value(p, classify, 6).index = 6)],
  [
    'an alias of a later value',
    'index',
    (p) => {
      value(p, classify, 3).storage = fb.Storage.Alias;
      value(p, classify, 3).index = 4;
    },
  ],
  [
    'an alias of an alias',
    'alias',
    (p) => {
      const { type } = value(p, classify, 6);
      entryPlan(p, blas, classify).values.push(new fb.ValueT(type, fb.Storage.Alias, 6));
    },
  ],
  [
    'an alias of another width',
    'alias',
    (p) => {
      const { shape } = at(p.types, value(p, classify, 6).type);
      const type = p.types.push(new fb.TensorTypeT(fb.DType.F64, shape)) - 1;
      value(p, classify, 6).type = type;
    },
  ],
  [
    'an alias of another size',
    'alias',
    (p) => (value(p, classify, 6).type = value(p, classify, 0).type),
  ],

  ['a step without a reason', 'index', (p) => (at(steps(p, blas, 0), 0).reason = 99)],
  ['a step without a border', 'index', (p) => (at(steps(p, blas, 0), 0).border = 99)],
  ['a step of no node', 'index', (p) => at(steps(p, blas, 0), 0).nodes.push(5)],
  ['a step at no location', 'index', (p) => at(steps(p, blas, 0), 0).locations.push(1)],
  [
    'a step of an unknown kind',
    'kind',
    (p) => (at(steps(p, blas, 0), 0).bodyType = 8 as fb.StepBody),
  ],
  ['a step of no kind', 'kind', (p) => (at(steps(p, blas, 0), 0).bodyType = fb.StepBody.NONE)],

  ['an op that no build knows', 'op', (p) => (body(p, mlx, 0, 0, fb.ApplyT).op = 60000)],
  ['an op with too few inputs', 'arity', (p) => body(p, mlx, 0, 0, fb.ApplyT).inputs.pop()],
  ['an op with two outputs', 'arity', (p) => body(p, mlx, 0, 0, fb.ApplyT).outputs.push(4)],
  ['an op without outputs', 'arity', (p) => (body(p, mlx, 0, 0, fb.ApplyT).outputs = [])],
  ['an op that reads no value', 'index', (p) => (body(p, mlx, 0, 0, fb.ApplyT).inputs[0] = 7)],
  ['an op that writes no value', 'index', (p) => (body(p, mlx, 0, 0, fb.ApplyT).outputs[0] = 7)],
  [
    'an op without its attributes',
    'attribute',
    (p) => (body(p, mlx, 0, 1, fb.ApplyT).attributes = []),
  ],
  [
    'an op with a shape of exprs that are not there',
    'index',
    (p) => (at(body(p, mlx, 0, 1, fb.ApplyT).attributes, 0).value = new fb.ShapeAttrT([9999])),
  ],
];
