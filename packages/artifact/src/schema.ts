/** The classes of the schema; those that end in T are the in-memory model of a program. */
export * as fb from './generated/vorab/fb.ts';
