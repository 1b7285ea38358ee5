import { parseDuration, type StartSettings } from "@colaml/shared/contracts/alert-rules";
import { readDocument, timeText, writeDocument } from "@colaml/shared/files/state-document";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { z } from "zod";

/** One thing to record in MLflow under the loop's own run. */
export type LoopNote =
  | { step: string; text: string }
  /** A run that the loop caused, or that made it act. */
  | { child: string }
  /** Becomes a run of its own: what happened, with the versions. */
  | { rollback: { from: string; to: string; reason: string } }
  | { close: true };

/**
 * One retraining that an incident started:
 * training -> failed | not promoted | watching; watching -> kept | rolled back | replaced.
 */
export interface LoopEntry {
  incident: string;
  rule: string;
  queue: "train" | "tune";
  jobId: string;
  /** ISO 8601. */
  startedAt: string;
  status: "training" | "failed" | "not promoted" | "watching" | "kept" | "rolled back" | "replaced";
  /** The champion when it started, and its accuracy then. */
  before: { version: string; accuracy?: number };
  /** The new champion, while and after it is watched. */
  version?: string;
  /** Checks of the new champion that had an accuracy. */
  checks: number;
  watchChecks: number;
  experiment: string;
  /** Parent run in MLflow. */
  runId?: string;
  /** What is not recorded in MLflow yet. */
  untold: LoopNote[];
}

const DAY_MS = 86_400_000;
/** Entries kept, newest last. */
const KEPT = 200;

/** Why a rule may not start a training now; nothing if it may. */
export function brakeOf(
  entries: readonly LoopEntry[],
  rule: string,
  start: Pick<StartSettings, "cooldown" | "dailyBudget">,
  now: Date,
): string | undefined {
  const ofRule = entries.filter((entry) => entry.rule === rule);
  const ages = ofRule.map(({ startedAt }) => now.getTime() - Date.parse(startedAt));
  const running = entries.find(({ status }) => status === "training");
  if (running) return `${running.queue} job ${running.jobId} is under way`;
  if (ages.some((age) => age < (parseDuration(start.cooldown) ?? 0))) return `cooldown of ${start.cooldown}`;
  const today = ages.filter((age) => age < DAY_MS).length;
  return today >= start.dailyBudget ? `daily budget of ${start.dailyBudget} is used up` : undefined;
}

/**
 * Dates what was started by a clock that is ahead of `now` at `now`: no cooldown lasts longer than its time because a clock
 * was wrong.
 */
export function dateNotAhead(entries: readonly LoopEntry[], now: Date): void {
  for (const entry of entries)
    if (Date.parse(entry.startedAt) > now.getTime()) entry.startedAt = now.toISOString();
}

const count = z.number().int().min(0);
const noteSchema = z.union([
  z.looseObject({ step: z.string(), text: z.string() }),
  z.looseObject({ child: z.string() }),
  z.looseObject({ rollback: z.looseObject({ from: z.string(), to: z.string(), reason: z.string() }) }),
  z.looseObject({ close: z.literal(true) }),
]);

/** All that the loop and MLflow are given of an entry; what a later release adds to one stays in it. */
const entriesSchema = z.array(
  z.looseObject({
    incident: z.string(),
    rule: z.string(),
    queue: z.enum(["train", "tune"]),
    jobId: z.string(),
    // of another text no age can be told, and no brake would hold
    startedAt: timeText,
    status: z.enum(["training", "failed", "not promoted", "watching", "kept", "rolled back", "replaced"]),
    before: z.looseObject({ version: z.string(), accuracy: z.number().min(0).max(1).optional() }),
    version: z.string().optional(),
    checks: count,
    watchChecks: count,
    experiment: z.string(),
    runId: z.string().optional(),
    untold: z.array(noteSchema),
  }),
);

/** Before the document had a version it was the list. */
const stateSchema = z.preprocess(
  (read) => (Array.isArray(read) ? { entries: read } : read),
  z.object({ entries: entriesSchema }),
);

/** The retrainings of each model: `<state>/monitor/<model>/loop.json`, oldest first. */
export class LoopStore {
  readonly #stateDir: string;
  readonly #report: (message: string) => void;

  /** @param report gets a line about a file that cannot be read: it is kept aside, and the model has no entries then */
  constructor(stateDir: string, report: (message: string) => void) {
    this.#stateDir = stateDir;
    this.#report = report;
  }

  async read(model: string): Promise<LoopEntry[]> {
    const state = await readDocument("loopState", this.#pathOf(model), stateSchema, this.#report);
    return (state?.entries ?? []) as LoopEntry[];
  }

  async write(model: string, entries: readonly LoopEntry[]): Promise<void> {
    await writeDocument("loopState", this.#pathOf(model), { entries: entries.slice(-KEPT) });
  }

  #pathOf(model: string): string {
    return stateFolder(this.#stateDir).loopState(model);
  }
}
