import { resolve } from "node:path";
import { SETTINGS } from "@colaml/shared/config/resolve-config";
import type { ColaConfig } from "@colaml/shared/config/schema";
import { ColaError } from "@colaml/shared/errors/cola-error";
import { type RunningChild, startChild } from "../embedded/child-process";

export type WorkerKind = "trainer" | "predictor" | "monitor";

/** How many processes of each kind to start. */
export type WorkerCounts = Partial<Record<WorkerKind, number>>;

/** `packages/`, seen from `packages/producer/dist/cli`. */
const PACKAGES = resolve(__dirname, "../../..");
/** On top of the grace time that a worker gives its job at SIGTERM. */
const STOP_MARGIN_MS = 5_000;

export interface EmbeddedWorkers {
  children: readonly RunningChild[];
  /** Rejects when a worker ends though nobody stopped it. */
  failed: Promise<never>;
  /** SIGTERM to all at once; may be called twice. */
  stop(): Promise<void>;
}

/**
 * Environment variables that give a child process exactly this configuration; empty values are left out.
 * Paths are made absolute, as a child may work elsewhere.
 */
export function configEnvironment(config: ColaConfig): Record<string, string> {
  const absolute = new Set(["paths.stateDir", "paths.dataDir", "logging.file"]);
  const entries = SETTINGS.map(({ key, env }) => {
    const [group, name] = key.split(".") as [keyof ColaConfig, string];
    const value = String((config[group] as Record<string, unknown>)[name]);
    return [env, absolute.has(key) && value !== "" ? resolve(value) : value] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== ""));
}

/** Starts worker processes on the servers that `config` names; their console goes to `<stateDir>/logs`. */
export async function startWorkers(config: ColaConfig, counts: WorkerCounts): Promise<EmbeddedWorkers> {
  const kinds = Object.entries(counts) as [WorkerKind, number][];
  const names = kinds.flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, i) => [kind, i + 1] as const),
  );
  const children: RunningChild[] = [];
  let stopping = false;
  const stop = async () => {
    stopping = true;
    await Promise.all(children.map((child) => child.stop()));
  };
  try {
    for (const [kind, number] of names) children.push(await startWorker(config, kind, number));
  } catch (error) {
    await stop();
    throw error;
  }
  const failed = new Promise<never>((_resolve, reject) => {
    for (const child of children) {
      void child.exited.then(({ code, signal }) => {
        if (stopping) return;
        reject(
          new ColaError(
            "INTERNAL",
            `${child.name} ended by itself (${signal ?? `exit code ${code}`}): see ${child.logFile}`,
          ),
        );
      });
    }
  });
  failed.catch(() => {});
  return { children, failed, stop };
}

function startWorker(config: ColaConfig, kind: WorkerKind, number: number): Promise<RunningChild> {
  return startChild({
    name: `${kind} worker ${number}`,
    command: process.execPath,
    args: [resolve(PACKAGES, `${kind}-worker`, "dist", "main.js")],
    // A port is for one process: several workers of one machine cannot share it.
    env: { ...process.env, ...configEnvironment(config), COLAML_HEALTH_PORT: "0" },
    logFile: resolve(config.paths.stateDir, "logs", `${kind}-${number}.log`),
    stopTimeoutMs: config.worker.graceMs + STOP_MARGIN_MS,
  });
}
