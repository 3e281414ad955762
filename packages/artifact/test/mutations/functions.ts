import { fb } from '../../src/index.ts';
import { op } from '../model.ts';
import { at, type Mutation } from './types.ts';

const nodeOf = (p: fb.ProgramT, of: number, node: number): fb.NodeT =>
  at(at(p.functions, of).nodes, node);

const attribute = (p: fb.ProgramT, of: number, node: number, index: number): fb.AttributeT =>
  at(nodeOf(p, of, node).attributes, index);

const float = (): fb.AttributeT =>
  new fb.AttributeT(fb.AttributeValue.FloatAttr, new fb.FloatAttrT(1));

/** Functions and their attributes. In the sample: 0 classify, 1 fit, 2 init. */
export const functions: readonly Mutation[] = [
  ['a parameter of no type', 'index', (p) => (at(p.functions, 0).parameters[0] = 9999)],
  ['a node of no op', 'op', (p) => (nodeOf(p, 0, 0).op = 60000)],
  ['a node of op 0', 'op', (p) => (nodeOf(p, 0, 0).op = 0)],
  ['a node with too few inputs', 'arity', (p) => nodeOf(p, 0, 0).inputs.pop()],
  ['a node with too many inputs', 'arity', (p) => nodeOf(p, 0, 0).inputs.push(0)],
  [
    'a variadic node without inputs',
    'arity',
    (p) => {
      nodeOf(p, 0, 4).op = op('concat');
      nodeOf(p, 0, 4).inputs = [];
    },
  ],
  ['a node that reads itself', 'index', (p) => (nodeOf(p, 0, 0).inputs[1] = 2)],
  ['a node that reads a later value', 'index', (p) => (nodeOf(p, 0, 3).inputs[0] = 6)],
  ['a node without outputs', 'arity', (p) => (nodeOf(p, 0, 0).outputs = [])],
  ['a node with two outputs', 'arity', (p) => nodeOf(p, 0, 0).outputs.push(0)],
  ['a node with an output of no type', 'index', (p) => (nodeOf(p, 0, 0).outputs[0] = 9999)],
  ['a node at no location', 'index', (p) => nodeOf(p, 0, 0).locations.push(1)],
  ['a result that is no value', 'index', (p) => (at(p.functions, 0).results[0] = 7)],
  ['a missing attribute', 'attribute', (p) => nodeOf(p, 0, 2).attributes.pop()],
  ['an extra attribute', 'attribute', (p) => nodeOf(p, 0, 0).attributes.push(float())],
  ['an attribute of another kind', 'attribute', (p) => (nodeOf(p, 0, 1).attributes = [float()])],
  ['attributes in another order', 'attribute', (p) => nodeOf(p, 0, 2).attributes.reverse()],
  [
    'an attribute of an unknown kind',
    'attribute',
    (p) => (attribute(p, 0, 1, 0).valueType = 12 as fb.AttributeValue),
  ],
  [
    'an attribute of no kind',
    'attribute',
    (p) => (attribute(p, 0, 1, 0).valueType = fb.AttributeValue.NONE),
  ],
  [
    'a constant attribute that refers to none',
    'index',
    (p) => (attribute(p, 0, 1, 0).value = new fb.ConstantAttrT(9999)),
  ],
  [
    'a dtype attribute of no dtype',
    'kind',
    (p) => (attribute(p, 1, 1, 0).value = new fb.DTypeAttrT(10 as fb.DType)),
  ],
  [
    'a shape attribute of a dim that is not there',
    'index',
    (p) => (attribute(p, 0, 2, 0).value = new fb.ShapeAttrT([0, 9999])),
  ],
  [
    'a shape attribute of too high a rank',
    'rank',
    (p) => (attribute(p, 0, 2, 0).value = new fb.ShapeAttrT([0, 0, 0, 0, 0, 0, 0, 0, 0])),
  ],
  [
    'a dim attribute that is no expr',
    'index',
    (p) => {
      const of = nodeOf(p, 1, 1);
      of.op = op('sizeOf');
      of.inputs = [];
      of.attributes.unshift(new fb.AttributeT(fb.AttributeValue.DimAttr, new fb.DimAttrT(9999)));
    },
  ],
];
