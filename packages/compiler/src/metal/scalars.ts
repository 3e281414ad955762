import type { DType, Op } from '@vorab/graph';
import { bounds, dtypeBytes, isFloat, isHalf, isInteger } from '@vorab/graph';
import { literal, metalType, widened } from './types.ts';

/** Operands of one op: their texts, the dtype of the last, and the result's. */
export interface ScalarCall {
  readonly args: readonly string[];
  readonly from: DType;
  readonly to: DType;
}

/**
 * An op in Metal's language. In a text $a and $b are the operands, $T the result's type, $U its unsigned form and
 * $bits its width. `float` gets 16-bit floats as f32, and its result is rounded to the dtype; the result of `integer`
 * is wrapped. What MLX's own row for the op means where Metal leaves it open is in `prelude.ts`.
 */
export type ScalarRow =
  | { readonly float?: string; readonly integer?: string; readonly bool?: string }
  | { readonly text: (call: ScalarCall) => string }
  | { readonly none: string };

const floats = (float: string): ScalarRow => ({ float });
const numbers = (float: string, integer: string): ScalarRow => ({ float, integer });
const integers = (integer: string): ScalarRow => ({ integer });
const bools = (bool: string): ScalarRow => ({ bool });
const any = (text: string): ScalarRow => ({ float: text, integer: text, bool: text });
const precise = (name: string): ScalarRow => ({ float: `metal::precise::${name}($a)` });

/** One row per elementwise op. */
export const scalarRows: Readonly<Record<string, ScalarRow>> = {
  add: numbers('$a + $b', '$U($a) + $U($b)'),
  sub: numbers('$a - $b', '$U($a) - $U($b)'),
  mul: numbers('$a * $b', '$U($a) * $U($b)'),
  div: numbers('metal::precise::divide($a, $b)', 'vorab_div($a, $b)'),
  mod: numbers('vorab_mod($a, $b)', 'vorab_mod($a, $b)'),
  pow: numbers('vorab_pow($a, $b)', 'vorab_pow($a, $b)'),
  neg: numbers('-$a', '$U(0) - $U($a)'),
  abs: numbers('metal::abs($a)', '$a < 0 ? $U(0) - $U($a) : $U($a)'),
  sign: numbers('$a > 0 ? 1 : $a < 0 ? -1 : $a', '($a > 0) - ($a < 0)'),
  maximum: numbers('vorab_larger($a, $b)', 'vorab_larger($a, $b)'),
  minimum: numbers('vorab_smaller($a, $b)', 'vorab_smaller($a, $b)'),
  floor: floats('metal::floor($a)'),
  ceil: floats('metal::ceil($a)'),
  round: floats('metal::rint($a)'),
  trunc: floats('metal::trunc($a)'),

  exp: precise('exp'),
  exp2: precise('exp2'),
  expm1: floats('vorab_expm1($a)'),
  log: precise('log'),
  log2: precise('log2'),
  log1p: floats('vorab_log1p($a)'),
  sqrt: precise('sqrt'),
  rsqrt: floats('metal::precise::divide(1.0f, metal::precise::sqrt($a))'),
  sigmoid: floats('vorab_sigmoid($a)'),
  erf: floats('vorab_erf($a)'),
  erfInv: floats('vorab_erf_inv($a)'),

  sin: precise('sin'),
  cos: precise('cos'),
  tan: precise('tan'),
  asin: precise('asin'),
  acos: precise('acos'),
  atan: precise('atan'),
  atan2: floats('metal::precise::atan2($a, $b)'),
  sinh: precise('sinh'),
  cosh: precise('cosh'),
  tanh: precise('tanh'),
  asinh: precise('asinh'),
  acosh: precise('acosh'),
  atanh: precise('atanh'),

  equal: any('$a == $b'),
  notEqual: any('$a != $b'),
  less: any('$a < $b'),
  lessEqual: any('$a <= $b'),
  greater: any('$a > $b'),
  greaterEqual: any('$a >= $b'),
  isNaN: floats('metal::isnan($a)'),
  isFinite: floats('metal::isfinite($a)'),

  logicalAnd: bools('$a && $b'),
  logicalOr: bools('$a || $b'),
  logicalXor: bools('$a != $b'),
  logicalNot: bools('!$a'),
  bitwiseAnd: integers('$a & $b'),
  bitwiseOr: integers('$a | $b'),
  bitwiseXor: integers('$a ^ $b'),
  bitwiseNot: integers('~$a'),
  shiftLeft: integers('$b >= 0 && $b < $bits ? $U($a) << $b : 0'),
  shiftRight: integers('$b >= 0 && $b < $bits ? $a >> $b : $a < 0 ? -1 : 0'),

  where: { text: ({ args: [test, x, y] }) => `${test} ? ${x} : ${y}` },
  cast: { text: cast },
  bitcast: { text: ({ args: [x = ''], to }) => `as_type<${metalType(to).name}>(${x})` },
};

/** Why an op is in no kernel, or undefined. */
export function scalarRefusal(op: Op): string | undefined {
  const row = scalarRows[op.name];
  if (!row) return `${op.name} has no row in Metal's language`;
  return 'none' in row ? row.none : undefined;
}

/** The op on these operands, as an expression of its result's type. */
export function scalarText(op: Op, call: ScalarCall): string {
  const row = scalarRows[op.name];
  if (row && 'text' in row) return row.text(call);
  const { args, from, to } = call;
  const kind = isFloat(from) ? 'float' : isInteger(from) ? 'integer' : 'bool';
  const template = row && !('none' in row) && row[kind];
  if (!template) throw new Error(`${op.name} of ${from} has no row in Metal's language`);
  const { name, unsigned } = metalType(to);
  const operand = (i: number): string => widened(args[i] ?? '', from);
  const names: Readonly<Record<string, string>> = {
    $a: operand(0),
    $b: operand(1),
    $T: name,
    $U: unsigned,
    $bits: String(8 * dtypeBytes(to)),
  };
  const text = template.replace(/\$(?:bits|\w)/g, (found) => names[found] ?? found);
  return to === 'bool' || to === 'f32' ? text : `${name}(${text})`;
}

// Floats to integers truncate and saturate, NaN is 0; integers wrap; bool is x != 0.
function cast({ args: [x = ''], from, to }: ScalarCall): string {
  const { name } = metalType(to);
  if (to === 'bool') return `${widened(x, from)} != 0`;
  if (isFloat(from) && isInteger(to)) {
    const [low, high] = bounds(to);
    // Both are exact in f32: the first number that is too large is a power of two.
    const top = high + (to === 'i64' ? 0 : 1);
    const most = to === 'i64' ? 'long(0x7ffffffffffffffful)' : literal(high, to);
    const limits = `${low}.0f, ${top}.0f, ${literal(low, to)}, ${most}`;
    return `vorab_saturate<${name}>(${widened(x, from)}, ${limits})`;
  }
  return isHalf(to) || isHalf(from) ? `${name}(float(${x}))` : `${name}(${x})`;
}
