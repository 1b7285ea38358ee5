import fc from "fast-check";

/** A pattern and the texts that it is tried on. */
export interface PatternCase {
  pattern: string;
  texts: string[];
}

const LITERALS = [
  ..."abxAk-'#0_ ßsiσé日{}]ſİı",
  ...[
    "😀",
    "𐐀",
    "\\.",
    "\\u0061",
    "\\x62",
    "\\t",
    "\\-",
    "\\n",
    "\\U00010400",
    "\\u0301",
    "\\ud800",
    "\\0",
    "\\041",
  ],
  ".",
];
const CLASSES = ["\\w", "\\d", "\\s", "\\W", "\\D", "\\S"];
const SETS = [
  ...[
    "[ab]",
    "[a-k]",
    "[^a]",
    "[\\w'-]",
    "[^\\W\\d_]",
    "[A-Z_]",
    "[]a]",
    "[^]a]",
    "[\\d.]",
    "[\\s-]",
    "[é-ß]",
    "[\\S]",
  ],
  ...[
    "[^\\w\\s]",
    "[\\-a]",
    "[α-ω]",
    "[^\\n]",
    "[\\101b]",
    "[\u{10400}-\u{1044f}]",
    "[K]",
    "[\\ud800-\\udfff]",
    "[\\b]",
  ],
  ...["[\u0300-\u036f]", "[\\U0001F600-\\U0001F64F]", "[a&&b]", "[a||b]", "[a--b]", "[[a]", "[^\\x00-\\x7f]"],
];
const ASSERTIONS = ["\\b", "\\B", "^", "$", "\\A", "\\Z"];
const QUANTIFIERS = ["*", "+", "?", "{2}", "{1,3}", "{2,}", "{,2}", "{0,1}", "{0}", "{,}"];
const FLAGS = ["", "", "", "", "(?u)", "(?i)", "(?m)", "(?s)", "(?im)", "(?u)(?i)", "(?si)"];
/** What the engines see differently: case, marks, pairs and halves of pairs, the ends of lines. */
const CHARACTERS = [
  ..."abABxk07_ \n-'#.éÉßſKİıςΣσ日٣½ΐ",
  ...[
    "\u0301",
    "\u0345",
    "\u00a0",
    "\r",
    "\u2028",
    "\u0085",
    "\x1c",
    "😀",
    "𐐀",
    "𐐨",
    "\ud800",
    "\udc00",
    "\ud83d",
    "\ude00",
    "\u200d",
    "ﬆ",
  ],
];

const quantifier = fc
  .tuple(fc.constantFrom(...QUANTIFIERS), fc.constantFrom("", "", "?"))
  .map(([most, lazy]) => most + lazy);

const { choice } = fc.letrec<{ choice: string; sequence: string; item: string; group: string }>((tie) => ({
  choice: fc.oneof(
    { weight: 3, arbitrary: tie("sequence") },
    {
      weight: 1,
      arbitrary: fc.array(tie("sequence"), { minLength: 2, maxLength: 3 }).map((all) => all.join("|")),
    },
  ),
  sequence: fc.array(tie("item"), { maxLength: 3, size: "small" }).map((items) => items.join("")),
  item: fc
    .tuple(
      fc.oneof(
        { maxDepth: 4, depthSize: "small", withCrossShrink: true },
        { weight: 4, arbitrary: fc.constantFrom(...LITERALS) },
        { weight: 2, arbitrary: fc.constantFrom(...CLASSES) },
        { weight: 2, arbitrary: fc.constantFrom(...SETS) },
        { weight: 1, arbitrary: fc.constantFrom(...ASSERTIONS) },
        { weight: 4, arbitrary: tie("group") },
      ),
      fc.oneof({ weight: 3, arbitrary: fc.constant("") }, { weight: 2, arbitrary: quantifier }),
    )
    .map(([atom, repeated]) => atom + repeated),
  group: fc
    .tuple(fc.constantFrom("(?:", "(?:", "(?:", "(", "(?P<name>"), tie("choice"))
    .map(([open, inner]) => `${open}${inner})`),
}));

const patterns = fc.tuple(fc.constantFrom(...FLAGS), choice).map(([flags, body]) => flags + body);
const DEFAULTS = ["(?u)\\b\\w\\w+\\b", "\\b\\w+\\b", "\\w+", "(?u)\\b\\w+\\b"];

const character = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...CHARACTERS) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 1 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }) },
);

/** Texts of a few characters, those of the pattern among them. */
function textsOf(pattern: string, maxLength: number): fc.Arbitrary<string[]> {
  const own = [...pattern].filter((char) => !"()|?*+{}[]^$\\".includes(char));
  const unit = own.length === 0 ? character : fc.oneof(character, fc.constantFrom(...own));
  const text = fc.array(unit, { maxLength }).map((units) => units.join(""));
  return fc.array(text, { minLength: 1, maxLength: 3 });
}

const withTexts = (pattern: string, maxLength: number): fc.Arbitrary<PatternCase> =>
  textsOf(pattern, maxLength).map((texts) => ({ pattern, texts }));

/** Patterns as people write them, and harder ones. */
export const patternCases: fc.Arbitrary<PatternCase> = fc
  .oneof({ weight: 15, arbitrary: patterns }, { weight: 1, arbitrary: fc.constantFrom(...DEFAULTS) })
  .chain((pattern) => withTexts(pattern, 24));

const PIECES = [
  ..."()[]{}?*+|\\^$.-,:<>=!#&~PabwdsnxuNUzZBAig01 \n",
  "(?:",
  "(?P<n>",
  "{2",
  "[^",
  "(?i)",
  "(?x)",
  "(?i:",
  "(?-i:",
  "\\N{BULLET}",
  "++",
  "(?>",
  "é",
  "\ud800",
];
const damage = fc.array(
  fc.record({
    at: fc.nat(99),
    what: fc.constantFrom("out", "in", "twice"),
    piece: fc.constantFrom(...PIECES),
  }),
  { minLength: 1, maxLength: 4 },
);

function damaged(pattern: string, list: readonly { at: number; what: string; piece: string }[]): string {
  let chars = [...pattern];
  for (const { at, what, piece } of list) {
    const place = Math.floor((at / 100) * chars.length);
    const put = {
      out: [],
      in: [piece, ...chars.slice(place, place + 1)],
      twice: [...chars.slice(place, place + 1), ...chars.slice(place, place + 1)],
    };
    chars = [...chars.slice(0, place), ...put[what as "out"], ...chars.slice(place + 1)];
  }
  return chars.join("");
}

/** Patterns that are damaged, or made of what has a meaning in some syntax or other. */
export const damagedPatterns: fc.Arbitrary<PatternCase> = fc
  .oneof(
    fc.tuple(patterns, damage).map(([pattern, list]) => damaged(pattern, list)),
    fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((pieces) => pieces.join("")),
  )
  .chain((pattern) => withTexts(pattern, 10));
