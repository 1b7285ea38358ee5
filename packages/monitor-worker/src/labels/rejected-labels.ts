/** Rows without an id or a label: how many, and why, in one line each. */
export interface RejectedLabels {
  count: number;
  notes: string[];
}
