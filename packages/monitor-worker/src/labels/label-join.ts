import type { LeftOutIds } from "@colaml/shared/contracts/monitor";
import { CONFLICTING_LABELS, type LabelIndex, NO_LABEL } from "./label-index";
import { shownId } from "./shown-id";

/** Ids that are listed by name, at most. */
export const LISTED_IDS = 20;

/**
 * Joins rows with labels by id, and counts the rows it leaves out: those whose id came with different labels in one
 * delivery, and those whose id stands on rows that differ. The latter whatever their labels say: to keep those whose
 * labels agree would favour the frequent class.
 */
export class LabelJoin {
  readonly #labels: LabelIndex;
  readonly #first: string[] = [];
  #joined = 0;
  #ids = 0;
  #differentLabels = 0;
  #differentRows = 0;

  constructor(labels: LabelIndex) {
    this.#labels = labels;
    labels.beginJoin();
  }

  /** Rows that got their label. */
  get joined(): number {
    return this.#joined;
  }

  /** Rows left out, of those that lack a label of their own. */
  get leftOut(): LeftOutIds {
    const rows = this.#differentLabels + this.#differentRows;
    return {
      ids: this.#ids,
      rows,
      first: this.#first,
      differentLabels: this.#differentLabels,
      differentRows: this.#differentRows,
      share: rows === 0 ? 0 : rows / (rows + this.#joined),
    };
  }

  /** The label of a row that has none of its own. @param row `rowHash` of it */
  labelOf(id: string, row: number): string | undefined {
    const code = this.#labels.meet(id, row);
    if (code === NO_LABEL) return undefined;
    if (code >= 0) {
      this.#joined++;
      return this.#labels.names[code]!;
    }
    if (code === CONFLICTING_LABELS) this.#differentLabels++;
    else this.#differentRows++;
    if (this.#labels.leaveOut(id)) {
      this.#ids++;
      if (this.#first.length < LISTED_IDS) this.#first.push(shownId(id));
    }
    return undefined;
  }

  /** A row that has a label of its own: its id may be another row's, too. */
  pass(id: string, row: number): void {
    this.#labels.meet(id, row);
  }
}
