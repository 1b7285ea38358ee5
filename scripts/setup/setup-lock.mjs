import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { setupDir } from "./paths.mjs";
import { say } from "./run-command.mjs";

const file = join(setupDir, "setup.lock");
const POLL_MS = 200;

/** Runs one setup at a time over all processes of this folder; a lock whose process died is taken over. */
export async function withSetupLock(work) {
  mkdirSync(setupDir, { recursive: true });
  let told = false;
  while (!tryLock()) {
    const holder = holderOf(file);
    if (holder !== undefined && !isAlive(holder)) takeAway(holder);
    else {
      if (!told) say(`waiting for the setup that process ${holder ?? "?"} runs`);
      told = true;
      await delay(POLL_MS);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** Linked into place with its content: nobody reads half a lock. */
function tryLock() {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Renamed first: of two processes that see the same holder that has ended, one must not remove the other's new lock. */
function takeAway(holder) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    if (holderOf(aside) !== holder) linkSync(aside, file);
  } catch {
    // Somebody else was faster: the next look shows who.
  } finally {
    rmSync(aside, { force: true });
  }
}

function holderOf(path) {
  try {
    return Number(readFileSync(path, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
