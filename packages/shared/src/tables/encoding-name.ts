/**
 * The name that an encoding goes by (WHATWG), for example `windows-1252` for `latin1`.
 * @returns undefined if `TextDecoder` does not know it
 */
export function encodingOf(label: string): string | undefined {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}
