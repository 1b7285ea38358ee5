import { z } from "zod";

/** One alert, as the `alerts` queue, the log and the webhook carry it. */
export const alertSchema = z.strictObject({
  v: z.literal(1),
  /** Of the incident: the alert that opens it and the message of its recovery have the same. */
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
  rule: z.string(),
  severity: z.enum(["info", "warning", "critical"]),
  status: z.enum(["firing", "recovered"]),
  metric: z.string(),
  /** What was measured. */
  value: z.number(),
  comparison: z.enum(["<", "<=", ">", ">="]),
  threshold: z.number(),
  model: z.string(),
  modelVersion: z.string(),
  /** One line for a person. */
  message: z.string(),
  /** ISO 8601, UTC. */
  at: z.string(),
});
export type Alert = z.infer<typeof alertSchema>;

/** Who has seen an incident, and when (ISO 8601, UTC). */
export const acknowledgementSchema = z.object({ at: z.string(), by: z.string() });
export type Acknowledgement = z.infer<typeof acknowledgementSchema>;

/** One incident as it is listed: from the first alert to its end. */
export interface Incident {
  /** The alert that opened it. */
  alert: Alert;
  recovered?: Alert;
  acknowledged?: Acknowledgement;
}
