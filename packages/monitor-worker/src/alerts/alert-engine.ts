import { createHash } from "node:crypto";
import type { IncidentStore } from "@colaml/shared/alerts/incident-store";
import type { AlertRule } from "@colaml/shared/contracts/alert-rules";
import { type Alert, alertSchema } from "@colaml/shared/contracts/alerts";
import { readDocument, timeText, writeDocument } from "@colaml/shared/files/state-document";
import { stateFolder } from "@colaml/shared/files/state-folder";
import type { Logger } from "@colaml/shared/logging/logger";
import type { AssertHeld } from "@colaml/shared/queue/exclusive-lock";
import { z } from "zod";
import { QUIET, type RuleState, stepRule } from "./alert-state";

/** One rule with what this check saw of it. */
export interface Observation {
  rule: Pick<
    AlertRule,
    "name" | "metric" | "comparison" | "threshold" | "severity" | "consecutive" | "cooldown"
  >;
  /** Absent: the metric had none, and the rule's state stays. */
  value?: number;
  breached?: boolean;
  /** Replaces the standard line. */
  message?: string;
}

export interface AlertEngineOptions {
  /** `paths.stateDir`. */
  stateDir: string;
  incidents: IncidentStore;
  /** Where an alert goes besides log and store: queue, webhook outbox. Each must take the same alert twice. */
  sinks: readonly ((alert: Alert) => Promise<void>)[];
  logger: Logger;
  now?: () => Date;
}

/** What one check changed. */
export interface EngineResult {
  alerts: Alert[];
  /** Incidents that are open now. */
  open: { id: string; rule: string }[];
}

/** What is kept between checks of a model. */
interface ModelState {
  rules: [string, RuleState][];
  /**
   * The latest checks with the answer that each got, newest last: one that is repeated gets the same. `isUntold`: its
   * alerts may not have reached everybody yet.
   */
  checks: { id: string; told: EngineResult; isUntold?: true }[];
}

const stateSchema = z.looseObject({
  rules: z.array(
    z.tuple([
      z.string(),
      z.looseObject({
        breaches: z.number().int().min(0),
        incident: z.looseObject({ id: z.string(), since: timeText }).optional(),
        // of another text no cooldown would hold
        endedAt: timeText.optional(),
      }),
    ]),
  ),
  checks: z.array(
    z.looseObject({
      id: z.string(),
      told: z.looseObject({
        alerts: z.array(alertSchema),
        open: z.array(z.looseObject({ id: z.string(), rule: z.string() })),
      }),
      isUntold: z.literal(true).optional(),
    }),
  ),
});

const KEPT_CHECKS = 50;

/**
 * Keeps the state of every rule of a model (`<state>/monitor/<model>/alerts.json`) and tells of what begins and
 * ends. An incident's id comes from the check that opens it, and the state is written before anybody is told, with a
 * note that is taken off afterwards: what a check could not tell, because it was killed or a queue was away, the next
 * check tells, whichever that is. A check that is repeated is not counted again. Two checks of a model must not run in
 * here at once: the caller holds a lock.
 */
export class AlertEngine {
  readonly #options: AlertEngineOptions;

  constructor(options: AlertEngineOptions) {
    this.#options = options;
  }

  /**
   * @param checkId id of the job, which makes up the ids of new incidents
   * @param held throws if the caller's lock is lost
   */
  async evaluate(
    model: { name: string; version: string },
    observations: readonly Observation[],
    checkId: string,
    held: AssertHeld = () => {},
  ): Promise<EngineResult> {
    const path = stateFolder(this.#options.stateDir).alertState(model.name);
    const stored = await readState(path, this.#options.logger);
    if (stored.checks.some(({ isUntold }) => isUntold)) await this.#tellAll(path, stored, held);
    const known = stored.checks.find(({ id }) => id === checkId);
    if (known) return known.told;
    const now = (this.#options.now ?? (() => new Date()))();
    const states = new Map(stored.rules);
    const alerts: Alert[] = [];
    for (const observation of observations) {
      const { rule, value, breached } = observation;
      const before = states.get(rule.name) ?? QUIET;
      const newId = incidentId(rule.name, model.name, checkId);
      const { state, event } = stepRule(rule, before, value === undefined ? undefined : breached, now, newId);
      states.set(rule.name, state);
      if (event) alerts.push(alertOf(observation, event, model, now));
    }
    const open = [...states].flatMap(([rule, { incident }]) => (incident ? [{ id: incident.id, rule }] : []));
    const told = { alerts, open };
    const check = { id: checkId, told, ...(alerts.length > 0 ? { isUntold: true as const } : {}) };
    const next = { rules: [...states], checks: [...stored.checks, check].slice(-KEPT_CHECKS) };
    held();
    await writeDocument("alertState", path, next);
    if (alerts.length > 0) await this.#tellAll(path, next, held);
    return told;
  }

  /** Tells what checks could not, oldest first, and takes their notes off. */
  async #tellAll(path: string, state: ModelState, held: AssertHeld): Promise<void> {
    for (const check of state.checks) {
      if (!check.isUntold) continue;
      for (const alert of check.told.alerts) {
        held();
        await this.#tell(alert);
      }
      delete check.isUntold;
    }
    held();
    await writeDocument("alertState", path, state);
  }

  async #tell(alert: Alert): Promise<void> {
    const { incidents, sinks, logger } = this.#options;
    await incidents.record(alert);
    const facts = { alert: alert.id, rule: alert.rule, severity: alert.severity, value: alert.value };
    if (alert.status === "recovered") logger.info(alert.message, facts);
    else if (alert.severity === "critical") logger.error(alert.message, facts);
    else logger.warn(alert.message, facts);
    for (const sink of sinks) await sink(alert);
  }
}

/** Longest part of an incident's id: three of them, with what job ids add, stay below 128 characters. */
const MAX_ID_PART = 34;

/** Safe as a file name and as a job id: rule, model and check. */
function incidentId(rule: string, model: string, checkId: string): string {
  return [rule, model, checkId].map(idPart).join("-");
}

/** A long one is cut; its digest distinguishes it from others that begin like it. */
function idPart(text: string): string {
  const safe = text.replace(/[^A-Za-z0-9._-]/g, "-");
  if (safe.length <= MAX_ID_PART) return safe;
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 10);
  return `${safe.slice(0, MAX_ID_PART - 11)}-${digest}`;
}

function alertOf(
  { rule, value, message }: Observation,
  event: { status: Alert["status"]; id: string },
  model: { name: string; version: string },
  now: Date,
): Alert {
  const shown = Number(value!.toFixed(4));
  const firing = message ?? `${rule.metric} ${shown} ${rule.comparison} ${Number(rule.threshold.toFixed(4))}`;
  const recovered = `${rule.metric} is ${shown}: rule ${rule.name} no longer holds`;
  const line = event.status === "firing" ? firing : `recovered: ${recovered}`;
  return {
    v: 1,
    id: event.id,
    rule: rule.name,
    severity: rule.severity,
    status: event.status,
    metric: rule.metric,
    value: value!,
    comparison: rule.comparison,
    threshold: rule.threshold,
    model: model.name,
    modelVersion: model.version,
    message: `${model.name} version ${model.version}: ${line}`,
    at: now.toISOString(),
  };
}

async function readState(path: string, logger: Logger): Promise<ModelState> {
  const state = await readDocument("alertState", path, stateSchema, (line) => logger.error(line));
  return (state as ModelState | undefined) ?? { rules: [], checks: [] };
}
