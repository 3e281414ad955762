import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import type * as morph from 'ts-morph';
import { requireCached } from './code-cache.ts';

const require = createRequire(import.meta.url);
const [modules = ''] = require.resolve('ts-morph').split(`${sep}ts-morph${sep}`);

// Required: an import would first look through these 12 MB for the names that they export.
const library = requireCached(require, 'ts-morph', join(modules, '.cache/vorab')) as typeof morph;

export const Node: typeof morph.Node = library.Node;
export const Project: typeof morph.Project = library.Project;
export const ts: typeof morph.ts = library.ts;
