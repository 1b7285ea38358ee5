import { parseDuration } from "@colaml/shared/contracts/alert-rules";

/**
 * quiet --breach--> counting --breaches in a row reach `consecutive`, cooldown over--> firing --no breach--> quiet.
 * A check without a value changes nothing: not knowing is neither a breach nor a recovery.
 */
export interface RuleState {
  /** Breaches in a row, up to now. */
  breaches: number;
  /** The open incident. */
  incident?: { id: string; since: string };
  /** When the last incident ended, ISO 8601. */
  endedAt?: string;
}

export const QUIET: RuleState = { breaches: 0 };

export interface Transition {
  state: RuleState;
  /** What is reported: once when an incident opens and once when it ends. */
  event?: { status: "firing" | "recovered"; id: string };
}

/**
 * One check of one rule.
 *
 * @param breached undefined if the metric had no value
 * @param newId the id of an incident that this check opens
 */
export function stepRule(
  rule: { consecutive: number; cooldown: string },
  state: RuleState,
  breached: boolean | undefined,
  now: Date,
  newId: string,
): Transition {
  if (breached === undefined) return { state };
  if (!breached) return recover(state, now);
  const breaches = state.breaches + 1;
  if (state.incident) return { state: { ...state, breaches } };
  const quietUntil = state.endedAt ? Date.parse(state.endedAt) + (parseDuration(rule.cooldown) ?? 0) : 0;
  if (breaches < rule.consecutive || now.getTime() < quietUntil) return { state: { ...state, breaches } };
  const incident = { id: newId, since: now.toISOString() };
  return { state: { ...state, breaches, incident }, event: { status: "firing", id: newId } };
}

function recover(state: RuleState, now: Date): Transition {
  if (!state.incident) return { state: { ...state, breaches: 0 } };
  return {
    state: { breaches: 0, endedAt: now.toISOString() },
    event: { status: "recovered", id: state.incident.id },
  };
}

/** Whether `value comparison threshold` holds. */
export function isBreached(value: number, comparison: "<" | "<=" | ">" | ">=", threshold: number): boolean {
  if (comparison === "<") return value < threshold;
  if (comparison === "<=") return value <= threshold;
  return comparison === ">" ? value > threshold : value >= threshold;
}
