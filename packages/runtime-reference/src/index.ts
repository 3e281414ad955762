/** vorab backend in TypeScript that evaluates the ops' own meanings. */
export {};
