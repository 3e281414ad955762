/** Opens a .vorab file: sessions, device tensors and the native executor. */
export {};
