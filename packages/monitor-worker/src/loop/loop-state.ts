import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDuration, type StartSettings } from "@colaml/shared/jobs/alert-rules";

/** One thing to be told to MLflow under the loop's own run. */
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
  /** What MLflow was not told yet. */
  untold: LoopNote[];
}

const DAY_MS = 86_400_000;
/** Entries kept, newest last. */
const KEPT = 200;

/** Why a rule may not start a training now; nothing where it may. */
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

/** The retrainings of each model: `<state>/monitor/<model>/loop.json`, oldest first. */
export class LoopStore {
  readonly #stateDir: string;

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  async read(model: string): Promise<LoopEntry[]> {
    const text = await readFile(this.#pathOf(model), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "[]";
      throw error;
    });
    return JSON.parse(text) as LoopEntry[];
  }

  async write(model: string, entries: readonly LoopEntry[]): Promise<void> {
    const path = this.#pathOf(model);
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(`${path}.${process.pid}.part`, JSON.stringify(entries.slice(-KEPT)));
    await rename(`${path}.${process.pid}.part`, path);
  }

  #pathOf(model: string): string {
    return join(this.#stateDir, "monitor", model, "loop.json");
  }
}
