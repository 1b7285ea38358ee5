/** The answer of INFO, by field; `undefined` if this user may not ask. */
export type RedisInfo = ReadonlyMap<string, string> | undefined;

/**
 * Asks Redis what it says of itself.
 *
 * @returns nothing if it is not allowed: that is not a fault of Redis
 */
export async function readRedisInfo(connection: { info(): Promise<string> }): Promise<RedisInfo> {
  try {
    const lines = (await connection.info()).split(/\r?\n/);
    const fields = lines.flatMap((line) => {
      const colon = line.indexOf(":");
      return line.startsWith("#") || colon < 0
        ? []
        : [[line.slice(0, colon), line.slice(colon + 1)] as const];
    });
    return new Map(fields);
  } catch {
    return undefined;
  }
}

/** The number in a field; nothing if it is absent. */
export function numberIn(info: NonNullable<RedisInfo>, field: string): number | undefined {
  const value = Number(info.get(field) ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}
