import { execFileSync } from "node:child_process";

/** Whether a disk that is small enough to fill can be mounted: that takes root and what containers may forbid. */
export function isMountable(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  try {
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
