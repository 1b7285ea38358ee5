import { parseDuration, type StartSettings } from "@colaml/shared/contracts/alert-rules";
import { readDocument, writeDocument } from "@colaml/shared/files/state-document";
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

/** What the loop decides by; the rest of an entry is for people and for MLflow. */
const entriesSchema = z.array(
  z.looseObject({
    incident: z.string(),
    rule: z.string(),
    jobId: z.string(),
    // of another text no age can be told, and no brake would hold
    startedAt: z.string().refine((at) => !Number.isNaN(Date.parse(at)), "not a time"),
    status: z.string(),
    before: z.looseObject({ version: z.string() }),
    untold: z.array(z.unknown()),
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
    return (state?.entries ?? []) as unknown as LoopEntry[];
  }

  async write(model: string, entries: readonly LoopEntry[]): Promise<void> {
    await writeDocument("loopState", this.#pathOf(model), { entries: entries.slice(-KEPT) });
  }

  #pathOf(model: string): string {
    return stateFolder(this.#stateDir).loopState(model);
  }
}
