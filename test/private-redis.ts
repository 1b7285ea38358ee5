import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "@colaml/producer/local/free-port";
import { startRedis } from "@colaml/producer/local/redis-server";

/** A Redis of one test's own, to be killed, filled or locked down without disturbing the others. */
export interface PrivateRedis {
  readonly url: string;
  readonly port: number;
  /** What it keeps on the disk: the append-only file. */
  readonly dataFolder: string;
  /** Ends it by kill -9; its data stays. */
  kill(): Promise<void>;
  /** Freezes or wakes it. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Starts it again on the same port and data. */
  restart(): Promise<void>;
  /** Loses all data, as a replaced machine would; only while it is down. */
  wipe(): void;
  stop(): Promise<void>;
}

/** The bus of a cluster's node listens 10,000 above its port. */
const BUS_OFFSET = 10_000;

async function freePortWithBus(): Promise<number> {
  for (;;) {
    const port = await freePort();
    const bus = port + BUS_OFFSET;
    if (bus <= 65_535 && (await freePort(bus)) === bus) return port;
  }
}

export async function startPrivateRedis(
  extraArgs: readonly string[] = [],
  { hasClusterBus = false } = {},
): Promise<PrivateRedis> {
  const stateDir = mkdtempSync(join(tmpdir(), "colaml-redis-"));
  const port = await (hasClusterBus ? freePortWithBus() : freePort());
  const pythonDir = resolve(process.env["COLAML_PYTHON"]!, "../..");
  const start = () => startRedis({ stateDir, pythonDir, port, extraArgs });
  let server = await start();
  return {
    url: server.url,
    port,
    dataFolder: join(stateDir, "redis"),
    async kill() {
      server.child.signal("SIGKILL");
      await server.child.exited;
    },
    signal: (signal) => server.child.signal(signal),
    async restart() {
      server = await start();
    },
    wipe: () => rmSync(join(stateDir, "redis"), { recursive: true, force: true }),
    async stop() {
      server.child.signal("SIGCONT");
      await server.child.stop();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
