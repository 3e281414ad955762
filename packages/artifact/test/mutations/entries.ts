import { fb } from '../../src/index.ts';
import { at, classify, fit, init, type Mutation } from './types.ts';

const entry = (p: fb.ProgramT, index: number): fb.EntryT => at(p.entries, index);

const add = (p: fb.ProgramT, shape: number[], dtype = fb.DType.F32): number =>
  p.types.push(new fb.TensorTypeT(dtype, shape)) - 1;

/** Entries. In the sample: 0 classify, 1 fit, 2 init. */
export const entries: readonly Mutation[] = [
  ['an entry without a name', 'name', (p) => (entry(p, 0).name = '')],
  ['two entries of one name', 'duplicate', (p) => (entry(p, 1).name = 'classify')],
  ['an entry of no kind', 'kind', (p) => (entry(p, 0).kind = 3 as fb.EntryKind)],
  ['an entry of no function', 'index', (p) => (entry(p, 0).function_ = 3)],
  ['an input without a name', 'name', (p) => (at(entry(p, 0).inputs, 0).name = '')],
  ['two inputs of one name', 'duplicate', (p) => (at(entry(p, fit).inputs, 1).name = 'image')],
  ['an input of no type', 'index', (p) => (at(entry(p, 0).inputs, 0).type = 9999)],
  ['an output of no type', 'index', (p) => (at(entry(p, 0).outputs, 0).type = 9999)],
  [
    'two outputs of one name',
    'duplicate',
    (p) => entry(p, 0).outputs.push(at(entry(p, 0).outputs, 0)),
  ],
  ['a read of no state', 'index', (p) => entry(p, classify).reads.push(2)],
  ['a state read twice', 'duplicate', (p) => entry(p, classify).reads.push(0)],
  ['a write of no state', 'index', (p) => entry(p, fit).writes.push(2)],
  ['a state written twice', 'duplicate', (p) => entry(p, fit).writes.push(1)],
  ['an entry at no location', 'index', (p) => (entry(p, 0).location = 1)],
  ['an entry with a symbol that is not there', 'index', (p) => entry(p, 0).symbols.push(2)],
  ['an entry with a symbol twice', 'duplicate', (p) => entry(p, 0).symbols.push(0)],
  ['an entry without the symbol of its input', 'symbol', (p) => (entry(p, 0).symbols = [])],
  ['an entry with a symbol that no input binds', 'symbol', (p) => entry(p, 0).symbols.push(1)],
  [
    'an output of a symbol that no input binds',
    'symbol',
    (p) => (at(entry(p, 0).outputs, 0).type = at(entry(p, fit).inputs, 1).type),
  ],
  [
    'an input of an expr of a symbol that no input binds',
    'symbol',
    (p) => {
      const product = p.exprs.push(new fb.ExprT(0n, 1, 1, fb.ExprKind.Add)) - 1;
      at(entry(p, classify).inputs, 0).type = add(p, [0, product]);
    },
  ],
  ['a parameter too few', 'signature', (p) => (entry(p, classify).reads = [])],
  ['a parameter too many', 'signature', (p) => entry(p, classify).reads.push(1)],
  ['a parameter of another shape', 'signature', (p) => (entry(p, classify).reads = [1])],
  [
    'a parameter of another dtype',
    'signature',
    (p) => {
      const { shape } = at(p.types, at(entry(p, classify).inputs, 0).type);
      at(entry(p, classify).inputs, 0).type = add(p, shape, fb.DType.F64);
    },
  ],
  ['a result too few', 'signature', (p) => (entry(p, classify).outputs = [])],
  ['a result too many', 'signature', (p) => entry(p, classify).writes.push(0)],
  ['results in another order', 'signature', (p) => entry(p, fit).writes.reverse()],
  ['an init without a seed', 'init', (p) => (at(entry(p, init).inputs, 0).name = 'key')],
  [
    'an init with a seed of another type',
    'init',
    (p) => {
      const type = add(p, at(p.types, at(entry(p, init).inputs, 0).type).shape, fb.DType.I32);
      at(entry(p, init).inputs, 0).type = type;
      at(p.functions, init).parameters = [type];
    },
  ],
  [
    'an init with two inputs',
    'init',
    (p) => {
      const { type } = at(entry(p, init).inputs, 0);
      entry(p, init).inputs.push(new fb.PortT('more', type, ''));
      at(p.functions, init).parameters.push(type);
      for (const node of at(p.functions, init).nodes) node.inputs = node.inputs.map((v) => v + 1);
      at(p.functions, init).results = [3, 2];
    },
  ],
  [
    'an init that reads state',
    'init',
    (p) => {
      entry(p, init).reads = [1];
      at(p.functions, init).parameters.push(at(p.states, 1).type);
      at(p.functions, init).results = [3, 2];
    },
  ],
  [
    'an init that leaves out a state',
    'init',
    (p) => {
      entry(p, init).writes = [0];
      at(p.functions, init).results = [2];
    },
  ],
  [
    'two inits',
    'init',
    (p) => p.entries.push(Object.assign(new fb.EntryT(), entry(p, init), { name: 'again' })),
  ],
];
