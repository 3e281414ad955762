import type { ts as Ts } from 'ts-morph';
import { ts } from './ts-compiler.ts';

/** What the names around one place say. */
export interface NamePath {
  /** From the outermost name inwards; empty where nothing on the way has a name. */
  readonly names: readonly string[];
  /** The place runs when its module loads, not when a function is called. */
  readonly moduleLevel: boolean;
}

/** The names of the declaration around a position: up to the module, or to the function that holds it. */
export function namePathAt(file: Ts.SourceFile, line: number, column: number): NamePath {
  const starts = file.getLineStarts();
  const lineStart = starts[line - 1];
  if (lineStart === undefined) return { names: [], moduleLevel: false };
  return climb(deepestAt(file, lineStart + column - 1));
}

function deepestAt(file: Ts.SourceFile, position: number): Ts.Node {
  const inside = (node: Ts.Node): Ts.Node =>
    ts.forEachChild(node, (child) =>
      position >= child.getStart(file) && position < child.end ? inside(child) : undefined,
    ) ?? node;
  return inside(file);
}

function climb(from: Ts.Node): NamePath {
  if (isImpliedConstructor(from)) return { names: [], moduleLevel: false };
  let path: string[] = [];
  for (let node = from; !ts.isSourceFile(node); node = node.parent) {
    const parent = node.parent;
    if (isFunctionBody(node, parent)) return { names: path, moduleLevel: false };
    if (isArgument(node, parent)) path = [];
    const step = nameStep(node, parent, path);
    path = step.path;
    if (step.done) return { names: path, moduleLevel: isModuleLevel(parent) };
  }
  return { names: path, moduleLevel: true };
}

// A class without a constructor has a frame of its own, which stands at the class.
const isImpliedConstructor = (node: Ts.Node): boolean =>
  ts.isClassLike(node) || (ts.isIdentifier(node) && isNameOfClass(node));

const isNameOfClass = (node: Ts.Identifier): boolean =>
  ts.isClassLike(node.parent) && node.parent.name === node;

interface Step {
  readonly path: string[];
  readonly done: boolean;
}

const goOn = (path: string[]): Step => ({ path, done: false });
const stop = (path: string[]): Step => ({ path, done: true });

function nameStep(node: Ts.Node, parent: Ts.Node, path: string[]): Step {
  if (ts.isVariableDeclaration(parent) && parent.initializer === node) {
    return stop(bound(parent.name, path));
  }
  if (ts.isPropertyAssignment(parent) && parent.initializer === node) {
    return goOn([textOfName(parent.name), ...path]);
  }
  if (ts.isPropertyDeclaration(parent) && parent.initializer === node) {
    const owner = isStatic(parent) ? [parent.parent.name?.text ?? ''] : [];
    return stop([...owner, textOfName(parent.name), ...path].filter(Boolean));
  }
  if (ts.isArrayLiteralExpression(parent)) {
    return goOn([String(parent.elements.indexOf(node as Ts.Expression)), ...path]);
  }
  if (ts.isBinaryExpression(parent) && parent.right === node && isAssignment(parent)) {
    return stop([...assigned(parent.left), ...path]);
  }
  if (ts.isExportAssignment(parent)) return stop(['default', ...path]);
  return goOn(path);
}

// `const { head } = { head: … }`, `const [a] = [ … ]`: the name that the value takes.
function bound(name: Ts.BindingName, path: string[]): string[] {
  if (ts.isIdentifier(name)) return [name.text, ...path];
  const [first, ...rest] = path;
  const isFirst = (e: Ts.BindingElement, i: number): boolean =>
    ts.isArrayBindingPattern(name)
      ? String(i) === first
      : (e.propertyName ?? e.name).getText() === first;
  const element = [...name.elements].find(
    (e, i): e is Ts.BindingElement => ts.isBindingElement(e) && isFirst(e, i),
  );
  return element ? bound(element.name, rest) : path;
}

function assigned(left: Ts.Expression): string[] {
  if (ts.isIdentifier(left)) return [left.text];
  if (left.kind === ts.SyntaxKind.ThisKeyword) return [];
  if (ts.isPropertyAccessExpression(left)) return [...assigned(left.expression), left.name.text];
  if (ts.isElementAccessExpression(left) && ts.isStringLiteralLike(left.argumentExpression)) {
    return [...assigned(left.expression), left.argumentExpression.text];
  }
  return [];
}

function textOfName(name: Ts.PropertyName): string {
  return ts.isIdentifier(name) || ts.isPrivateIdentifier(name) || ts.isLiteralExpression(name)
    ? name.text
    : '';
}

const isAssignment = (node: Ts.BinaryExpression): boolean =>
  node.operatorToken.kind === ts.SyntaxKind.EqualsToken;

const isStatic = (node: Ts.PropertyDeclaration): boolean =>
  node.modifiers?.some((m) => m.kind === ts.SyntaxKind.StaticKeyword) ?? false;

// What is passed to a call is named by whoever receives it.
function isArgument(node: Ts.Node, parent: Ts.Node): boolean {
  const isCall = ts.isCallExpression(parent) || ts.isNewExpression(parent);
  return isCall && parent.expression !== node;
}

const isFunctionBody = (node: Ts.Node, parent: Ts.Node): boolean =>
  ts.isFunctionLike(parent) && parent.name !== node;

function isModuleLevel(from: Ts.Node): boolean {
  for (let node = from; node && !ts.isSourceFile(node); node = node.parent) {
    if (ts.isFunctionLike(node)) return false;
    if (ts.isPropertyDeclaration(node) && !isStatic(node)) return false;
  }
  return true;
}
