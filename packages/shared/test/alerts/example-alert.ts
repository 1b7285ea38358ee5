import type { Alert } from "@colaml/shared/contracts/alerts";

/** An alert as the monitor makes it. */
export const exampleAlert = (id: string, more: Partial<Alert> = {}): Alert => ({
  v: 1,
  id,
  rule: "quality",
  severity: "critical",
  status: "firing",
  metric: "accuracy_score",
  value: 0.61,
  comparison: "<",
  threshold: 0.75,
  model: "m",
  modelVersion: "3",
  message: "accuracy is low",
  at: "2026-01-02T03:04:05.000Z",
  ...more,
});
