// Every op of linear algebra, and its function; see ops/index.ts for what users get.
export * from './cholesky.ts';
export * from './determinant.ts';
export * from './eigh.ts';
export * from './lu.ts';
export * from './norms.ts';
export * from './pinv.ts';
export * from './qr.ts';
export * from './solve.ts';
export * from './svd.ts';
export * from './triangular.ts';
