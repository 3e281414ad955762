import { CompileError } from '../compile-error.ts';
import type { PlacementAnswer, PlacementProblem } from './problem.ts';
import type { Router } from './router.ts';
import { answerProblem, minCutRouter } from './router.ts';

/** Who is asked where ops run, and what happens when that fails. */
export interface RouteOptions {
  /** Default: a minimal cut. */
  readonly router?: Router | undefined;
  /** How long it may take for one plan; default 60 s. */
  readonly routerTimeoutMs?: number | undefined;
  /** `default`: the minimal cut decides where the router fails, and the artifact says so. */
  readonly routerFallback?: 'default' | undefined;
}

/** A placement that has been checked. */
export interface Routed {
  readonly answer: PlacementAnswer;
  /** Who decided, and why not somebody else. */
  readonly router: string;
}

const defaultTimeoutMs = 60_000;

/**
 * Asks the router where the nodes of a problem run.
 *
 * @throws CompileError when it fails, takes too long or answers nonsense, and nothing else was allowed.
 */
export async function route(problem: PlacementProblem, options: RouteOptions): Promise<Routed> {
  const { router = minCutRouter, routerTimeoutMs = defaultTimeoutMs } = options;
  try {
    const answer = await inTime((signal) => router.place(problem, signal), routerTimeoutMs);
    return checked(problem, router, answer);
  } catch (error) {
    return fallBack(problem, router, options, error);
  }
}

/** The same at once, of a router that does not wait for anything. */
export function routeNow(problem: PlacementProblem, options: RouteOptions): Routed {
  const { router = minCutRouter } = options;
  try {
    const answer = router.place(problem);
    if (answer instanceof Promise) throw new Error('it answers later; compileFile waits for it');
    return checked(problem, router, answer);
  } catch (error) {
    return fallBack(problem, router, options, error);
  }
}

function checked(problem: PlacementProblem, router: Router, answer: PlacementAnswer): Routed {
  const wrong = answerProblem(problem, answer);
  if (wrong === undefined) return { answer, router: router.name };
  throw new Error(`the answer makes no sense: ${wrong}`);
}

function fallBack(
  problem: PlacementProblem,
  router: Router,
  { routerFallback }: RouteOptions,
  error: unknown,
): Routed {
  if (error instanceof CompileError) throw error;
  const found = error instanceof Error ? error.message : String(error);
  if (routerFallback === 'default' && router !== minCutRouter) {
    const name = `${minCutRouter.name}, because router '${router.name}' failed: ${found}`;
    return { answer: minCutRouter.place(problem), router: name };
  }
  throw new CompileError(
    `plan ${problem.plan}: router '${router.name}': ${found}\n  fix: mend the router, or let the compiler's own take over with --router-fallback default`,
  );
}

async function inTime<T>(ask: (signal: AbortSignal) => T | Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const controller = new AbortController();
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer after ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([ask(controller.signal), late]);
  } finally {
    controller.abort();
    clearTimeout(timer);
  }
}
