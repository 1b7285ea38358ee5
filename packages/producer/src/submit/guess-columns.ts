/** A column with some values of it, in order; those that are missing are empty. */
export interface ColumnSample {
  name: string;
  values: readonly string[];
}

/** What a column was taken for, and why; or the columns among which nothing decides. */
export type ColumnGuess = { name: string; because: string } | { among: string[] };

export type ColumnGuesses = Record<"text" | "label" | "id", ColumnGuess>;

/** Names that say what a column holds, the most telling first; compared without case, blanks and signs. */
const NAMES = {
  text: [
    "text",
    "texto",
    "tweet",
    "message",
    "mensaje",
    "body",
    "comment",
    "comentario",
    "review",
    "description",
  ],
  label: [
    "label",
    "etiqueta",
    "class",
    "clase",
    "category",
    "categoria",
    "target",
    "sentiment",
    "inbound",
    "stars",
  ],
  id: ["id", "tweetid", "uuid", "key"],
} as const;

/** A text has more words than a name or a date. */
const TEXT_WORDS = 3;
/** A model is asked for no more classes than this without being told. */
const MOST_CLASSES = 100;
/** Each class has several rows, else it is a value like any other. */
const ROWS_PER_CLASS = 3;

/**
 * Which columns hold text, label and id, by their values, then by their names. A guess that two columns fit equally is
 * not made.
 */
export function guessColumns(columns: readonly ColumnSample[]): ColumnGuesses {
  const text = choose("text", columns.filter(isText), "texts of several words");
  const rest = columns.filter(({ name }) => !("name" in text && text.name === name));
  const id = choose("id", rest.filter(isId), "every value is another one");
  const others = rest.filter(({ name }) => !("name" in id && id.name === name));
  return { text, id, label: choose("label", others.filter(isLabel), "few values, each in many rows") };
}

function choose(role: keyof typeof NAMES, fitting: readonly ColumnSample[], because: string): ColumnGuess {
  const [only, ...more] = fitting;
  if (only === undefined) return { among: [] };
  if (more.length === 0) return { name: only.name, because };
  for (const known of NAMES[role]) {
    const named = fitting.filter(({ name }) => plain(name) === known);
    if (named.length === 1) return { name: named[0]!.name, because: `${because}, and its name` };
  }
  return { among: fitting.map(({ name }) => name) };
}

const plain = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

const present = ({ values }: ColumnSample) => values.filter((value) => value.trim() !== "");

function isText(column: ColumnSample): boolean {
  const values = present(column);
  const words = values.reduce((sum, value) => sum + value.trim().split(/\s+/).length, 0);
  return values.length > 0 && words / values.length >= TEXT_WORDS;
}

function isLabel(column: ColumnSample): boolean {
  const values = present(column);
  const classes = new Set(values).size;
  return classes >= 2 && classes <= MOST_CLASSES && values.length >= classes * ROWS_PER_CLASS;
}

/** A number that happens to differ in every row is not an id: the name says so, too. */
function isId(column: ColumnSample): boolean {
  const values = present(column);
  const isUnique = values.length === column.values.length && new Set(values).size === values.length;
  return isUnique && values.length > 1 && /(^|[^\p{L}])(id|uuid|key)$|[a-z]Id$|ID$/u.test(column.name);
}
