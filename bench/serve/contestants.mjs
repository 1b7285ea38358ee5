// The two servers that the benchmark asks in turn, and the client that asks: each a process of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Resolves when the child says it, on either stream. */
function said(child, pattern) {
  return new Promise((ready, failed) => {
    let heard = "";
    const hear = (data) => {
      heard += data;
      if (heard.includes(pattern)) ready();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("exit", () => failed(new Error(`a server ended: ${heard}`)));
  });
}

/** Processes of a group, by name for `measureProcesses`; only the first one where there is no /proc. */
function groupOf(leader) {
  const isMember = (pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]) === leader;
    } catch {
      return false;
    }
  };
  const all = existsSync("/proc/self") ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  const members = all.map(Number).filter((pid) => pid !== leader && isMember(pid));
  return Object.fromEntries([leader, ...members].map((pid, i) => [i === 0 ? "server" : `process ${i}`, pid]));
}

/** Ends a group of processes: mlflow starts uvicorn as a child. */
async function stopGroup(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  process.kill(-child.pid, "SIGTERM");
  await ended;
}

/** ColaML's server, as a container starts it. */
export async function startOurs(servers, stateDir) {
  const port = await freePort();
  const child = spawn(process.execPath, [join(root, "packages/producer/dist/main.js")], {
    detached: true,
    env: {
      PATH: process.env.PATH,
      REDIS_URL: servers.redisUrl,
      MLFLOW_TRACKING_URI: servers.mlflowUri,
      COLAML_STATE_DIR: stateDir,
      COLAML_PORT: String(port),
      COLAML_LOG_FILE: "",
    },
  });
  await said(child, "listening");
  const url = `http://127.0.0.1:${port}`;
  return {
    name: "ColaML",
    url: `${url}/invocations`,
    pids: groupOf(child.pid),
    stop: () => stopGroup(child),
  };
}

/** `mlflow models serve` of the same version, with one worker process, as it comes. */
export async function startMlflow(servers, python) {
  const port = await freePort();
  const args = ["-m", "mlflow", "models", "serve", "-m", "models:/modelo_nuevo@champion"];
  const child = spawn(python, [...args, "--env-manager", "local", "-p", String(port)], {
    detached: true,
    env: {
      ...process.env,
      PATH: `${dirname(python)}:${process.env.PATH}`,
      MLFLOW_TRACKING_URI: servers.mlflowUri,
    },
  });
  await said(child, "Uvicorn running");
  return {
    name: "mlflow models serve",
    url: `http://127.0.0.1:${port}/invocations`,
    pids: groupOf(child.pid),
    stop: () => stopGroup(child),
  };
}

/** What a client measured: requests per second, p50 and p99 in milliseconds, failed requests. */
export async function ask(question) {
  const client = spawn(process.execPath, [join(here, "load.mjs")], { stdio: ["pipe", "pipe", "inherit"] });
  client.stdin.end(JSON.stringify(question));
  const answer = await text(client.stdout);
  if (answer === "") throw new Error("the client ended without an answer");
  return JSON.parse(answer);
}
