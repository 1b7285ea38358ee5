import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMountable } from "../mountable";

/** A folder on a disk of its own, which can be filled. */
export interface SmallDisk {
  readonly folder: string;
  /** Absent if no disk can be mounted here: the folder is on the machine's own. */
  fill?: () => void;
  empty: () => void;
  unmount(): void;
}

export function openSmallDisk(folder: string, megabytes: number): SmallDisk {
  mkdirSync(folder, { recursive: true });
  const ballast = join(folder, "ballast");
  const empty = () => rmSync(ballast, { force: true });
  if (!isMountable()) return { folder, empty, unmount: () => undefined };
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder]);
  return {
    folder,
    empty,
    fill() {
      const { bavail, bsize } = statfsSync(folder);
      try {
        writeFileSync(ballast, Buffer.alloc(bavail * bsize));
      } catch {
        // Others write as well: what was left is taken all the same.
      }
    },
    unmount: () => void execFileSync("umount", [folder]),
  };
}
