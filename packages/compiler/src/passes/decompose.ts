import type { Target } from '../targets/target.ts';
import type { Rule } from './rewrite.ts';

/** Opens every composite that the target does not keep whole. */
export function decomposeRule(target: Target, fuse: boolean): Rule {
  return {
    name: 'decompose',
    why: "a composite's decomposition is its meaning",
    apply: (node) =>
      node.op.kind === 'composite' && !(fuse && target.keeps(node.op))
        ? node.op.decompose(node.inputs, node.attrs)
        : null,
  };
}
