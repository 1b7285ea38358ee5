import type { BigIntStats } from "node:fs";

/**
 * The strong entity tag of a file: every change gives it another one, for a file is replaced as a whole (another
 * inode) or grows (another size and time, in nanoseconds).
 */
export function entityTag({ ino, size, mtimeNs }: Pick<BigIntStats, "ino" | "size" | "mtimeNs">): string {
  return `"${[size, mtimeNs, ino].map((part) => part.toString(36)).join("-")}"`;
}

/** Whether a header such as `If-Match` or `If-None-Match` names a tag, or any with `*`. */
export function namesTag(header: string, tag: string): boolean {
  const named = header.split(",").map((one) => one.trim().replace(/^W\//, ""));
  return named.includes("*") || named.includes(tag);
}
