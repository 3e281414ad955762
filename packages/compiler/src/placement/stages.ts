import type { Node, StateVariable, Tensor } from '@vorab/graph';
import { stateOf } from '@vorab/graph';
import type { EntryGraph } from '../entry-graph.ts';
import { nodesOf } from '../entry-graph.ts';
import { isPlaced } from './build-problem.ts';
import { mayFail } from './work.ts';

/** Where the ops and states of one entry are. */
export interface Placed {
  readonly targets: readonly string[];
  targetOf(node: Node): string;
  ownerOf(state: StateVariable): string;
}

/** What one target does at one time. */
export interface Stage {
  readonly target: string;
  /** In the order of computation. */
  readonly nodes: Node[];
  /** States of this target whose old value another needs. */
  readonly loads: StateVariable[];
  readonly writes: StateVariable[];
}

/** An op, or the old value of a state for another target. */
interface Item {
  readonly of: Node | StateVariable;
  readonly target: string;
  readonly needs: readonly Item[];
  readonly readers: Item[];
  /** It stays as early as it can: what may fail comes before every write. */
  readonly early: boolean;
  stage: number;
}

/**
 * The stages of an entry: as few as its placement allows. Ops that may fail run as early as can be, all others as late,
 * so that what a target needs later is not handed out and in again. States are written by the last stage of the target
 * that holds them, once nothing can fail any more.
 */
export function stagesOf(graph: EntryGraph, placed: Placed): readonly Stage[] {
  const items = itemsOf(graph, placed);
  const starts = placed.targets.map((_, start) => schedule(items, placed.targets, start));
  const order = starts.reduce((best, next) => (next.length < best.length ? next : best));
  const targets = schedule(items, placed.targets, starts.indexOf(order));
  const writes = placeWrites(graph, placed, items, targets);
  delay(graph, placed, items, targets, writes);
  const stages = collect(items, targets, writes);
  if (stages.length > 0) return stages;
  return [{ target: placed.targets[0] ?? '', nodes: [], loads: [], writes: [] }];
}

function itemsOf(graph: EntryGraph, placed: Placed): readonly Item[] {
  const items: Item[] = [];
  const byNode = new Map<Node, Item>();
  const loads = new Map<StateVariable, Item>();
  const add = (of: Item['of'], target: string, needs: readonly Item[], early: boolean): Item => {
    const item: Item = { of, target, needs, readers: [], early, stage: -1 };
    for (const need of needs) need.readers.push(item);
    items.push(item);
    return item;
  };
  const need = (t: Tensor, target: string): readonly Item[] => {
    const state = stateOf(t);
    if (!state) return [byNode.get(t.node)].filter((item) => item !== undefined);
    const owner = placed.ownerOf(state);
    if (owner === target) return [];
    const load = loads.get(state) ?? add(state, owner, [], false);
    loads.set(state, load);
    return [load];
  };
  for (const node of nodesOf(graph).filter(isPlaced)) {
    const target = placed.targetOf(node);
    const needs = new Set(node.inputs.flatMap((t) => need(t, target)));
    byNode.set(node, add(node, target, [...needs], mayFail(node)));
  }
  for (const { state, value } of graph.updates) need(value, placed.ownerOf(state));
  // A result that is an old value is given by whoever holds it: wanted by nobody's target.
  for (const { tensor } of graph.outputs) if (stateOf(tensor)) need(tensor, '');
  return items;
}

// Targets in turn, each as far as it gets; items stand after what they need.
function schedule(items: readonly Item[], targets: readonly string[], start: number): string[] {
  const order: string[] = [];
  const done = new Set<Item>();
  let waiting = items;
  for (let turn = start; waiting.length > 0; turn++) {
    const target = targets[turn % targets.length] ?? '';
    const before = done.size;
    for (const item of waiting) {
      if (item.target !== target || !item.needs.every((need) => done.has(need))) continue;
      item.stage = order.length;
      done.add(item);
    }
    if (done.size === before) continue;
    waiting = waiting.filter((item) => !done.has(item));
    order.push(target);
  }
  return order;
}

type Writes = ReadonlyMap<StateVariable, number>;

/** The stage in which each state is written; further stages are added where they must be. */
function placeWrites(
  graph: EntryGraph,
  placed: Placed,
  items: readonly Item[],
  stages: string[],
): Writes {
  const writes = new Map<StateVariable, number>();
  const lastFailing = Math.max(-1, ...items.filter(({ early }) => early).map((i) => i.stage));
  for (const target of placed.targets) {
    const own = graph.updates.filter(({ state }) => placed.ownerOf(state) === target);
    if (own.length === 0) continue;
    const made = own.flatMap(({ value }) => itemOf(items, value, target) ?? []);
    const from = Math.max(
      lastFailing,
      ...made.map((item) => (item.target === target ? item.stage : item.stage + 1)),
    );
    let at = stages.lastIndexOf(target);
    if (at < from || at < 0) at = stages.push(target) - 1;
    for (const { state } of own) writes.set(state, at);
  }
  return writes;
}

function itemOf(items: readonly Item[], value: Tensor, target: string): Item | undefined {
  const state = stateOf(value);
  const found = items.find(({ of }) => of === (state ?? value.node));
  return state && found?.target === target ? undefined : found;
}

/** Moves items to the last stage of their target in which their readers still get them. */
function delay(
  graph: EntryGraph,
  placed: Placed,
  items: readonly Item[],
  stages: readonly string[],
  writes: Writes,
): void {
  const latest = new Map<Item, number>();
  const limit = (item: Item, reader: string, stage: number): void => {
    const bound = item.target === reader ? stage : stage - 1;
    latest.set(item, Math.min(latest.get(item) ?? stages.length - 1, bound));
  };
  for (const { state, value } of graph.updates) {
    const owner = placed.ownerOf(state);
    const item = itemOf(items, value, owner);
    if (item) limit(item, owner, writes.get(state) ?? 0);
  }
  // The old value is read before the new one is written.
  for (const item of items) {
    const write = 'tensor' in item.of ? writes.get(item.of) : undefined;
    if (write !== undefined) limit(item, item.target, write);
  }
  for (const item of items.toReversed()) {
    const bound = latest.get(item) ?? stages.length - 1;
    if (!item.early) item.stage = stages.lastIndexOf(item.target, bound);
    for (const need of item.needs) limit(need, item.target, item.stage);
  }
}

function collect(
  items: readonly Item[],
  targets: readonly string[],
  writes: Writes,
): readonly Stage[] {
  const all = targets.map((target): Stage => ({ target, nodes: [], loads: [], writes: [] }));
  for (const { of, stage } of items) {
    if ('tensor' in of) all[stage]?.loads.push(of);
    else all[stage]?.nodes.push(of);
  }
  for (const [state, stage] of writes) all[stage]?.writes.push(state);
  const kept: Stage[] = [];
  for (const stage of all.filter((s) => s.nodes.length + s.loads.length + s.writes.length > 0)) {
    const before = kept.at(-1);
    if (before?.target !== stage.target) {
      kept.push(stage);
      continue;
    }
    before.nodes.push(...stage.nodes);
    before.loads.push(...stage.loads);
    before.writes.push(...stage.writes);
  }
  return kept;
}
