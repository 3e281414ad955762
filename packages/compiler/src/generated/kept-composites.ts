// Written by `npm run generate` from the composites.inc and host.inc of each backend. Do not edit.

/** Composites that a target runs whole. */
export const keptComposites: { readonly blas: readonly string[]; readonly mlx: readonly string[] } = {
  blas: ['conv', 'convKernelGradient', 'eigvalsh', 'scaledDotProductAttention', 'scaledDotProductAttentionVjp', 'svdvals'],
  mlx: ['conv', 'convKernelGradient', 'eigvalsh', 'layerNorm', 'logSumExp', 'rmsNorm', 'scaledDotProductAttention', 'softmax', 'svdvals', 'threefry2x32'],
};

/** Ops that run on the host's CPU, not on the target's device. */
export const hostOps: { readonly blas: readonly string[]; readonly mlx: readonly string[] } = {
  blas: [],
  mlx: ['cholesky', 'eigh', 'eigvalsh', 'lu', 'qr', 'svd', 'svdvals', 'triangularSolve'],
};
