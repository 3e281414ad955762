import type { Node as TsNode, Symbol as TsSymbol } from 'ts-morph';
import type { ProgramMaker } from './analyzer.ts';
import { stubFile } from './project.ts';
import { Node } from './ts-compiler.ts';

const makers: readonly string[] = ['program', 'trainStep'] satisfies ProgramMaker[];

/** The function of vorab that an expression calls, followed through whatever names lead to it. */
export function makerOf(expression: TsNode | undefined): ProgramMaker | undefined {
  const call = expression && unwrap(expression);
  return Node.isCallExpression(call) ? calleeOf(call.getExpression(), 0) : undefined;
}

// Deep enough for any chain of aliases that people write; ends `const a = b, b = a`.
const maxSteps = 16;

function calleeOf(expression: TsNode, steps: number): ProgramMaker | undefined {
  const callee = unwrap(expression);
  const name = Node.isPropertyAccessExpression(callee) ? callee.getNameNode() : callee;
  return followSymbol(name.getSymbol(), steps);
}

function followSymbol(symbol: TsSymbol | undefined, steps: number): ProgramMaker | undefined {
  if (!symbol || steps > maxSteps) return undefined;
  const target = symbol.getAliasedSymbol() ?? symbol;
  for (const declaration of target.getDeclarations()) {
    const found = followDeclaration(declaration, steps + 1);
    if (found) return found;
  }
  return undefined;
}

function followDeclaration(declaration: TsNode, steps: number): ProgramMaker | undefined {
  if (Node.isFunctionDeclaration(declaration)) {
    const name = declaration.getName();
    const isVorab = declaration.getSourceFile().getFilePath() === stubFile;
    return isVorab ? makers.find((m): m is ProgramMaker => m === name) : undefined;
  }
  if (Node.isVariableDeclaration(declaration) || Node.isPropertyAssignment(declaration)) {
    const value = declaration.getInitializer();
    return value && calleeOf(value, steps);
  }
  if (Node.isShorthandPropertyAssignment(declaration)) {
    return followSymbol(declaration.getValueSymbol(), steps);
  }
  if (Node.isBindingElement(declaration)) return followBinding(declaration, steps);
  return undefined;
}

// `const { program: p } = vorab`
function followBinding(element: TsNode, steps: number): ProgramMaker | undefined {
  const owner = element.getParent()?.getParent();
  if (!Node.isBindingElement(element) || !Node.isVariableDeclaration(owner)) return undefined;
  const name = element.getPropertyNameNode()?.getText() ?? element.getName();
  const property = owner.getInitializer()?.getType().getProperty(name);
  return followSymbol(property, steps);
}

/** Through parentheses, `as`, `satisfies` and `!`. */
export function unwrap(node: TsNode): TsNode {
  let at = node;
  while (
    Node.isParenthesizedExpression(at) ||
    Node.isAsExpression(at) ||
    Node.isSatisfiesExpression(at) ||
    Node.isNonNullExpression(at)
  ) {
    at = at.getExpression();
  }
  return at;
}
