/** Finds programs, traces and differentiates them, plans them and writes a .vorab file. */
export {};
