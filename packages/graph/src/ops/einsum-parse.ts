import { TypeRuleError } from '../errors.ts';
import { range } from './axes.ts';

/** What an equation says: a label for each axis of each operand, and of the result. */
export interface Subscripts {
  readonly operands: readonly (readonly string[])[];
  readonly output: readonly string[];
}

const refuse = (equation: string, why: string, cure?: string): TypeRuleError =>
  new TypeRuleError('einsum', `'${equation}': ${why}`, cure);

/**
 * Reads numpy's notation: letters name axes, `...` stands for the axes that have no name, without
 * `->` the result has the labels that occur once, in alphabetical order. The axes of `...` are
 * labelled by their place from the end.
 *
 * @throws TypeRuleError that says what does not parse.
 */
export function parseEinsum(equation: string, ranks: readonly number[]): Subscripts {
  const text = equation.replace(/\s+/g, '');
  const [left = '', right, more] = text.split('->');
  if (more !== undefined) throw refuse(equation, "'->' occurs more than once");
  const terms = left.split(',');
  if (terms.length !== ranks.length) {
    throw refuse(
      equation,
      `has ${terms.length} operand${terms.length === 1 ? '' : 's'}, got ${ranks.length} tensor${ranks.length === 1 ? '' : 's'}`,
      'separate the subscripts of each operand by a comma',
    );
  }
  for (const term of [...terms, right ?? '']) checkTerm(equation, term);
  const operands = terms.map((term, i) => labelsOf(equation, term, ranks[i] as number));
  const unnamed = Math.max(0, ...operands.map((labels) => labels.filter(isUnnamed).length));
  const output = right === undefined ? implicitOutput(operands, unnamed) : expand(right, unnamed);
  checkOutput(equation, output, operands);
  return { operands, output };
}

function checkTerm(equation: string, term: string): void {
  const rest = term.replace('...', '');
  const wrong = /[^A-Za-z]/.exec(rest)?.[0];
  if (wrong === undefined) return;
  const why = term.includes('...') && rest.includes('.') ? "'...' occurs twice" : `'${wrong}'`;
  throw refuse(
    equation,
    `does not parse at ${why} in '${term}'`,
    "use letters, one '...' for each operand, ',' and '->'",
  );
}

/** Labels of the axes that `...` stands for: none is a letter. */
const unnamedLabels = (count: number): readonly string[] =>
  range(count).map((i) => `.${count - i}`);

export const isUnnamed = (label: string): boolean => label.startsWith('.');

function expand(term: string, unnamed: number): readonly string[] {
  const at = term.indexOf('...');
  if (at < 0) return [...term];
  return [...term.slice(0, at), ...unnamedLabels(unnamed), ...term.slice(at + 3)];
}

function labelsOf(equation: string, term: string, rank: number): readonly string[] {
  const named = term.replace('...', '').length;
  const free = rank - named;
  if (free < 0 || (free > 0 && !term.includes('...'))) {
    throw refuse(
      equation,
      `'${term}' names ${named} axes, the operand has rank ${rank}`,
      "name every axis, or write '...' for those that have no name",
    );
  }
  return expand(term, free);
}

function implicitOutput(
  operands: readonly (readonly string[])[],
  unnamed: number,
): readonly string[] {
  const all = operands.flat().filter((label) => !isUnnamed(label));
  const once = all.filter((label) => all.indexOf(label) === all.lastIndexOf(label));
  return [...unnamedLabels(unnamed), ...once.sort()];
}

function checkOutput(
  equation: string,
  output: readonly string[],
  operands: readonly (readonly string[])[],
): void {
  const known = new Set(operands.flat());
  const unknown = output.find((label) => !known.has(label));
  if (unknown !== undefined)
    throw refuse(equation, `the result has '${unknown}', which no operand has`);
  const repeated = output.find((label, i) => output.indexOf(label) !== i);
  if (repeated !== undefined)
    throw refuse(
      equation,
      `the result has '${repeated}' twice`,
      'take a diagonal by repeating a label of an operand',
    );
}
