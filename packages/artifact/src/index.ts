export { Binding, dtypeName, dtypeSize } from './binding.ts';
export { type Index, ProgramBuilder, type SymbolBounds } from './builder.ts';
export { dump } from './dump.ts';
export { ArtifactError, type Fault } from './fault.ts';
export { type OpKind, type OpRow, opById, opByName, variadic } from './ops.ts';
// The runtime's.
export { programBytes, programRoot } from './root.ts';
export { fb } from './schema.ts';
export { constantBytes, read, type VerifyOptions, verify } from './verify.ts';
export { write } from './write.ts';
