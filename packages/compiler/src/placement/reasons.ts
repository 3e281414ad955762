/** Why an op runs where it does; '' where its router did not say. */
export interface OpReason {
  readonly op: string;
  readonly reason: string;
}

/**
 * Why a step of several ops runs where it does: the reason that all of them share, or each reason with the ops that it
 * is of, so that what is true of one op is not read as of the step.
 */
export function joinReasons(ops: readonly OpReason[]): string {
  const byReason = new Map<string, string[]>();
  for (const { op, reason } of ops) {
    const of = byReason.get(reason) ?? [];
    of.push(op);
    byReason.set(reason, of);
  }
  const [first, ...others] = [...byReason];
  if (others.length === 0) return first?.[0] ?? '';
  return [...byReason]
    .filter(([reason]) => reason !== '')
    .map(([reason, of]) => `${counted(of)}: ${reason}`)
    .join('; ');
}

// "matmul ×2, add".
function counted(names: readonly string[]): string {
  const count = (name: string): number => names.filter((n) => n === name).length;
  const each = [...new Set(names)].map((name) => [name, count(name)] as const);
  return each.map(([name, times]) => (times > 1 ? `${name} ×${times}` : name)).join(', ');
}
