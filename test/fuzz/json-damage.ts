import fc from "fast-check";

/** A change of one place in a JSON document. */
export interface Damage {
  /**
   * How to get there from the root: the child of that number, modulo how many there are. One number only: that of the
   * place among all there are, so that places far below the root are met as often.
   */
  way: number[];
  what: "replace" | "remove" | "twice" | "add";
  /** JSON of what is put in. */
  json: string;
  /** Name of what is added to an object. */
  name: string;
}

const NUMBERS = [
  "0",
  "-0",
  "-1",
  "1",
  "2",
  "0.5",
  "255",
  "256",
  "1e308",
  "-1e308",
  "1e999",
  "1e-320",
  "3.5e38",
  "1e39",
];
const WHOLE = [
  "2147483647",
  "2147483648",
  "4294967295",
  "4294967296",
  "4294967297",
  "-4294967295",
  "9007199254740993",
];
const STRINGS = [
  "",
  " ",
  "0",
  "1",
  "-1",
  "1e400",
  "NaN",
  "[5E-1]",
  "\0",
  "\ud800",
  "__proto__",
  "constructor",
  "../x",
  "/etc/passwd",
];
const LONG = [
  "a".repeat(10_000),
  "(".repeat(3_000),
  "\\w*".repeat(200),
  "models:/m@champion",
  "file:x",
  "2026-01-01T00:00:00Z",
  "5m",
  "* * * * *",
];
const ODD = [
  "null",
  "true",
  "false",
  "[]",
  "{}",
  "[null]",
  "[[]]",
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
];
const DEEP = [`${"[".repeat(500)}${"]".repeat(500)}`, `${'{"a":'.repeat(300)}1${"}".repeat(300)}`];

const oddJson = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NUMBERS, ...WHOLE) },
  { weight: 3, arbitrary: fc.constantFrom(...STRINGS, ...LONG).map((text) => JSON.stringify(text)) },
  { weight: 3, arbitrary: fc.constantFrom(...ODD, ...DEEP) },
  {
    weight: 1,
    arbitrary: fc
      .double({ noNaN: true })
      .map(String)
      .filter((text) => !text.includes("Infinity")),
  },
  { weight: 1, arbitrary: fc.json({ maxDepth: 2 }) },
);

const NAMES = ["__proto__", "constructor", "toString", "extra", "", "v", "path", "length"];

export const damages: fc.Arbitrary<Damage[]> = fc.array(
  fc.record({
    way: fc.oneof(
      fc.nat(9999).map((number) => [number]),
      fc.array(fc.nat(9999), { maxLength: 8 }),
    ),
    what: fc.constantFrom("replace", "replace", "replace", "remove", "twice", "add"),
    json: oddJson,
    name: fc.constantFrom(...NAMES),
  }),
  { minLength: 1, maxLength: 3 },
);

/** The document with changes, as text: what JSON can say and JavaScript cannot hold (`1e999`) included. */
export function damagedJson(document: string, list: readonly Damage[]): string {
  return list.reduce(
    (text, damage) => JSON.stringify(changed(JSON.parse(text), damage)).replace(/"<(1e999)>"/g, "$1"),
    document,
  );
}

/** `1e999` is a text until the document is written: it would become null. */
const parsed = (json: string): unknown => (json === "1e999" ? "<1e999>" : JSON.parse(json));

function changed(root: unknown, damage: Damage): unknown {
  const place = damage.way.length === 1 ? placeAmongAll(root, damage.way[0]!) : placeOnWay(root, damage.way);
  const at = place === undefined ? root : (place.parent as Record<string, unknown>)[place.key];
  if (damage.what === "add" && typeof at === "object" && at !== null) {
    if (Array.isArray(at)) at.push(parsed(damage.json));
    else put(at, damage.name, parsed(damage.json));
    return root;
  }
  if (place === undefined) return parsed(damage.json);
  const { parent, key } = place;
  if (damage.what === "remove") {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete (parent as Record<string, unknown>)[key];
  } else if (damage.what === "twice" && Array.isArray(parent)) parent.splice(Number(key), 0, at);
  else put(parent, key, parsed(damage.json));
  return root;
}

interface Place {
  parent: object;
  key: string;
}

const membersOf = (value: unknown) =>
  typeof value === "object" && value !== null ? Object.entries(value) : [];

function placeOnWay(root: unknown, way: readonly number[]): Place | undefined {
  let place: Place | undefined;
  let at = root;
  for (const number of way) {
    const members = membersOf(at);
    if (members.length === 0) break;
    const [key, value] = members[number % members.length]!;
    place = { parent: at as object, key };
    at = value;
  }
  return place;
}

function placeAmongAll(root: unknown, number: number): Place | undefined {
  const places: Place[] = [];
  const open = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    for (const [key, member] of membersOf(value)) {
      places.push({ parent: value as object, key });
      open.push(member);
    }
  }
  return places[number % places.length];
}

/** An own property, `__proto__` too: as JSON.parse makes it. */
function put(parent: object, key: string | number, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}
