export { type Index, ProgramBuilder, type SymbolBounds } from './builder.ts';
export { type OpKind, type OpRow, opById, opByName, variadic } from './ops.ts';
export { fb } from './schema.ts';
export { write } from './write.ts';
