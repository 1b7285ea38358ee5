import { userInfo } from "node:os";

/**
 * Who runs this process: the user's name, or `uid 1500` for one that the system has no name of, such as a container's
 * random one.
 */
export function userName(read: () => { username: string } = userInfo): string {
  try {
    return read().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
