/** Name of the folder that a batch keeps beside its output: `.scored.csv.colaml`, and `.scored.csv.colaml.<12 hex digits>` while it is made. */
export const BATCH_FOLDER_NAME = /^\.(.+)\.colaml(\.[0-9a-f]{12})?$/;

/** What a batch leaves in its folder, at whatever moment it ends: files of its own, and those under way. */
export const BATCH_FOLDER_ENTRIES =
  /^(owner|batch|checkpoint|receipt)\.json$|^(output|rejected|parts)$|^\.[0-9a-f]{12}\.(tmp|ids)$/;
