/** vorab backend on the CPU: BLAS and fused kernels. */
export {};
