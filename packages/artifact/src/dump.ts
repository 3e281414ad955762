import { entryLine, functionLines } from './dump/functions.ts';
import { planLines } from './dump/plans.ts';
import { Names } from './dump/text.ts';
import { fb } from './schema.ts';

const stateKinds: Readonly<Record<number, string>> = {
  [fb.StateKind.Parameter]: 'parameter',
  [fb.StateKind.State]: 'state',
  [fb.StateKind.Hyper]: 'hyper',
};

const tableLines = (names: Names): string[] => {
  const { program } = names;
  return [
    ...program.requiredFeatures.map((feature) => `requires ${feature}`),
    ...program.symbols.map(({ name, min, max, multipleOf }) => {
      const multiple = multipleOf === 1n ? '' : `, a multiple of ${multipleOf}`;
      return `symbol ${name}: ${min} to ${max}${multiple}`;
    }),
    ...program.states.map(
      ({ name, type, kind, trainable }) =>
        `${stateKinds[kind] ?? '?'} ${name}: ${names.type(type)}${trainable ? '' : ', frozen'}`,
    ),
    ...program.constants.map(
      ({ type, segment, offset }, i) =>
        `constant ${i}: ${names.type(type)} at ${offset} of segment ${segment}`,
    ),
    ...program.entries.map((entry) => entryLine(names, entry)),
  ];
};

/**
 * A program as text, the same for the same program: tables, functions, plans with their steps and tapes. For reading
 * and for goldens; the program need not be legal.
 *
 * @example
 * console.log(dump(read(await readFile('model.vorab'))));
 */
export const dump = (program: fb.ProgramT): string => {
  const names = new Names(program);
  const sections = [
    [String(program.producer)],
    tableLines(names),
    ...program.functions.map((of, i) => functionLines(names, i, of)),
    ...program.plans.map((plan) => planLines(names, plan)),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
};
