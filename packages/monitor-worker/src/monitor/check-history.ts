import { appendFile, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "@colaml/shared/files/durable-file";
import { stateFolder } from "@colaml/shared/files/state-folder";

/** One check of a model, as the report's chart over time shows it. */
export interface CheckRecord {
  /** Id of the job: the same one again is the same check. */
  id: string;
  /** Which check of the model it is, from 1. */
  number: number;
  at: string;
  modelVersion: string;
  rows: number;
  n: number;
  accuracy?: number;
  interval?: [number, number];
  estimated?: number;
  driftLevel?: string;
  verdict: string;
}

/** Checks that are read back. */
const KEPT = 200;

/** The checks of each model, oldest first: `<state>/monitor/<model>/history.ndjson`. */
export class CheckHistory {
  readonly #stateDir: string;

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /** @returns the number of the check: a job that runs again keeps its own */
  async append(model: string, record: Omit<CheckRecord, "number">): Promise<number> {
    const before = await this.read(model);
    const same = before.find(({ id }) => id === record.id);
    const number = same?.number ?? (before.at(-1)?.number ?? 0) + 1;
    await makeFolder(dirname(this.#pathOf(model)));
    await appendFile(this.#pathOf(model), `${JSON.stringify({ ...record, number })}\n`);
    return number;
  }

  /** The latest checks; a line cut off by a crash is left out, of two with one id the later counts. */
  async read(model: string): Promise<CheckRecord[]> {
    const text = await readFile(this.#pathOf(model), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    const byId = new Map<string, CheckRecord>();
    for (const line of text.split("\n").slice(-KEPT - 1)) {
      const record = parsed(line);
      if (record) byId.set(record.id, record);
    }
    return [...byId.values()];
  }

  #pathOf(model: string): string {
    return stateFolder(this.#stateDir).checkHistory(model);
  }
}

function parsed(line: string): CheckRecord | undefined {
  try {
    return line === "" ? undefined : (JSON.parse(line) as CheckRecord);
  } catch {
    return undefined;
  }
}
