import { spawn } from "node:child_process";

/**
 * A shell that sleeps on its stdin. The only writing end of that pipe is in our process: when we die, by whatever
 * signal, the read ends and the shell stops the group. Signals that reach it with ours (Ctrl-C, a closed terminal)
 * are ignored: we get the chance to stop things in order first.
 */
const GUARD = `trap '' INT TERM HUP
read -r _
kill -TERM -"$1" 2>/dev/null || exit 0
i=0
while [ $i -lt 50 ] && kill -0 -"$1" 2>/dev/null; do sleep 0.2; i=$((i + 1)); done
kill -KILL -"$1" 2>/dev/null`;

export interface Guard {
  /** Ends the watch; the group lives on. */
  release(): void;
}

/** Ends the process group `pgid` when this process is gone: SIGTERM, and SIGKILL 10 s later. */
export function guardGroup(pgid: number): Guard {
  const shell = spawn("/bin/sh", ["-c", GUARD, "colaml-guard", String(pgid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  // Without a guard everything works but clean-up after kill -9; that is not a reason to fail.
  shell.once("error", () => {});
  shell.stdin.once("error", () => {});
  shell.unref();
  (shell.stdin as unknown as { unref?: () => void }).unref?.();
  return { release: () => void shell.kill("SIGKILL") };
}
