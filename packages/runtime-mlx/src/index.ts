/** vorab backend on MLX: Metal on a Mac, CPU or CUDA elsewhere. */
export {};
