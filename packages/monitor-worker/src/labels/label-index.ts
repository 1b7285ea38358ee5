import { ColaError } from "@colaml/shared/errors/cola-error";

/** Slots of a new index; it doubles when three quarters are taken. */
const FIRST_SLOTS = 1_024;
const EMPTY = -1;
/** What an Int16 numbers. */
const MOST_LABELS = 32_767;
/** Deliveries that a slot can distinguish: what a Uint16 numbers. */
const MOST_DELIVERIES = 65_535;

/** Answers of `meet` besides the code of a label. */
export const NO_LABEL = -1;
export const CONFLICTING_LABELS = -2;
export const SHARED_ID = -3;

/** Flags of a slot. */
const MET = 1;
/** Its delivery gave it different labels. */
const CONFLICT = 2;
/** Its id stands on rows that are not the same row. */
const SHARED = 4;
/** A row with its id was left out of the join. */
const LEFT_OUT = 32;
/** How its first row in its delivery was counted. */
const COUNTED = 8 | 16;
const ADDED = 8;
const CHANGED = 16;
/** As `CHANGED`, by an id that was in conflict. */
const RESOLVED = 8 | 16;

/** What one delivery brought, by id. */
export interface DeliveryCounts {
  /** Ids seen for the first time. */
  added: number;
  /** Ids that had another label, or different ones. */
  changed: number;
  /** Ids that came with different labels. */
  conflicting: number;
  /** Of `conflicting`: those that were not in conflict before. */
  newlyConflicting: number;
}

/**
 * Ids with their labels in typed arrays, 13 bytes a slot and 4 more while rows are joined, so that millions fit
 * that a Map of strings would not hold. Ids are known by a 64-bit hash: that two of 10 million ids meet has a chance
 * of 3 in a million.
 *
 * Labels come in deliveries. A later delivery corrects an earlier one; an id with different labels within one
 * delivery is in conflict, until a later delivery gives it one label.
 */
export class LabelIndex {
  /** What the codes stand for, in order of appearance. */
  readonly names: string[] = [];
  readonly #codeOf = new Map<string, number>();
  #high = new Uint32Array(FIRST_SLOTS);
  #low = new Uint32Array(FIRST_SLOTS);
  #code = new Int16Array(FIRST_SLOTS).fill(EMPTY);
  #flags = new Uint8Array(FIRST_SLOTS);
  /** The delivery that gave the label; 0: one before those that the numbers distinguish. */
  #delivery = new Uint16Array(FIRST_SLOTS);
  /** Hash of the first row that the id stands on; 0: none yet. Absent until rows are joined. */
  #row: Uint32Array | undefined;
  #size = 0;
  #metCount = 0;
  #sharedCount = 0;
  #hashHigh = 0;
  #hashLow = 0;
  #number = 1;
  #counts: DeliveryCounts = { added: 0, changed: 0, conflicting: 0, newlyConflicting: 0 };

  /** Different ids, those in conflict among them. */
  get size(): number {
    return this.#size;
  }

  /** What the present delivery brought so far. */
  get delivery(): Readonly<DeliveryCounts> {
    return this.#counts;
  }

  /** The labels that follow came later than those before: they correct them. */
  beginDelivery(): void {
    this.#counts = { added: 0, changed: 0, conflicting: 0, newlyConflicting: 0 };
    if (this.#number < MOST_DELIVERIES) this.#number++;
    else {
      this.#delivery.fill(0);
      this.#number = 1;
    }
  }

  /** Stores a label of the present delivery. @throws ColaError LABELS_INVALID beyond 32,767 different labels */
  set(id: string, label: string): void {
    const slot = this.#find(id);
    const code = this.#codeOfLabel(label);
    const before = this.#code[slot]!;
    if (before === EMPTY) this.#insert(slot, code);
    else if (this.#delivery[slot] !== this.#number) this.#correct(slot, code);
    else if (before !== code) this.#conflict(slot);
  }

  /** Whether the present delivery gave the id different labels. */
  inConflict(id: string): boolean {
    const slot = this.#find(id);
    return (this.#flags[slot]! & CONFLICT) !== 0 && this.#delivery[slot] === this.#number;
  }

  /** Whether the id has a label. */
  has(id: string): boolean {
    return this.#code[this.#find(id)] !== EMPTY;
  }

  /** What was met counts no longer; what is known of ids that stand on different rows stays. */
  beginJoin(): void {
    this.#row ??= new Uint32Array(this.#code.length);
    for (let slot = 0; slot < this.#flags.length; slot++) this.#flags[slot]! &= ~(MET | LEFT_OUT);
    this.#metCount = 0;
  }

  /**
   * The code of the label of an id, which then counts as met; or `NO_LABEL`, `CONFLICTING_LABELS`, `SHARED_ID`. That
   * rows share an id shows at the second of them: if `sharedCount` grew, the rows have to be joined again.
   *
   * @param row hash of all that distinguishes the row from another, not 0
   */
  meet(id: string, row: number): number {
    const slot = this.#find(id);
    if (this.#code[slot] === EMPTY) return NO_LABEL;
    this.#note(slot, row);
    const flags = this.#flags[slot]!;
    if ((flags & MET) === 0) {
      this.#flags[slot] = flags | MET;
      this.#metCount++;
    }
    if (flags & CONFLICT) return CONFLICTING_LABELS;
    return flags & SHARED ? SHARED_ID : this.#code[slot]!;
  }

  /** Ids that stand on rows which differ. */
  get sharedCount(): number {
    return this.#sharedCount;
  }

  /** Marks an id whose rows are left out of the join. @returns whether it is the first time */
  leaveOut(id: string): boolean {
    const slot = this.#find(id);
    const first = (this.#flags[slot]! & LEFT_OUT) === 0;
    this.#flags[slot]! |= LEFT_OUT;
    return first;
  }

  /** Whether no id is left that was not asked for. */
  get allMet(): boolean {
    return this.#metCount === this.#size;
  }

  /** Whether the id was asked for by `meet`. */
  wasMet(id: string): boolean {
    return (this.#flags[this.#find(id)]! & MET) !== 0;
  }

  #note(slot: number, row: number): void {
    const noted = this.#row!;
    if (noted[slot] === 0) noted[slot] = row;
    else if (noted[slot] !== row && (this.#flags[slot]! & SHARED) === 0) {
      this.#flags[slot]! |= SHARED;
      this.#sharedCount++;
    }
  }

  #insert(slot: number, code: number): void {
    this.#high[slot] = this.#hashHigh;
    this.#low[slot] = this.#hashLow;
    this.#code[slot] = code;
    this.#delivery[slot] = this.#number;
    this.#flags[slot] = ADDED;
    this.#counts.added++;
    if (++this.#size * 4 > this.#code.length * 3) this.#grow();
  }

  #correct(slot: number, code: number): void {
    const flags = this.#flags[slot]!;
    const counted = flags & CONFLICT ? RESOLVED : this.#code[slot] === code ? 0 : CHANGED;
    this.#flags[slot] = (flags & ~(CONFLICT | COUNTED)) | counted;
    this.#code[slot] = code;
    this.#delivery[slot] = this.#number;
    if (counted !== 0) this.#counts.changed++;
  }

  #conflict(slot: number): void {
    const flags = this.#flags[slot]!;
    if (flags & CONFLICT) return;
    this.#flags[slot] = flags | CONFLICT;
    this.#counts.conflicting++;
    const counted = flags & COUNTED;
    if (counted !== RESOLVED) this.#counts.newlyConflicting++;
    if (counted === ADDED) this.#counts.added--;
    else if (counted !== 0) this.#counts.changed--;
  }

  #codeOfLabel(label: string): number {
    const known = this.#codeOf.get(label);
    if (known !== undefined) return known;
    if (this.names.length === MOST_LABELS) {
      throw new ColaError(
        "LABELS_INVALID",
        `more than ${MOST_LABELS} different labels: is the label column right? (\`--label-column\`)`,
      );
    }
    this.names.push(label);
    this.#codeOf.set(label, this.names.length - 1);
    return this.names.length - 1;
  }

  /** The slot that holds the id, or the free one where it belongs. Leaves the hash in its fields. */
  #find(id: string): number {
    this.#hash(id);
    const mask = this.#code.length - 1;
    let slot = this.#hashLow & mask;
    while (
      this.#code[slot] !== EMPTY &&
      (this.#high[slot] !== this.#hashHigh || this.#low[slot] !== this.#hashLow)
    ) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** Two 32-bit multiplicative hashes mixed into each other at the end (cyrb53, both halves kept whole). */
  #hash(id: string): void {
    let a = 0xdeadbeef;
    let b = 0x41c6ce57;
    for (let i = 0; i < id.length; i++) {
      const unit = id.charCodeAt(i);
      a = Math.imul(a ^ unit, 2654435761);
      b = Math.imul(b ^ unit, 1597334677);
    }
    a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
    b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
    this.#hashHigh = a >>> 0;
    this.#hashLow = b >>> 0;
  }

  #grow(): void {
    const before = {
      high: this.#high,
      low: this.#low,
      code: this.#code,
      flags: this.#flags,
      delivery: this.#delivery,
    };
    const slots = before.code.length * 2;
    this.#high = new Uint32Array(slots);
    this.#low = new Uint32Array(slots);
    this.#code = new Int16Array(slots).fill(EMPTY);
    this.#flags = new Uint8Array(slots);
    this.#delivery = new Uint16Array(slots);
    for (let i = 0; i < before.code.length; i++) {
      if (before.code[i] === EMPTY) continue;
      let slot = before.low[i]! & (slots - 1);
      while (this.#code[slot] !== EMPTY) slot = (slot + 1) & (slots - 1);
      this.#high[slot] = before.high[i]!;
      this.#low[slot] = before.low[i]!;
      this.#code[slot] = before.code[i]!;
      this.#flags[slot] = before.flags[i]!;
      this.#delivery[slot] = before.delivery[i]!;
    }
  }
}
