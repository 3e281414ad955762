// Written by `npm run generate` from the composites.inc of each backend. Do not edit.

/** Composites that a target runs whole. */
export const keptComposites: { readonly blas: readonly string[]; readonly mlx: readonly string[] } = {
  blas: [],
  mlx: ['layerNorm', 'logSumExp', 'softmax', 'threefry2x32'],
};
