/** Compile-ahead computation graphs for TypeScript: the CLI, and one import for graph and runtime. */
export {};
