import { dtypeName } from '../binding.ts';
import { fb } from '../schema.ts';
import { type Names, scalarText } from './text.ts';

const indent = (lines: readonly string[], by = '  '): string[] => lines.map((line) => by + line);

/** `%3[offset 2; 10, 1]`: a value, the offset where there is one, the strides. */
const accessText = (names: Names, access: fb.AccessT | undefined): string => {
  if (access === undefined) return '?';
  const strides = access.strides.map((stride) => names.expr(stride)).join(', ');
  const offset = names.expr(access.offset);
  return `%${access.value}[${offset === '0' ? '' : `offset ${offset}; `}${strides}]`;
};

const instrText = (names: Names, fused: fb.FusedT, instr: fb.InstrT): string => {
  const access = (): string => accessText(names, fused.accesses[instr.a]);
  const type = dtypeName(instr.dtype);
  switch (instr.kind) {
    case fb.InstrKind.Load:
      return `${type} load ${access()}`;
    case fb.InstrKind.Const:
      return `${type} const ${scalarText(instr.imm, instr.dtype)}`;
    case fb.InstrKind.Index:
      return `${type} index of dim ${instr.a}`;
    case fb.InstrKind.Size:
      return `${type} size ${names.expr(Number(instr.imm))}`;
    case fb.InstrKind.Acc:
      return `${type} acc`;
    case fb.InstrKind.Scalar: {
      const arity = names.arity(instr.op);
      const operands = [instr.a, instr.b, instr.c, instr.d].slice(0, arity);
      return `${type} ${names.op(instr.op)} ${operands.join(' ')}`;
    }
    case fb.InstrKind.Reduce:
      return `${type} reduce ${names.op(instr.op)} ${instr.a}`;
    case fb.InstrKind.Store:
      return `store ${access()} ${instr.b}`;
    default:
      instr.kind satisfies never;
      return '?';
  }
};

/** The iteration space, then an instruction a line. */
const fusedLines = (names: Names, fused: fb.FusedT): string[] => {
  const { dims, reduced, inner } = fused;
  const outer = dims.length - reduced - inner;
  const parts = [
    names.list(dims.slice(0, outer)),
    ...(reduced > 0 ? [`reduced ${names.list(dims.slice(outer, outer + reduced))}`] : []),
    ...(inner > 0 ? [`inner ${names.list(dims.slice(outer + reduced))}`] : []),
  ];
  return [
    `over ${parts.join(' ')}`,
    ...fused.tape.map((instr, i) => `${i} ${instrText(names, fused, instr)}`),
  ];
};

const contractLines = (names: Names, contract: fb.ContractT): string[] => {
  const { batch, m, n, k, a, b, epilogue } = contract;
  const space = `batch ${names.list(batch)} m ${names.expr(m)} n ${names.expr(n)} k ${names.expr(k)}`;
  return [
    space,
    `a ${accessText(names, a ?? undefined)}`,
    `b ${accessText(names, b ?? undefined)}`,
    `epilogue`,
    ...indent(epilogue === null ? [] : fusedLines(names, epilogue)),
  ];
};

const values = (of: readonly number[]): string => of.map((value) => `%${value}`).join(', ');

type Applied = Pick<fb.ApplyT, 'op' | 'inputs' | 'outputs' | 'attributes'>;

const applyLines = (names: Names, { op, inputs, outputs, attributes }: Applied): string[] => {
  const operands = inputs.length === 0 ? '' : ` ${values(inputs)}`;
  return [`${values(outputs)} = ${names.op(op)}${operands}${names.attributes(attributes)}`];
};

const controlLines = (names: Names, control: fb.ControlT): string[] => [
  ...applyLines(names, control),
  ...(control.scratch.length > 0 ? [`scratch %${control.scratch.join(', %')}`] : []),
  ...control.bodies.flatMap(({ carries, values, steps, arenaBytes }, i) => [
    `body ${i}: ${carries} carries, arena ${arenaBytes} bytes`,
    ...indent([
      ...valueLines(names, undefined, values),
      ...steps.flatMap((step, s) => stepLines(names, s, step)),
    ]),
  ]),
];

const callLines = (names: Names, call: fb.CallT): string[] => {
  const { entry, inputs, outputs, reads, writes } = call;
  return [
    `${values(outputs)} = ${names.program.entries[entry]?.name ?? '?'} ${values(inputs)}`.trim(),
    ...(reads.length > 0 ? [`reads ${values(reads)}`] : []),
    ...(writes.length > 0 ? [`writes ${values(writes)}`] : []),
  ];
};

const kernelLines = (names: Names, kernel: fb.KernelT): string[] => {
  const { name, inputs, outputs, sizes, rows, threads, group, header, source, steps } = kernel;
  const launch = `${threads} threads for each of ${names.expr(rows)} rows, ${group} in a threadgroup`;
  const text = (of: number): string[] => names.string(of).split('\n');
  return [
    `${values(outputs)} = ${name} ${values(inputs)}`,
    ...(sizes.length > 0 ? [`sizes ${names.list(sizes)}`] : []),
    launch,
    ...steps.flatMap((step, s) => stepLines(names, s, step)),
    ...indent(
      [...text(header), ...text(source)].filter((line) => line !== ''),
      '| ',
    ),
  ];
};

const placementLines = (names: Names, { reason, costs }: fb.PlacementT): string[] => [
  `placed: ${names.string(reason)}`,
  ...costs.map(({ target, ns, problem }) =>
    problem === 0 ? `  ${target}: ${ns} ns` : `  ${target}: ${names.string(problem)}`,
  ),
];

const valueLines = (
  names: Names,
  entry: fb.EntryT | undefined,
  values: readonly fb.ValueT[],
): string[] =>
  values.map((value, i) => `%${i}: ${names.type(value.type)} ${valueText(names, entry, value)}`);

const stepLines = (names: Names, index: number, step: fb.StepT): string[] => {
  const { body } = step;
  const reasons = [names.string(step.reason), names.string(step.border)].filter((s) => s !== '');
  const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
  const where = step.locations.map((location) => names.location(location)).join(', ');
  const kind = fb.StepBody[step.bodyType]?.toLowerCase() ?? '?';
  const title = `step ${index} ${kind} "${step.name ?? ''}"${why}${where === '' ? '' : `  // ${where}`}`;
  const lines =
    body instanceof fb.FusedT
      ? fusedLines(names, body)
      : body instanceof fb.ContractT
        ? contractLines(names, body)
        : body instanceof fb.ControlT
          ? controlLines(names, body)
          : body instanceof fb.ApplyT
            ? applyLines(names, body)
            : body instanceof fb.CallT
              ? callLines(names, body)
              : body instanceof fb.TransferT
                ? [`%${body.output} = %${body.input}`]
                : body instanceof fb.KernelT
                  ? kernelLines(names, body)
                  : [];
  const placed = step.placement ? placementLines(names, step.placement) : [];
  const sums = step.accumulates.map(dtypeName).join(', ');
  const stated = sums === '' ? [] : [`accumulates in ${sums}`];
  return [title, ...indent([...lines, ...stated, ...placed])];
};

const valueText = (names: Names, entry: fb.EntryT | undefined, value: fb.ValueT): string => {
  const { states } = names.program;
  const { index } = value;
  switch (value.storage) {
    case fb.Storage.Input:
      return `input ${entry?.inputs[index]?.name ?? index}`;
    case fb.Storage.Output:
      return `output ${entry?.outputs[index]?.name ?? index}`;
    case fb.Storage.State:
      return entry === undefined ? `carry ${index}` : `state ${states[index]?.name ?? index}`;
    case fb.Storage.Constant:
      return `constant ${index}`;
    case fb.Storage.Arena:
      return `arena ${value.offset} + ${value.bytes}`;
    case fb.Storage.Device:
      return 'device';
    case fb.Storage.Alias:
      return `alias of %${index}`;
    default:
      value.storage satisfies never;
      return '?';
  }
};

const entryPlanLines = (names: Names, plan: fb.EntryPlanT): string[] => {
  const entry = names.program.entries[plan.entry];
  const { arenaBytes, peakBytes, firstWrite } = plan;
  const lines = [
    `entry ${entry?.name ?? '?'}: arena ${arenaBytes} bytes, peak ${peakBytes} bytes, first write at step ${firstWrite}`,
    ...indent(valueLines(names, entry, plan.values)),
    ...plan.casts.map(
      ({ from, to, reason, location }) =>
        `  cast ${dtypeName(from)} to ${dtypeName(to)}: ${names.string(reason)}  // ${names.location(location)}`,
    ),
  ];
  let index = 0;
  for (const region of plan.regions) {
    lines.push(`  region ${region.target}`);
    for (const step of region.steps) lines.push(...indent(stepLines(names, index++, step), '    '));
  }
  return lines;
};

const partsText = ({ program }: Names, plan: fb.PlanT): string => {
  const named = (items: readonly ({ name: unknown } | undefined)[]): string =>
    items.map((item) => String(item?.name ?? '?')).join(', ') || 'none';
  if (plan.part) return `, a part; holds ${named(plan.holds.map((s) => program.states[s]))}`;
  if (plan.parts.length === 0) return '';
  const rates = plan.calibration === null ? 'shipped' : `SHA-256 ${plan.calibration}`;
  const parts = named(plan.parts.map((p) => program.plans[p]));
  return `, of ${parts}; placed by ${plan.router ?? '?'}, rates ${rates}`;
};

/** All of a plan: values, regions, steps and tapes. */
export const planLines = (names: Names, plan: fb.PlanT): string[] => [
  `plan ${plan.name} for ${plan.targets.join(', ')}${partsText(names, plan)}`,
  ...(plan.requires.length > 0 ? [`  requires ${plan.requires.join(', ')}`] : []),
  ...plan.entries.flatMap((entry) => indent(entryPlanLines(names, entry))),
];
