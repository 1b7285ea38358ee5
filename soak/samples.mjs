// What is measured: memory and descriptors of every process (Linux's /proc), Redis, and what lies on disk.
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { stateFolder } from "@colaml/shared/files/state-folder";
import { memoryOf } from "./memory.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const { Redis } = createRequire(join(root, "packages/shared/package.json"))("ioredis");
const MB = 1024 * 1024;
/** A process that is at work answers late. */
const ANSWER_MS = 4_000;

const KINDS = [
  [/(trainer|predictor|monitor)-worker\/dist\/main\.js/, (match) => match[1]],
  [/redis-server/, () => "Redis"],
  [/mlflow/, () => "MLflow"],
  [/cola\.js up/, () => "server"],
];

/** Processes below one, itself included, by name; workers of one kind are numbered, MLflow's are together. */
function processesOf(pid) {
  const parents = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    if (stat) parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  }
  const isBelow = (child) => {
    for (let at = child; at !== undefined && at > 1; at = parents.get(at)) if (at === pid) return true;
    return false;
  };
  const found = new Map();
  for (const child of [...parents.keys()].filter(isBelow).sort((a, b) => a - b)) {
    const command = (read(`/proc/${child}/cmdline`) ?? "").replaceAll("\0", " ");
    const kind = KINDS.find(([pattern]) => pattern.test(command) && !/^\S*sh /.test(command));
    if (!kind) continue;
    const name = kind[1](kind[0].exec(command));
    found.set(name, [...(found.get(name) ?? []), child]);
  }
  const isApart = (name) => /^(trainer|predictor|monitor)$/.test(name);
  return Object.fromEntries(
    [...found].flatMap(([name, pids]) =>
      isApart(name) ? pids.map((one, i) => [`${name} ${i + 1}`, [one]]) : [[name, pids]],
    ),
  );
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

const sum = (numbers) => numbers.reduce((total, one) => total + one, 0);

/** Resident memory, MB. */
const rssMb = (pid) => Number(/VmRSS:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`) ?? "")?.[1] ?? 0) / 1024;

function descriptors(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** Where a worker answers /metrics; undefined if it is not one of ours. */
function healthUrlOf(pid) {
  const variables = (read(`/proc/${pid}/environ`) ?? "").split("\0");
  const port = variables.find((one) => one.startsWith("COLAML_HEALTH_PORT="))?.split("=")[1];
  return port === undefined ? undefined : `http://127.0.0.1:${port}`;
}

/** What the process at `url` says; undefined if it does not answer: the sample is left out. */
async function memoryAt(url) {
  try {
    const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return memoryOf(await answer.text());
  } catch {
    return undefined;
  }
}

/** Bytes and files below a path; what is removed meanwhile is left out. */
function sizeOf(path, leftOut = new Set()) {
  const total = { bytes: 0, files: 0 };
  const look = (at) => {
    if (leftOut.has(at)) return;
    try {
      const found = lstatSync(at);
      if (found.isDirectory()) for (const name of readdirSync(at)) look(join(at, name));
      else {
        total.bytes += found.size;
        total.files++;
      }
    } catch {
      // removed meanwhile
    }
  };
  look(path);
  return total;
}

/** Takes samples of a running `cola up`. */
export class Sampler {
  #pid;
  #folders;
  #apiUrl;
  #redis;

  /** @param folders `{state, data, log}`: the state folder, the data folder, the log file */
  constructor({ pid, apiUrl, redisUrl, folders }) {
    this.#pid = pid;
    this.#apiUrl = apiUrl;
    this.#folders = folders;
    this.#redis = new Redis(redisUrl, { maxRetriesPerRequest: 1 });
    // What waits for an answer gets it, too.
    this.#redis.on("error", () => {});
  }

  /** Settings of Redis for the run. */
  configure(name, value) {
    return this.#redis.config("SET", name, value);
  }

  /** Value by name of series. */
  async sample() {
    const values = {};
    for (const [name, pids] of Object.entries(processesOf(this.#pid))) {
      values[`${name} RSS`] = sum(pids.map(rssMb));
      values[`${name} descriptors`] = sum(pids.map(descriptors));
      const url = name === "server" ? this.#apiUrl : healthUrlOf(pids[0]);
      const { heap, outside } = (url && (await memoryAt(url))) ?? {};
      if (heap !== undefined) values[`${name} heap after collection`] = heap;
      if (outside !== undefined) values[`${name} outside the heap`] = outside;
    }
    const info = await this.#redis.info();
    const field = (name) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? Number.NaN);
    values["Redis keys"] = await this.#redis.dbsize();
    values["Redis memory"] = field("used_memory") / MB;
    values["Redis log"] = field("aof_current_size") / MB;
    return { ...values, ...this.#disk() };
  }

  #disk() {
    const { state, data, log } = this.#folders;
    const at = stateFolder(state);
    const rest = sizeOf(state, new Set([at.redis, at.mlflow, at.logs]));
    const logs = sum([sizeOf(at.logs).bytes, sizeOf(log).bytes, sizeOf(`${log}.1`).bytes]);
    const artifacts = sizeOf(join(at.mlflow, "artifacts")).bytes;
    return {
      "state folder": rest.bytes / MB,
      "files of the state folder": rest.files,
      logs: logs / MB,
      "data folder": sizeOf(data).bytes / MB,
      "MLflow artifacts": artifacts / MB,
      "MLflow database": (sizeOf(at.mlflow).bytes - artifacts) / MB,
    };
  }

  /** Kinds of files in the state folder, the most first: what to look at if their number grows. */
  filesByFolder() {
    const at = stateFolder(this.#folders.state);
    const counts = readdirSync(this.#folders.state, { withFileTypes: true })
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .filter((path) => path !== at.redis && path !== at.mlflow)
      .map((path) => [path.slice(this.#folders.state.length + 1), sizeOf(path).files]);
    return counts.sort(([, a], [, b]) => b - a).slice(0, 8);
  }

  close() {
    this.#redis.disconnect();
  }
}
