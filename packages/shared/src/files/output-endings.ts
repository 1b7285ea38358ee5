import { basename } from "node:path";
import { ColaError } from "../errors/cola-error";
import { shownPath } from "./file-errors";

/** Endings of a kind of file that we write. */
interface Endings {
  what: string;
  /** In lower case; names are compared in any case. */
  allowed: readonly string[];
  /** May follow each of them. */
  compressed: readonly string[];
  /** Whether a name without an ending is allowed. */
  bare: boolean;
  mend: string;
}

const ENDINGS = {
  predictions: {
    what: "predictions",
    allowed: [".csv", ".tsv", ".tab", ".ndjson", ".jsonl", ".txt"],
    compressed: [".gz", ".zst"],
    bare: true,
    mend: ".csv, .tsv, .tab, .ndjson or .jsonl, each also with .gz or .zst; .txt and a name without an ending are CSV",
  },
  report: {
    what: "a report",
    allowed: [".html", ".htm"],
    compressed: [],
    bare: false,
    mend: ".html or .htm",
  },
  reviewCsv: { what: "rows to label", allowed: [".csv"], compressed: [], bare: false, mend: ".csv" },
  labelStudio: { what: "Label Studio tasks", allowed: [".json"], compressed: [], bare: false, mend: ".json" },
  argilla: {
    what: "Argilla records",
    allowed: [".jsonl", ".ndjson"],
    compressed: [],
    bare: false,
    mend: ".jsonl or .ndjson",
  },
} satisfies Record<string, Endings>;

/** What a written file holds, which decides the endings that its name may have. */
export type OutputKind = keyof typeof ENDINGS;

/** An ending is the last dot of a name and what follows it; a dot that begins a name is none. */
const ENDING = /^.+(\.[^.]*)$/s;

/**
 * Checks that a file's name does not promise what it will not hold: `scored.parquet` would be CSV.
 *
 * @throws ColaError OUTPUT_UNWRITABLE naming the endings that are allowed
 */
export function checkEnding(path: string, kind: OutputKind): void {
  const { what, allowed, compressed, bare, mend }: Endings = ENDINGS[kind];
  const name = basename(path).toLowerCase();
  const packed = compressed.find((ending) => name.length > ending.length && name.endsWith(ending));
  const ending = ENDING.exec(packed === undefined ? name : name.slice(0, -packed.length))?.[1];
  if (ending === undefined ? bare : allowed.includes(ending)) return;
  const why = ending === undefined ? "has no ending" : `ends with ${ending}`;
  throw new ColaError(
    "OUTPUT_UNWRITABLE",
    `${shownPath(path)} ${why}, which ${what} cannot be written as: use ${mend}`,
  );
}
