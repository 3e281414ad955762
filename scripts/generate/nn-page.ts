/** docs/nn.md: layers, losses, optimizers, schedules, initialisers and random numbers, each by the first sentence of its doc comment. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const source = path.resolve(import.meta.dirname, '../../packages/graph/src');

interface Section {
  readonly title: string;
  readonly namespace: string;
  /** A file that exports, or re-exports, what is listed. */
  readonly file: string;
  readonly only?: (text: string) => boolean;
}

const isSchedule = (text: string): boolean => /\): Schedule\b/.test(text);

const sections: readonly Section[] = [
  { title: 'Layers', namespace: 'nn', file: 'nn/index.ts' },
  { title: 'Losses', namespace: 'losses', file: 'losses.ts' },
  {
    title: 'Optimizers and clipping',
    namespace: 'optim',
    file: 'optim/index.ts',
    only: (text) => !isSchedule(text),
  },
  { title: 'Schedules', namespace: 'optim', file: 'optim/index.ts', only: isSchedule },
  { title: 'Initialisers', namespace: 'init', file: 'init.ts' },
  { title: 'Random numbers', namespace: 'random', file: 'ops/random.ts' },
];

const intro = `# Layers, losses, optimizers, random numbers

Written by \`npm run generate\` from the doc comments, which say more: options with their defaults, shapes, errors, sources.

- Layers are functions of tensors that hold their parameters, named by the variable and the keys that lead to them:
  \`net.0.weight\`. Functions, objects with \`forward\` and classes of your own are layers too.
- \`program\` traces with training off, \`trainStep\` with training on: dropout and batchNorm ask for it.
- Channels are the last axis. Losses are the mean over their values unless \`reduction\` says otherwise.
- Optimizers, accumulation and averages keep what they need in states of the program, saved with it: \`adamW.m.net.0.weight\`,
  \`accumulate.sum.…\`, \`ema.lag.…\`, the counter \`step\`.
- The same key gives the same numbers everywhere: bits, uniform, bernoulli, randint, rademacher and permutation are those of
  jax.random bit for bit, all others within a few units in the last place.
`;

const parse = (file: string): ts.SourceFile =>
  ts.createSourceFile(
    file,
    readFileSync(path.join(source, file), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );

interface Entry {
  readonly name: string;
  readonly declaration: ts.FunctionDeclaration | ts.VariableDeclaration;
}

function entriesOf(file: string): readonly Entry[] {
  const { statements } = parse(file);
  return statements.flatMap((statement): readonly Entry[] => {
    if (ts.isExportDeclaration(statement)) return reexported(file, statement);
    if (!isExported(statement)) return [];
    if (ts.isFunctionDeclaration(statement) && statement.name)
      return [{ name: statement.name.text, declaration: statement }];
    if (!ts.isVariableStatement(statement)) return [];
    return statement.declarationList.declarations.map((declaration) => ({
      name: declaration.name.getText(),
      declaration,
    }));
  });
}

function reexported(file: string, statement: ts.ExportDeclaration): readonly Entry[] {
  const { moduleSpecifier: from, exportClause: names, isTypeOnly } = statement;
  if (isTypeOnly || !from || !ts.isStringLiteral(from) || !names || !ts.isNamedExports(names))
    return [];
  const all = entriesOf(path.posix.join(path.posix.dirname(file), from.text));
  return names.elements.flatMap(({ name }) => all.filter((e) => e.name === name.text));
}

const isExported = (node: ts.Statement): boolean =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);

/** The first sentence of the doc comment, on one line. */
function meaning({ name, declaration }: Entry): string {
  const holder = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  const doc = ts.getJSDocCommentsAndTags(holder).filter(ts.isJSDoc).at(-1);
  const text = ts.getTextOfJSDocComment(doc?.comment) ?? '';
  const [paragraph = ''] = text.split(/\n\s*\n|\n {4,}/);
  const line = paragraph
    .replace(/\s+/g, ' ')
    .replace(/ ?`[^`]*` ?$/, '')
    .trim();
  if (line === '') throw new Error(`${name} has no doc comment`);
  const sentence =
    /^.*?[^.\s]\.(?= [A-Z]|$)/.exec(line.replace(/ al\./g, ' al\u2024'))?.[0] ?? line;
  return sentence.replaceAll('\u2024', '.').replaceAll('|', '\\|');
}

function table({ title, namespace, file, only = () => true }: Section): string {
  const seen = new Set<string>();
  const rows = entriesOf(file)
    .filter(
      ({ name, declaration }) => only(declaration.getText()) && !seen.has(name) && seen.add(name),
    )
    .sort((a, b) => a.name.localeCompare(b.name))
    .map((entry) => `| \`${namespace}.${entry.name}\` | ${meaning(entry)} |`);
  return [`## ${title}`, '', '| | |', '| --- | --- |', ...rows].join('\n');
}

export const outputs = (): Map<string, string> =>
  new Map([['docs/nn.md', `${[intro.trimEnd(), ...sections.map(table)].join('\n\n')}\n`]]);
