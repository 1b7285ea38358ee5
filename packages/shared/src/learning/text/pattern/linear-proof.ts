import { CodePoints, classOf } from "./code-points";
import type { PatternProgram } from "./pattern-program";
import { ASSERTION } from "./pattern-tree";

/** Ways from one instruction to the next ones that take a character: more are too many to look at. */
const MAX_WAYS = 64;

/** A way without taking a character: to an instruction that takes one, or to a match. */
interface Way {
  /** -1 is a match. */
  to: number;
  /** Assertions that must hold on the way. */
  bits: number;
}

/** What follows after a character was taken (or, for -1, at the start). */
interface Place {
  /** Place or -1. */
  id: number;
  set: CodePoints | undefined;
  steps: { to: number; bits: number; set: CodePoints }[];
  /** Assertions of each way to a match. */
  matches: number[];
}

/**
 * Whether a backtracking engine finds all matches of a program in time linear in the text. Proved, not tried:
 *
 * 1. **One way for each text.** After each character the ones that may come next are in sets without a common
 *    character, each reached in one way only. So going back never finds a second way over the same characters, and an
 *    attempt costs what it scans.
 * 2. **No long way without a match.** A step is *matched* if the match could have ended before it, whatever the text. A
 *    place is *safe* if the text up to it is a match whenever none of its steps can be taken. From a cycle of steps that
 *    are not matched no unsafe place may be reached without a matched step. Then an attempt scans at most as many
 *    characters beyond its match as there are places.
 * 3. Or: each match begins with `\b` and a word character, and in such cycles there are word characters only. Then there
 *    is one attempt per word, and it scans at most as many words beyond its match as there are places.
 *
 * What this does not prove may be linear all the same; `PatternMachine` takes it.
 */
export function isProvablyLinear(program: PatternProgram): boolean {
  const places = placesOf(program);
  if (places === undefined || ![...places.values()].every(hasOneWay)) return false;
  const unmatched = unmatchedSteps(places);
  const cyclic = [...places.keys()].filter((id) => reachedFrom(unmatched, unmatched.get(id)!).has(id));
  const afterCycles = reachedFrom(unmatched, cyclic);
  if ([...afterCycles].every((id) => isSafe(places.get(id)!))) return true;
  const word = classOf("w");
  const beginsWords = places.get(-1)!.steps.every(({ bits, set }) => isBorder(bits) && set.isWithin(word));
  return beginsWords && cyclic.every((id) => places.get(id)!.set!.isWithin(word));
}

const isBorder = (bits: number) => (bits & ASSERTION.border) !== 0;

/** The places that can be reached, by the instruction that was taken; undefined if there are too many ways. */
function placesOf({ instructions, start }: PatternProgram): Map<number, Place> | undefined {
  const places = new Map<number, Place>();
  const open: { id: number; from: number }[] = [{ id: -1, from: start }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { id, from } = next;
    if (places.has(id)) continue;
    const ways = waysFrom(instructions, from);
    if (ways === undefined) return undefined;
    const own = id < 0 ? undefined : instructions[id];
    const place: Place = { id, set: own?.kind === "set" ? own.set : undefined, steps: [], matches: [] };
    for (const { to, bits } of ways) {
      const at = to < 0 ? undefined : instructions[to];
      if (at?.kind !== "set") place.matches.push(bits);
      else {
        place.steps.push({ to, bits, set: at.set });
        open.push({ id: to, from: at.next });
      }
    }
    places.set(id, place);
  }
  return places;
}

function waysFrom(instructions: PatternProgram["instructions"], from: number): Way[] | undefined {
  const ways: Way[] = [];
  const open: Way[] = [{ to: from, bits: 0 }];
  for (let way = open.pop(); way; way = open.pop()) {
    const { to, bits } = way;
    const at = instructions[to]!;
    if (at.kind === "set") ways.push(way);
    else if (at.kind === "match") ways.push({ to: -1, bits });
    else open.push({ to: at.next, bits: at.kind === "assertion" ? bits | at.bit : bits });
    if (at.kind === "split") open.push({ to: at.other, bits });
    if (ways.length + open.length > MAX_WAYS) return undefined;
  }
  return ways;
}

function hasOneWay({ steps }: Place): boolean {
  return steps.every(({ set }, i) => steps.every((other, j) => i === j || set.isDisjoint(other.set)));
}

/** For each place the ones that a step leads to before which the match could not surely have ended. */
function unmatchedSteps(places: ReadonlyMap<number, Place>): Map<number, number[]> {
  const word = classOf("w");
  const unmatched = new Map<number, number[]>();
  for (const [id, { set, steps, matches }] of places) {
    const isMatched = (next: CodePoints) =>
      matches.some((bits) => bits === 0 || (set !== undefined && holdsBetween(bits, set, next, word)));
    unmatched.set(
      id,
      steps.filter((step) => !isMatched(step.set)).map(({ to }) => to),
    );
  }
  return unmatched;
}

/** Whether assertions hold between any character of a set and any of another one; false if that is open. */
function holdsBetween(bits: number, before: CodePoints, after: CodePoints, word: CodePoints): boolean {
  const sides = [before, after].map((set) =>
    set.isWithin(word) ? "in" : set.isDisjoint(word) ? "out" : "open",
  );
  if (sides.includes("open")) return false;
  return bits === (sides[0] === sides[1] ? ASSERTION.noBorder : ASSERTION.border);
}

/** Whether the text up to a place is a match whenever none of its steps can be taken. */
function isSafe({ set, steps, matches }: Place): boolean {
  if (matches.includes(0)) return true;
  if (set === undefined || !matches.includes(ASSERTION.border)) return false;
  const word = classOf("w");
  // The next character is then no word character, as all of these can be taken.
  const taken = steps.filter(({ bits }) => bits === 0).flatMap((step) => [...step.set.pairs()]);
  return set.isWithin(word) && word.isWithin(CodePoints.of(taken));
}

function reachedFrom(steps: ReadonlyMap<number, readonly number[]>, from: readonly number[]): Set<number> {
  const reached = new Set<number>();
  const open = [...from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    open.push(...steps.get(id)!);
  }
  return reached;
}
