#!/usr/bin/env node
// npm links this file before the first build, so it stands outside dist.
import module from 'node:module';

// Node 22 keeps what it compiled of the TypeScript compiler: a third of the start.
module.enableCompileCache?.();
await import('../dist/cli.js');
