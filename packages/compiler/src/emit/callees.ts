import type { fb } from '@vorab/artifact';
import type { Node, Subgraph } from '@vorab/graph';

/** A function that others refer to, written once. */
export interface Callee {
  readonly table: fb.FunctionT;
  /** Position of each node in the table. */
  readonly origins: ReadonlyMap<Node, readonly number[]>;
}

interface Known extends Callee {
  /** In the order of completion: what a function refers to is complete before it is. */
  readonly id: number;
  /** Whatever holds its index, which is known at the end. */
  readonly references: { value: number }[];
}

type MakeTable = (graph: Subgraph) => {
  table: fb.FunctionT;
  origins: ReadonlyMap<Node, readonly number[]>;
};

/** The functions that functions refer to: after all that refer to them, and equal ones once. */
export class Callees {
  private readonly byGraph: Map<Subgraph, Known> = new Map();
  private readonly byContent: Map<string, Known> = new Map();

  constructor(private readonly makeTable: MakeTable) {}

  /** Writes a function, if it is new; `reference` gets its index at the end. */
  refer(graph: Subgraph, reference: { value: number }): Callee {
    const known = this.byGraph.get(graph) ?? this.add(graph);
    known.references.push(reference);
    reference.value = known.id;
    return known;
  }

  // References within the table hold ids while it is compared.
  private add(graph: Subgraph): Known {
    const { table, origins } = this.makeTable(graph);
    const content = JSON.stringify(table, (_, value: unknown) =>
      typeof value === 'bigint' ? `${value}n` : value,
    );
    const equal = this.byContent.get(content);
    const known = equal
      ? { ...equal, origins }
      : { table, origins, id: this.byContent.size, references: [] };
    this.byContent.set(content, equal ?? known);
    this.byGraph.set(graph, known);
    return known;
  }

  /** Appends the functions, callers before what they call, and tells every reference its index. */
  finish(functions: fb.FunctionT[]): void {
    const all = [...this.byContent.values()].reverse();
    const first = functions.length;
    for (const [i, { table, references }] of all.entries()) {
      functions.push(table);
      for (const reference of references) reference.value = first + i;
    }
  }
}
