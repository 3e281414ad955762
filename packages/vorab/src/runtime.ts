/** What opens and runs artifacts, without the graph and the compiler: what typed bindings import. */
export * from '@vorab/runtime';
