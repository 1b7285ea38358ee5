import { basename, extname } from "node:path";

/** Kinds of files by their ending; what is not named is bytes. */
const TYPES: Readonly<Record<string, string>> = {
  ".csv": "text/csv; charset=utf-8",
  ".tsv": "text/tab-separated-values; charset=utf-8",
  ".tab": "text/tab-separated-values; charset=utf-8",
  ".ndjson": "application/x-ndjson",
  ".jsonl": "application/x-ndjson",
  ".json": "application/json",
  ".txt": "text/plain; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".htm": "text/html; charset=utf-8",
  ".gz": "application/gzip",
  ".zst": "application/zstd",
  ".parquet": "application/vnd.apache.parquet",
};
const PAGES = new Set([".html", ".htm"]);

/** Nothing runs, loads, is sent or opened from it, and it has no part in this server's origin. */
const SANDBOX =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Headers of a file that somebody else may have written: a browser saves it. Only a page that is asked for `inline` (a
 * report) is shown, without scripts and as if it came from nowhere.
 */
export function contentHeaders(path: string, inline: boolean): Record<string, string> {
  const name = basename(path);
  const ending = extname(name).toLowerCase();
  const isShown = inline && PAGES.has(ending);
  return {
    "content-type": TYPES[ending] ?? "application/octet-stream",
    "content-disposition": `${isShown ? "inline" : "attachment"}; filename*=UTF-8''${encoded(name)}`,
    "content-security-policy": SANDBOX,
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "private, no-cache",
  };
}

/** RFC 8187: percent escapes of everything that is not a plain letter or digit. */
const encoded = (name: string) =>
  encodeURIComponent(name).replace(
    /['()*!]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
