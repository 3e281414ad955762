/**
 * vorab backend in TypeScript that evaluates the ops' own meanings: slow, exact to each op's definition, and never
 * fails to install. It runs on the JavaScript thread, in slices of a few milliseconds; a single large op still blocks
 * the event loop while it is evaluated.
 */
export { referenceBackend } from './backend.ts';
