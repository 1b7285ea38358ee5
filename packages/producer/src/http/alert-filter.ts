import type { Incident } from "@colaml/shared/contracts/alerts";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { z } from "zod";
import { timeOf } from "../submit/job-filter";
import { checkedPayload } from "../submit/payloads";

const MAX_LISTED = 500;
const yesOrNo = z
  .enum(["true", "false"], { error: "allowed are true and false" })
  .transform((value) => value === "true");

const querySchema = z.strictObject({
  open: yesOrNo.optional(),
  acknowledged: yesOrNo.optional(),
  model: z.string().optional(),
  rule: z.string().optional(),
  severity: z.enum(["info", "warning", "critical"]).optional(),
  since: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(MAX_LISTED).default(100),
  cursor: z.string().optional(),
});

/** Which incidents are wanted. */
export type AlertFilter = Omit<z.infer<typeof querySchema>, "since"> & {
  /** Milliseconds since 1970. */
  since?: number;
};

const text = { type: "string" };
const flag = { type: "boolean" };
const inQuery = (name: string, description: string, schema: object) => ({
  name,
  in: "query",
  description,
  schema,
});

/** The filters as OpenAPI has them. */
export const ALERT_PARAMETERS = [
  inQuery("open", "those that have not ended, or those that have", flag),
  inQuery("acknowledged", "those that somebody has seen, or nobody", flag),
  inQuery("model", "of this registered model", text),
  inQuery("rule", "of this rule", text),
  inQuery("severity", "of this severity", { enum: ["info", "warning", "critical"] }),
  inQuery("since", "that opened since: a time, or how long ago, such as 2h or 7d", text),
  inQuery("limit", "incidents of a page", { type: "integer", minimum: 1, maximum: MAX_LISTED }),
  inQuery("cursor", "`next` of the page before", text),
];

/**
 * @param now what `since` is counted back from if it is a duration, in milliseconds since 1970
 * @throws ColaError JOB_INVALID or USAGE for an unknown filter or value
 */
export function alertFilterOf(query: unknown, now: number): AlertFilter {
  const { since, ...rest } = checkedPayload(querySchema, query);
  return { ...rest, ...(since !== undefined && { since: timeOf(since, now) }) };
}

/**
 * A page of the incidents that a filter wants.
 *
 * @param incidents newest first
 * @returns `next`: cursor of the page behind, if there is one
 * @throws ColaError USAGE for a cursor that is none
 */
export function alertPage(
  incidents: readonly Incident[],
  filter: AlertFilter,
): { incidents: Incident[]; next?: string } {
  const { cursor, limit } = filter;
  const wanted = incidents.filter((incident) => isWanted(incident, filter));
  // an incident that is acknowledged or ends meanwhile may leave the filter: its place is looked up among all
  const places = new Map(incidents.map(({ alert }, i) => [alert.id, i]));
  const start = cursor === undefined ? -1 : places.get(cursor);
  if (start === undefined)
    throw new ColaError(
      "USAGE",
      `cursor=${JSON.stringify(cursor?.slice(0, 140))}: allowed is \`next\` of a page`,
    );
  const behind = wanted.filter(({ alert }) => places.get(alert.id)! > start);
  const page = behind.slice(0, limit);
  return { incidents: page, ...(behind.length > limit && { next: page.at(-1)!.alert.id }) };
}

function isWanted({ alert, recovered, acknowledged }: Incident, filter: AlertFilter): boolean {
  const { since = Number.NEGATIVE_INFINITY } = filter;
  return (
    (filter.open === undefined || filter.open === (recovered === undefined)) &&
    (filter.acknowledged === undefined || filter.acknowledged === (acknowledged !== undefined)) &&
    (["model", "rule", "severity"] as const).every((name) => (filter[name] ?? alert[name]) === alert[name]) &&
    Date.parse(alert.at) >= since
  );
}
