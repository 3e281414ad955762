import { userError } from '../fail.ts';
import type { CallSite } from '../location.ts';
import { captureCallSites } from '../location.ts';
import { nameInSource } from '../naming.ts';
import type { Tensor } from '../node.ts';
import type { StateVariable } from '../state.ts';
import { stateOf } from '../state.ts';
import type { Optimizer, ParameterGradient } from './optimizer.ts';
import { Counter } from './optimizer.ts';

/**
 * Which parameters: a pattern on their names, a regular expression, or the parameters themselves (see
 * `nn.parameters`). In a pattern `*` stands for any part of one name between dots, `**` for any number
 * of names: `net.*.bias`, `**.norm.**`.
 */
export type ParameterMatch = string | RegExp | readonly Tensor[];

export interface ParameterGroup {
  readonly match: ParameterMatch;
  /** Updates the group; 'frozen': its parameters stay as they are. */
  readonly optimizer: Optimizer | 'frozen';
}

/**
 * Optimizers for groups of parameters; a parameter belongs to the first group that matches. All groups
 * count steps together.
 *
 *     optim.groups([
 *       { match: 'net.0.**', optimizer: 'frozen' },
 *       { match: '**.bias', optimizer: optim.adamW({ learningRate: 1e-3, weightDecay: 0 }) },
 *       { match: '**', optimizer: optim.adamW({ learningRate: 1e-3 }) },
 *     ])
 *
 * Frozen parameters still count in the norm that `clip` looks at; `trainable` of trainStep leaves them
 * out of it.
 *
 * @throws GraphError when traced: a parameter matches no group, or a group no parameter.
 */
export function groups(list: readonly ParameterGroup[]): Optimizer {
  const sites = captureCallSites();
  const counter = new Counter();
  return {
    name: 'groups',
    apply(gradients, clock): void {
      const members = assign(list, gradients, sites);
      const ticked = clock ?? counter.tick();
      for (const [i, { optimizer }] of list.entries()) {
        if (optimizer !== 'frozen') optimizer.apply(members[i] ?? [], ticked);
      }
    },
  };
}

function assign(
  list: readonly ParameterGroup[],
  gradients: readonly ParameterGradient[],
  sites: readonly CallSite[],
): readonly (readonly ParameterGradient[])[] {
  const tests = list.map(({ match }) => matcher(match));
  const members = list.map((): ParameterGradient[] => []);
  const lost: string[] = [];
  for (const one of gradients) {
    const name = nameInSource(one.parameter);
    const group = members[tests.findIndex((test) => test(one.parameter, name))];
    if (group) group.push(one);
    else lost.push(name);
  }
  const names = gradients.map(({ parameter }) => nameInSource(parameter));
  if (lost.length > 0) {
    const cure = "add a last group { match: '**', optimizer: … }, or 'frozen'";
    throw groupError(`no group matches ${lost.join(', ')}`, cure, sites);
  }
  const idle = members.findIndex((group) => group.length === 0);
  if (idle >= 0) {
    const what = `group ${idle} (${textOf(list[idle]?.match ?? '')}) has no parameter`;
    const cure = `the parameters are ${names.join(', ')}; the first group that matches takes each`;
    throw groupError(what, cure, sites);
  }
  return members;
}

function groupError(message: string, cure: string, sites: readonly CallSite[]): Error {
  return userError({ code: 'parameter-group', message: `groups: ${message}`, cure }, sites);
}

const textOf = (match: ParameterMatch): string =>
  Array.isArray(match) ? `${match.length} tensors` : String(match);

type Test = (parameter: StateVariable, name: string) => boolean;

function matcher(match: ParameterMatch): Test {
  if (typeof match === 'string') {
    const pattern = patternOf(match);
    return (_, name) => pattern.test(`${name}.`);
  }
  if (match instanceof RegExp) return (_, name) => name.search(match) >= 0;
  const members = new Set(match.map((t) => stateOf(t)));
  return (parameter) => members.has(parameter);
}

/** A regular expression for a pattern with * and **, on a name with a dot at its end. */
function patternOf(glob: string): RegExp {
  const parts = glob.split('.').map((part) => {
    if (part === '**') return '**';
    return part
      .split('*')
      .map((text) => text.replace(/[\\^$+?()[\]{}|]/g, '\\$&'))
      .join('[^.]*');
  });
  // Each name carries its dot, so that ** may stand for none at all.
  const body = parts.map((part) => (part === '**' ? '(?:[^.]+\\.)*' : `${part}\\.`)).join('');
  return new RegExp(`^${body}$`);
}
