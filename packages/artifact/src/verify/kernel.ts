import { fail, type Path } from '../fault.ts';
import { fb } from '../schema.ts';
import { eachRefersTo, refersTo } from './rules.ts';
import type { PlanContext } from './steps.ts';

/** Metal's own limits: threads of a simdgroup, threads of a threadgroup, buffers of a kernel. */
const [simdWidth, maxThreads, maxBuffers] = [32, 1024, 31];

/** Checks a step of a kernel. */
type CheckStep = (plan: PlanContext, path: Path, step: fb.StepT) => void;

const checkLaunch = (path: Path, kernel: fb.KernelT): void => {
  const { inputs, outputs, sizes, threads, group } = kernel;
  if (outputs.length === 0) fail('kernel', path, 'has no outputs');
  const buffers = inputs.length + outputs.length + (sizes.length > 0 ? 1 : 0);
  if (buffers > maxBuffers) {
    fail('kernel', path, `has ${buffers} buffers, expected at most ${maxBuffers}`);
  }
  if (threads === 0 || threads % simdWidth !== 0 || threads > maxThreads) {
    fail(
      'kernel',
      path.field('threads'),
      `is ${threads}, expected a multiple of ${simdWidth} up to ${maxThreads}`,
    );
  }
  const most = threads === simdWidth ? maxThreads / simdWidth : 1;
  if (group === 0 || group > most) {
    fail('kernel', path.field('group'), `is ${group}, expected 1 to ${most}`);
  }
};

/** A kernel by itself, and its steps. What these read and write is for `Flow`. */
export const checkKernel = (
  plan: PlanContext,
  path: Path,
  kernel: fb.KernelT,
  checkStep: CheckStep,
): void => {
  const { exprs, strings } = plan.context.program;
  if (!/^[A-Za-z0-9_]+$/.test(String(kernel.name))) {
    fail('name', path.field('name'), `is "${kernel.name}", expected letters, digits and _`);
  }
  eachRefersTo(path, 'inputs', 'value', kernel.inputs, plan.values.length);
  eachRefersTo(path, 'outputs', 'value', kernel.outputs, plan.values.length);
  eachRefersTo(path, 'sizes', 'expr', kernel.sizes, exprs.length);
  refersTo(path.field('rows'), 'expr', kernel.rows, exprs.length);
  refersTo(path.field('header'), 'string', kernel.header, strings.length);
  refersTo(path.field('source'), 'string', kernel.source, strings.length);
  checkLaunch(path, kernel);
  for (const [s, step] of kernel.steps.entries()) {
    const at = path.at('steps', s);
    if (!(step.body instanceof fb.ApplyT)) {
      fail('kind', at.field('body'), `is of step kind ${step.bodyType}, expected Apply`);
    }
    checkStep(plan, at, step);
  }
};
