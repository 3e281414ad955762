import { createRequire } from 'node:module';
import type * as morph from 'ts-morph';

// An import of these 12 MB would first look through them for the names that they export.
const library = createRequire(import.meta.url)('ts-morph') as typeof morph;

export const Node: typeof morph.Node = library.Node;
export const Project: typeof morph.Project = library.Project;
export const ts: typeof morph.ts = library.ts;
