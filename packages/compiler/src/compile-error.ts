/** A request that cannot be carried out; not a fault of a line in a model. */
export class CompileError extends Error {
  override readonly name: string = 'CompileError';
}
