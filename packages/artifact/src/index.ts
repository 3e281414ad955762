export * as fb from './generated/vorab/fb.ts';
export { type OpKind, type OpRow, opById, opByName, variadic } from './ops.ts';
