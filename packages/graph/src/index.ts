/** Tensors, ops, gradients, layers, losses, optimizers and programs: what users of vorab write. */
export {};
