import { StringDecoder } from "node:string_decoder";
import { readBytes } from "@colaml/shared/tables/compression";
import type { Erase } from "./erase-ids";

/**
 * Mentions of ids in a file of any size, inflated if it is compressed.
 *
 * @throws ColaError INPUT_NOT_FOUND, INPUT_UNREADABLE, INPUT_TOO_LARGE
 */
export async function mentionsIn(path: string, erasedIn: Erase): Promise<number> {
  const decoder = new StringDecoder("utf8");
  let places = 0;
  let rest = "";
  for await (const piece of readBytes(path)) {
    const text = rest + decoder.write(piece);
    const border = borderIn(text);
    places += erasedIn(text.slice(0, border)).places;
    rest = text.slice(border);
  }
  return places + erasedIn(rest + decoder.end()).places;
}

/** Behind the last line's end, else the last quote or blank: no id is cut there. */
const borderIn = (text: string) =>
  text.lastIndexOf("\n") + 1 || Math.max(text.lastIndexOf('"'), text.lastIndexOf(" ")) + 1;
