import { entries } from './entries.ts';
import { flow } from './flow.ts';
import { functions } from './functions.ts';
import { plans } from './plans.ts';
import { stepBodies } from './steps.ts';
import { tables } from './tables.ts';
import type { Mutation } from './types.ts';

/** Each breaks one rule of the schema. */
export const mutations: readonly Mutation[] = [
  ...tables,
  ...functions,
  ...entries,
  ...plans,
  ...stepBodies,
  ...flow,
];
