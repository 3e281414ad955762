/** What the kernels of a program must give: its plan for mlx, run step by step as the reference means each op. */
import type { DimEnv, NdArray, Tensor } from '@vorab/graph';
import { evaluateDim, withTrace } from '@vorab/graph';
import { lower } from '../../packages/compiler/src/lower/index.ts';
import type { EvaluateOp } from '../../packages/compiler/src/lower/interpret.ts';
import { StepInterpreter } from '../../packages/compiler/src/lower/interpret.ts';
import type { Buffer, KernelBody, Step } from '../../packages/compiler/src/lower/ir.ts';
import { canonicalize, prepareFor } from '../../packages/compiler/src/passes/index.ts';
import type { Target } from '../../packages/compiler/src/targets/index.ts';
import { targets } from '../../packages/compiler/src/targets/index.ts';
import { routine } from '../helpers/interpreted.ts';
import type { Trial } from '../helpers/trials.ts';
import type { KernelRun } from './emulate.ts';

const mlx = targets['mlx'] as Target;

/** A run, and what comes out where each op is as the reference means it. */
export interface ExpectedRun extends KernelRun {
  readonly trial: Trial;
  readonly expected: readonly NdArray[];
}

/** The steps of a trial's plan for mlx. */
export function stepsOf(trial: Pick<Trial, 'program'>): readonly Step[] {
  return withTrace(() => {
    const graph = canonicalize({ name: 'entry', ...trial.program.trace() });
    return lower(prepareFor(graph, mlx, true, new Map()), mlx, true).lowered.steps;
  });
}

class Recorder extends StepInterpreter {
  readonly runs: Omit<ExpectedRun, 'trial'>[] = [];
  private readonly sizes: DimEnv;

  constructor(env: DimEnv, evaluateOp: EvaluateOp) {
    super(env, evaluateOp);
    this.sizes = env;
  }

  protected override kernel(body: KernelBody): void {
    super.kernel(body);
    const { kernel } = body;
    // Copies: a later step may bind a state's new value.
    const arrays = (buffers: readonly Buffer[]): readonly NdArray[] =>
      buffers.map((b) => ({ ...this.array(b), data: this.array(b).data.slice() }));
    const [inputs, expected] = [arrays(kernel.inputs), arrays(kernel.outputs)];
    const rows = evaluateDim(kernel.rows, this.sizes);
    const sizes = kernel.sizes.map((d) => evaluateDim(d, this.sizes));
    // Where something is empty a runtime runs the steps.
    const empty = [...inputs, ...expected].some(({ data }) => data.length === 0);
    if (!empty && rows > 0)
      this.runs.push({ kernel, inputs, sizes, rows, outputs: expected, expected });
  }
}

/** Every launch of a kernel in a trial's calls. */
export function kernelRuns(trial: Trial): readonly ExpectedRun[] {
  return withTrace(() => {
    const graph = canonicalize({ name: 'entry', ...trial.program.trace() });
    const prepared = prepareFor(graph, mlx, true, new Map());
    const { lowered } = lower(prepared, mlx, true);
    if (!lowered.steps.some(({ body }) => body.kind === 'kernel')) return [];
    const states = new Map<Tensor, NdArray>();
    for (const [t, first] of trial.states ?? [])
      states.set(t, { ...first, data: first.data.slice() });
    return trial.calls.flatMap((call) => {
      const env: DimEnv = new Map(Object.entries(call.sizes));
      const recorder = new Recorder(env, routine(env));
      for (const buffer of lowered.buffers) {
        const { place } = buffer;
        if (place.kind === 'input')
          recorder.bind(buffer, call.inputs[prepared.inputs[place.index]?.name ?? ''] as NdArray);
        if (place.kind === 'state')
          recorder.bind(buffer, states.get(place.state.tensor) as NdArray);
        if (place.kind === 'constant') recorder.bind(buffer, place.node.attrs['data'] as NdArray);
      }
      recorder.run(lowered);
      return recorder.runs.map((run) => ({ ...run, trial }));
    });
  });
}
