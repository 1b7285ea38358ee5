/** `problem`: something will not work. `warning`: it works, and may not for long, or not safely. */
export type FindingState = "ok" | "warning" | "problem";

/** What one check found. */
export interface Finding {
  /** What was looked at, such as `redis eviction`. */
  check: string;
  state: FindingState;
  /** What is so: with the value that was found. */
  message: string;
  /** What to do about it: absent if it is ok. */
  mend?: string;
}

export const ok = (check: string, message: string): Finding => ({ check, state: "ok", message });

export const warning = (check: string, message: string, mend: string): Finding => ({
  check,
  state: "warning",
  message,
  mend,
});

export const problem = (check: string, message: string, mend: string): Finding => ({
  check,
  state: "problem",
  message,
  mend,
});
