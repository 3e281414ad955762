interface Arc {
  readonly to: number;
  capacity: number;
  /** Where the arc against it stands among those of `to`. */
  readonly back: number;
}

/** A network with a source and a sink, and the smallest cut between them (Dinic 1970). */
export class Network {
  private readonly arcs: Arc[][] = [];
  readonly source: number = this.vertex();
  readonly sink: number = this.vertex();

  vertex(): number {
    return this.arcs.push([]) - 1;
  }

  /** Capacities are whole numbers, so that sums are exact. */
  connect(from: number, to: number, capacity: number): void {
    const [forth, back] = [this.at(from), this.at(to)];
    const own = forth.length;
    forth.push({ to, capacity, back: back.length });
    back.push({ to: from, capacity: 0, back: own });
  }

  /** What the cut costs, and the vertices on the sink's side: as few as can be. */
  cut(): { readonly cost: number; readonly sinkSide: ReadonlySet<number> } {
    let cost = 0;
    for (let levels = this.levels(); levels.has(this.sink); levels = this.levels()) {
      cost += this.blockingFlow(levels);
    }
    return { cost, sinkSide: this.sinkSide() };
  }

  private at(vertex: number): Arc[] {
    return this.arcs[vertex] ?? [];
  }

  private levels(): Map<number, number> {
    const level = new Map([[this.source, 0]]);
    for (const [vertex, depth] of level) {
      for (const { to, capacity } of this.at(vertex)) {
        if (capacity > 0 && !level.has(to)) level.set(to, depth + 1);
      }
    }
    return level;
  }

  // A walk that keeps its path itself: graphs are as deep as models are long.
  private blockingFlow(levels: ReadonlyMap<number, number>): number {
    const next = this.arcs.map(() => 0);
    const path: Arc[] = [];
    let [total, vertex] = [0, this.source];
    for (;;) {
      if (vertex === this.sink) {
        total += this.push(path);
        path.length = 0;
        vertex = this.source;
        continue;
      }
      const arc = this.at(vertex)[next[vertex] ?? 0];
      if (arc === undefined) {
        const last = path.pop();
        if (last === undefined) return total;
        vertex = this.reverse(last).to;
        next[vertex] = (next[vertex] ?? 0) + 1;
      } else if (arc.capacity > 0 && levels.get(arc.to) === (levels.get(vertex) ?? 0) + 1) {
        path.push(arc);
        vertex = arc.to;
      } else {
        next[vertex] = (next[vertex] ?? 0) + 1;
      }
    }
  }

  private push(path: readonly Arc[]): number {
    const flow = Math.min(...path.map(({ capacity }) => capacity));
    for (const arc of path) {
      arc.capacity -= flow;
      this.reverse(arc).capacity += flow;
    }
    return flow;
  }

  private reverse({ to, back }: Arc): Arc {
    const arc = this.at(to)[back];
    if (!arc) throw new Error('an arc without its reverse');
    return arc;
  }

  // Whatever can still reach the sink: what is indifferent stays with the source.
  private sinkSide(): ReadonlySet<number> {
    const reached = new Set([this.sink]);
    for (const vertex of reached) {
      for (const arc of this.at(vertex)) {
        if (this.reverse(arc).capacity > 0) reached.add(arc.to);
      }
    }
    return reached;
  }
}
