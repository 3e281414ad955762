/**
 * The fluent methods of Tensor: every function of packages/graph/src/ops/index.ts whose first
 * parameter can be a tensor, with its doc comment and the rest of its signature. Read from the
 * syntax alone.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const root = path.resolve(import.meta.dirname, '../..');
const source = 'packages/graph/src';

const parse = (file: string): ts.SourceFile =>
  ts.createSourceFile(
    file,
    readFileSync(path.join(root, file), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );

interface Method {
  readonly name: string;
  readonly doc: string;
  readonly parameters: string;
  readonly result: string;
  /**
   * Type names that the signature uses, with the module (from the graph's source folder) that has
   * them.
   */
  readonly types: ReadonlyMap<string, string>;
}

/** What the callable types of `build.ts` and `activations.ts` look like as methods. */
const callables: Readonly<Record<string, string>> = {
  UnaryOp: '',
  UnaryComposite: '',
  BinaryOp: 'y: TensorLike',
};

/** Exported name to the file, relative to `ops/`, that has it. */
function flatExports(): Map<string, string> {
  const found = new Map<string, string>();
  for (const statement of parse(`${source}/ops/index.ts`).statements) {
    if (!ts.isExportDeclaration(statement) || statement.isTypeOnly) continue;
    const { moduleSpecifier: from, exportClause: names } = statement;
    if (!from || !ts.isStringLiteral(from)) continue;
    const list =
      names && ts.isNamedExports(names) ? names.elements.map((e) => e.name.text) : undefined;
    for (const name of list ?? exportedNames(from.text)) found.set(name, from.text);
  }
  return found;
}

/** What `export *` of a family gives: its exported declarations. */
function exportedNames(from: string): readonly string[] {
  const file = parse(path.posix.normalize(`${source}/ops/${from}`));
  const isExported = (node: Declaration): boolean =>
    (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Export) !== 0;
  return [...declarations(file)].flatMap(([name, node]) => (isExported(node) ? [name] : []));
}

type Declaration = ts.FunctionDeclaration | ts.VariableDeclaration;

/** Exported name to its declaration, in one file; the first of overloads. */
function declarations(file: ts.SourceFile): Map<string, Declaration> {
  const local = new Map<string, Declaration>();
  const keep = (name: string, node: Declaration): unknown =>
    local.has(name) || local.set(name, node);
  for (const statement of file.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name) keep(statement.name.text, statement);
    if (!ts.isVariableStatement(statement)) continue;
    for (const one of statement.declarationList.declarations) keep(one.name.getText(), one);
  }
  for (const statement of file.statements.filter(ts.isExportDeclaration)) {
    if (!statement.exportClause || !ts.isNamedExports(statement.exportClause)) continue;
    for (const { name, propertyName } of statement.exportClause.elements) {
      const node = local.get((propertyName ?? name).text);
      if (node) local.set(name.text, node);
    }
  }
  return local;
}

function docOf(node: Declaration): string {
  const holder = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  return ts.getJSDocCommentsAndTags(holder).filter(ts.isJSDoc).at(-1)?.getText() ?? '';
}

/** `x: Tensor`, `x: TensorLike` or a union with Tensor. */
const takesTensor = (parameter: ts.ParameterDeclaration | undefined): boolean =>
  /^(Tensor|TensorLike|Tensor \| .*)$/.test(parameter?.type?.getText() ?? '');

function parameterText(node: ts.ParameterDeclaration): string {
  const optional = node.initializer || node.questionToken ? '?' : '';
  const type = node.type?.getText() ?? literalType(node);
  return `${node.name.getText()}${optional}: ${type}`;
}

function literalType({ initializer }: ts.ParameterDeclaration): string {
  if (
    initializer &&
    (ts.isNumericLiteral(initializer) || ts.isPrefixUnaryExpression(initializer))
  ) {
    return 'number';
  }
  throw new Error(`give ${initializer?.parent.getText()} a type`);
}

function method(name: string, node: Declaration, file: ts.SourceFile): Method | undefined {
  const doc = docOf(node);
  if (ts.isVariableDeclaration(node)) {
    const parameters = callables[node.type?.getText() ?? ''];
    if (parameters === undefined) return undefined;
    return {
      name,
      doc,
      parameters,
      result: 'Tensor',
      types: new Map([['TensorLike', './coerce.ts']]),
    };
  }
  const [first, ...rest] = node.parameters;
  if (!takesTensor(first)) return undefined;
  const parameters = rest.map(parameterText).join(', ');
  const result = node.type?.getText() ?? 'Tensor';
  return { name, doc, parameters, result, types: typesIn(file) };
}

/**
 * Every type name that a file imports or exports, with its module as seen from the graph's source
 * folder.
 */
function typesIn(file: ts.SourceFile): Map<string, string> {
  const found = new Map<string, string>();
  const own = `./${path.posix.relative(source, file.fileName)}`;
  const folder = path.posix.dirname(own);
  for (const statement of file.statements) {
    if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
      found.set(statement.name.text, own);
    }
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier))
      continue;
    const names = statement.importClause?.namedBindings;
    if (!names || !ts.isNamedImports(names)) continue;
    const target = `./${path.posix.normalize(`${folder}/${statement.moduleSpecifier.text}`)}`;
    for (const { name } of names.elements) {
      if (/^[A-Z]/.test(name.text)) found.set(name.text, target);
    }
  }
  return found;
}

function imports(methods: readonly Method[]): string {
  const used = new Map<string, Set<string>>();
  for (const { parameters, result, types } of methods) {
    for (const [name, module] of types) {
      if (name === 'Tensor' || !new RegExp(`\\b${name}\\b`).test(`${parameters} ${result}`))
        continue;
      used.set(module, (used.get(module) ?? new Set()).add(name));
    }
  }
  const lines = [...used].map(([module, names]): [string, string] => [
    module,
    `import type { ${[...names].sort().join(', ')} } from '${module}';\n`,
  ]);
  lines.push(['./node.ts', `import { Tensor } from './node.ts';\n`]);
  lines.push(['./ops/index.ts', `import * as ops from './ops/index.ts';\n`]);
  return lines
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, line]) => line)
    .join('');
}

const indent = (doc: string): string => doc.replace(/^\s*\*/gm, '     *').replace(/^/, '    ');

export function outputs(): ReadonlyMap<string, string> {
  const files = new Map<string, ts.SourceFile>();
  const methods = [...flatExports()].flatMap(([name, from]) => {
    const file = files.get(from) ?? parse(path.posix.normalize(`${source}/ops/${from}`));
    files.set(from, file);
    const node = declarations(file).get(name);
    if (!node) throw new Error(`ops/index.ts exports ${name}, which ${from} lacks`);
    return method(name, node, file) ?? [];
  });
  methods.sort((a, b) => (a.name < b.name ? -1 : 1));
  const members = methods
    .map((m) => `${indent(m.doc)}\n    ${m.name}(${m.parameters}): ${m.result};\n`)
    .join('');
  const text = `// Written by \`npm run generate\` from ops/index.ts. Do not edit.
// biome-ignore-all format: generated
${imports(methods)}
declare module './node.ts' {
  // The functions of ops, with the tensor as their first operand.
  interface Tensor {
${members}  }
}

const functions: Readonly<Record<string, unknown>> = {
${methods.map((m) => `  ${m.name}: ops.${m.name},\n`).join('')}};

for (const [name, value] of Object.entries(functions)) {
  const apply = value as (...operands: readonly unknown[]) => unknown;
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: readonly unknown[]): unknown {
      return apply(this, ...rest);
    },
  });
}
`;
  return new Map([[`${source}/methods.ts`, text]]);
}
