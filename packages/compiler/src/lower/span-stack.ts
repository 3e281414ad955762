/**
 * How far back a path can lead. What depends on a node is younger, but a group ties its old nodes to its young ones;
 * so a path from a node at `position` stays above the first node of any group that ends at or after it.
 */
export class SpanStack {
  // Firsts and lasts both ascend: a span that starts later and ends earlier than another tells nothing.
  private readonly spans: { first: number; last: number }[] = [];

  push(first: number, last: number): void {
    while ((this.spans.at(-1)?.first ?? -1) >= first) this.spans.pop();
    this.spans.push({ first, last });
  }

  lowest(position: number): number {
    let [low, high] = [0, this.spans.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.spans[middle]?.last ?? 0) >= position) high = middle;
      else low = middle + 1;
    }
    return Math.min(position, this.spans[low]?.first ?? position);
  }
}
