import type { ForeignLabels } from "@colaml/shared/contracts/monitor";
import { maskedExample } from "../rows/masked-example";

/** Different labels that are listed, at most. */
const LISTED = 5;
/** A label is listed this far, in characters. */
const SHOWN = 40;

/** Counts labels that are not a class of the model, and keeps the first different ones, masked. */
export class ForeignLabelList {
  readonly #classes: readonly string[];
  readonly #seen = new Set<string>();
  readonly #first: ForeignLabels["first"] = [];
  #rows = 0;

  constructor(classes: readonly string[]) {
    this.#classes = classes;
  }

  add(label: string): void {
    this.#rows++;
    if (this.#first.length === LISTED || this.#seen.has(label)) return;
    this.#seen.add(label);
    const nearest = nearestClass(label, this.#classes);
    this.#first.push({ label: shownLabel(label), ...(nearest === undefined ? {} : { nearest }) });
  }

  get labels(): ForeignLabels {
    return { rows: this.#rows, first: this.#first };
  }
}

/** A label as reports show it: the label column may turn out to hold customers' texts. */
function shownLabel(label: string): string {
  const characters = [...maskedExample(label)];
  return characters.length > SHOWN ? `${characters.slice(0, SHOWN).join("")}…` : characters.join("");
}

/**
 * The class that differs from a label only in case, spaces or a trailing `.0`; undefined if there is none.
 *
 * @example nearestClass("1.0", ["0", "1"]) // "1"
 */
export function nearestClass(label: string, classes: readonly string[]): string | undefined {
  const wanted = spelling(label);
  return classes.find((name) => spelling(name) === wanted);
}

const spelling = (label: string): string =>
  label
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\s_]+/gu, "")
    // A minus belongs to its number: -1 is not another spelling of 1.
    .replace(/(?<!^)-|^-(?!\p{Nd})/gu, "")
    .replace(/(?<=\d)\.0+$/u, "");
