// What a process of ours holds, by what it says of itself at /metrics.
const MB = 1024 * 1024;

/** Collected again and again within a second: garbage of the job at hand. */
const YOUNG = new Set(["new", "new_large_object"]);

/**
 * The two parts of a process's memory that a leak makes grow, in MB. The rest of its resident memory is room that V8
 * keeps for its heap and fills with garbage before it collects: that swings by tens of MB and says nothing of a leak.
 *
 * @param metrics the text of /metrics
 * @returns `heap`: what is used of V8's heap without the young generation; `outside`: what is resident beside V8's heap,
 *   which is Node itself (some 65 MB), buffers and what glibc keeps of those that were freed. Undefined if the text
 *   lacks one of them.
 */
export function memoryOf(metrics) {
  const spaces = metrics.matchAll(
    /^colaml_nodejs_heap_space_size_used_bytes\{(?=[^}]*space="(\w+)")[^}]*\} (\S+)$/gm,
  );
  const used = [...spaces].filter(([, space]) => !YOUNG.has(space));
  const one = (name) =>
    Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(metrics)?.[1] ?? Number.NaN);
  const heap = used.reduce((total, [, , bytes]) => total + Number(bytes), 0);
  const outside = one("colaml_process_resident_memory_bytes") - one("colaml_nodejs_heap_size_total_bytes");
  return used.length === 0 || Number.isNaN(outside) ? undefined : { heap: heap / MB, outside: outside / MB };
}
