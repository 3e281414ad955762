import { fail, Path } from '../fault.ts';
import { type OpRow, opById, variadic } from '../ops.ts';
import { fb } from '../schema.ts';
import { type Context, eachRefersTo, isDType, maxRank, range, refersTo } from './rules.ts';

/** The op table's letters, in the order of the union's members. */
const letters = 'ifbsIdDSFCB';

const checkContent = (
  { program }: Context,
  path: Path,
  attribute: fb.AttributeT['value'],
  after: number,
): void => {
  if (attribute instanceof fb.DTypeAttrT) {
    isDType(path, attribute.value);
  } else if (attribute instanceof fb.DimAttrT) {
    refersTo(path, 'expr', attribute.value, program.exprs.length);
  } else if (attribute instanceof fb.ShapeAttrT) {
    if (attribute.value.length > maxRank) {
      fail('rank', path, `has ${attribute.value.length} dims, expected at most ${maxRank}`);
    }
    eachRefersTo(path, 'value', 'expr', attribute.value, program.exprs.length);
  } else if (attribute instanceof fb.FunctionAttrT) {
    refersTo(path, 'function', attribute.value, program.functions.length);
    if (attribute.value <= after) {
      fail('index', path, `refers to function ${attribute.value}, expected > ${after}`);
    }
  } else if (attribute instanceof fb.ConstantAttrT) {
    refersTo(path, 'constant', attribute.value, program.constants.length);
  } else if (attribute instanceof fb.BoolsAttrT) {
    for (const [i, value] of attribute.value.entries()) {
      if (value > 1) fail('attribute', path.at('value', i), `is ${value}, expected 0 or 1`);
    }
  }
};

/** Number, order, kinds and references. A function may only refer to those after it: `after` is its index, or -1. */
export const checkAttributes = (
  context: Context,
  path: Path,
  op: OpRow,
  attributes: readonly fb.AttributeT[],
  after: number,
): void => {
  if (attributes.length !== op.attributes.length) {
    fail(
      'attribute',
      path,
      `has ${attributes.length} attributes, expected ${op.attributes.length} for ${op.name}`,
    );
  }
  for (const [i, { valueType, value }] of attributes.entries()) {
    const at = path.at('attributes', i);
    const found = letters[valueType - 1] ?? '?';
    const expected = op.attributes[i] ?? '?';
    if (found !== expected) {
      fail('attribute', at, `is of kind ${found}, expected ${expected} for ${op.name}`);
    }
    checkContent(context, at, value, after);
  }
};

/** The op of a node or step, with as many operands and results as it takes and gives. */
export const checkOp = (path: Path, id: number, inputs: number, outputs: number): OpRow => {
  const op = opById(id) ?? fail('op', path, `has op ${id}, which this build does not know`);
  const most = op.maxInputs === variadic ? null : op.maxInputs;
  if (inputs < op.minInputs || (most !== null && inputs > most)) {
    fail(
      'arity',
      path,
      `has ${inputs} inputs, expected ${range(op.minInputs, most)} for ${op.name}`,
    );
  }
  if (op.outputs !== variadic && outputs !== op.outputs) {
    fail('arity', path, `has ${outputs} outputs, expected ${op.outputs} for ${op.name}`);
  }
  return op;
};

const checkFunction = (context: Context, path: Path, of: fb.FunctionT, index: number): void => {
  const { types, locations } = context.program;
  eachRefersTo(path, 'parameters', 'type', of.parameters, types.length);
  let values = of.parameters.length;
  for (const [i, node] of of.nodes.entries()) {
    const at = path.at('nodes', i);
    const op = checkOp(at, node.op, node.inputs.length, node.outputs.length);
    eachRefersTo(at, 'inputs', 'value', node.inputs, values);
    checkAttributes(context, at, op, node.attributes, index);
    eachRefersTo(at, 'outputs', 'type', node.outputs, types.length);
    eachRefersTo(at, 'locations', 'location', node.locations, locations.length);
    values += node.outputs.length;
  }
  eachRefersTo(path, 'results', 'value', of.results, values);
};

export const checkFunctions = (context: Context): void => {
  for (const [i, of] of context.program.functions.entries()) {
    checkFunction(context, Path.program.at('functions', i), of, i);
  }
};

/** The type of each value of a verified function. */
export const valueTypes = (of: fb.FunctionT): number[] => [
  ...of.parameters,
  ...of.nodes.flatMap((node) => node.outputs),
];
