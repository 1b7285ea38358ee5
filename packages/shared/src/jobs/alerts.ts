/** One alert, as the `alerts` queue, the log and the webhook carry it. */
export interface Alert {
  v: 1;
  /** Stable over retries: one incident, one id. */
  id: string;
  rule: string;
  severity: "info" | "warning" | "critical";
  status: "firing" | "recovered";
  metric: string;
  /** What was measured. */
  value: number;
  comparison: "<" | "<=" | ">" | ">=";
  threshold: number;
  model: string;
  modelVersion: string;
  /** One line for a person. */
  message: string;
  /** ISO 8601, UTC. */
  at: string;
}
