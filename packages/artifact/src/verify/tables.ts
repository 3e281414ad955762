import { type Binding, dtypeSize } from '../binding.ts';
import { fail, Path } from '../fault.ts';
import type { fb } from '../schema.ts';
import {
  type Context,
  eachRefersTo,
  isDType,
  isOneOf,
  isStatic,
  limit,
  maxRank,
  Names,
  refersTo,
} from './rules.ts';

/** Fails unless the product of the extents, zeros counted as 1, and `size` is within the limit. */
export const checkProduct = (path: Path, extents: readonly number[], size: number): void => {
  let product = BigInt(size);
  for (const extent of extents) {
    product *= BigInt(Math.max(extent, 1));
    if (product > BigInt(limit)) fail('overflow', path, `has a size of more than ${limit}`);
  }
};

/** Extents by expr, each at least 0. */
export const extentsOf = (
  path: Path,
  field: string,
  exprs: readonly number[],
  binding: Binding,
): number[] =>
  exprs.map((expr, axis) => {
    const extent = binding.at(expr);
    if (extent < 0) fail('extent', path.at(field, axis), `is ${extent}, expected at least 0`);
    return extent;
  });

/** Extents and sizes of all types at one binding. */
export const checkExtents = (program: fb.ProgramT, binding: Binding): void => {
  for (const [i, type] of program.types.entries()) {
    const path = Path.program.at('types', i);
    checkProduct(path, extentsOf(path, 'shape', type.shape, binding), dtypeSize(type.dtype));
  }
};

/** Number of elements; exact, as the product has been checked. */
export const elementsOf = (program: fb.ProgramT, type: number, binding: Binding): number =>
  (program.types[type]?.shape ?? []).reduce((product, expr) => product * binding.at(expr), 1);

export const bytesOf = (program: fb.ProgramT, type: number, binding: Binding): number =>
  elementsOf(program, type, binding) * dtypeSize(program.types[type]?.dtype ?? 0);

export const checkTypes = ({ program, high, low }: Context): void => {
  for (const [i, type] of program.types.entries()) {
    const path = Path.program.at('types', i);
    isDType(path.field('dtype'), type.dtype);
    if (type.shape.length > maxRank) {
      fail('rank', path, `has rank ${type.shape.length}, expected at most ${maxRank}`);
    }
    eachRefersTo(path, 'shape', 'expr', type.shape, program.exprs.length);
  }
  checkExtents(program, high);
  checkExtents(program, low);
};

export const checkLocations = ({ program }: Context): void => {
  for (const [i, file] of program.files.entries()) {
    if (file === '' || file.startsWith('/') || file.includes('\\')) {
      fail(
        'text',
        Path.program.at('files', i),
        `is "${file}", expected a relative path with forward slashes`,
      );
    }
  }
  for (const [i, { file, line, column }] of program.locations.entries()) {
    const path = Path.program.at('locations', i);
    refersTo(path, 'file', file, program.files.length);
    if (line < 1 || column < 1) {
      fail('location', path, `is line ${line}, column ${column}, expected both from 1`);
    }
  }
};

/** A type without symbols, as stored data have. */
const checkStatic = (context: Context, path: Path, type: number): void => {
  refersTo(path.field('type'), 'type', type, context.program.types.length);
  if (!isStatic(context, type)) fail('symbolic', path, 'has a type that depends on a symbol');
};

export const checkConstants = (context: Context): void => {
  const { program, high } = context;
  for (const [i, { type, segment, offset }] of program.constants.entries()) {
    const path = Path.program.at('constants', i);
    checkStatic(context, path, type);
    refersTo(path.field('segment'), 'segment', segment, program.segments.length);
    if (offset % 64n !== 0n) {
      fail('constant', path, `starts at byte ${offset} of its segment, expected a multiple of 64`);
    }
    const bytes = BigInt(bytesOf(program, type, high));
    const length = program.segments[segment]?.length ?? 0n;
    if (offset > length || bytes > length - offset) {
      fail('constant', path, `has ${bytes} bytes from byte ${offset} of a segment of ${length}`);
    }
  }
};

export const checkStates = (context: Context): void => {
  const names = new Names();
  for (const [i, state] of context.program.states.entries()) {
    const path = Path.program.at('states', i);
    names.add(path, state.name);
    checkStatic(context, path, state.type);
    isOneOf(path.field('kind'), 'state kind', state.kind, 3);
  }
};
