import { CodePoints } from "./code-points";

/**
 * Letters that Python's `re` takes for the same although lower-casing does not make them so
 * (CPython, Lib/re/_casefix.py, 3.11).
 */
const SAME: readonly (readonly number[])[] = [
  [0x69, 0x131],
  [0x73, 0x17f],
  [0xb5, 0x3bc],
  [0x345, 0x3b9, 0x1fbe],
  [0x390, 0x1fd3],
  [0x3b0, 0x1fe3],
  [0x3b2, 0x3d0],
  [0x3b5, 0x3f5],
  [0x3b8, 0x3d1],
  [0x3ba, 0x3f0],
  [0x3c0, 0x3d6],
  [0x3c1, 0x3f1],
  [0x3c2, 0x3c3],
  [0x3c6, 0x3d5],
  [0x432, 0x1c80],
  [0x434, 0x1c81],
  [0x43e, 0x1c82],
  [0x441, 0x1c83],
  [0x442, 0x1c84, 0x1c85],
  [0x44a, 0x1c86],
  [0x463, 0x1c87],
  [0x1e61, 0x1e9b],
  [0x1c88, 0xa64b],
  [0xfb05, 0xfb06],
];
/** No letter with a lower case lies beyond. */
const LAST_CASED = 0x1ffff;

/** The lower case of one code point as one code point, as Python's `re` takes it. */
function lowerOf(codePoint: number): number {
  if (codePoint === 0x130) return 0x69;
  if (codePoint >= 0xd800 && codePoint < 0xe000) return codePoint;
  const lower = String.fromCodePoint(codePoint).toLowerCase();
  const first = lower.codePointAt(0)!;
  return String.fromCodePoint(first) === lower ? first : codePoint;
}

let groups: number[][] | undefined;

/** Groups of code points that differ by case only; computed once per process. */
function caseGroups(): number[][] {
  if (groups) return groups;
  const byFirst = new Map<number, number[]>();
  for (const same of SAME) {
    const group: number[] = [];
    for (const codePoint of same) byFirst.set(codePoint, group);
  }
  const put = (codePoint: number, lower: number) => {
    const group = byFirst.get(lower) ?? [];
    byFirst.set(lower, group);
    group.push(codePoint);
  };
  for (let codePoint = 0; codePoint <= LAST_CASED; codePoint++) {
    const lower = lowerOf(codePoint);
    if (lower !== codePoint) put(codePoint, lower);
  }
  for (const lower of [...byFirst.keys()]) put(lower, lower);
  groups = [...new Set(byFirst.values())];
  return groups;
}

/** A set with every code point that differs from one of its own by case only: what `(?i)` makes of it. */
export function ignoringCase(set: CodePoints): CodePoints {
  const added = caseGroups().filter((group) => group.some((codePoint) => set.has(codePoint)));
  const pairs = added.flat().map((codePoint): [number, number] => [codePoint, codePoint]);
  return set.union(CodePoints.of(pairs));
}
