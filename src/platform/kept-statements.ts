/** Statements that come again are kept by the server, so that it reads and plans each once for every connection. */

export interface KeptStatement {
  /** The server keeps the statement under it, for the one connection; absent for one that may not come again. */
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

/** How often a text must have come before it is kept: some are made for one occasion. */
const KEPT_AFTER = 3;
/** Above this no further texts are kept; the program has fewer. */
const MAX_TEXTS = 2_000;

const asked = new Map<string, { readonly name: string; times: number }>();

/** The statement as the driver takes it. Its result must not change with the columns of a table: no `SELECT *`. */
export const keptStatement = (text: string, values: readonly unknown[]): KeptStatement => {
  const known = asked.get(text);
  if (known === undefined) {
    if (asked.size < MAX_TEXTS) asked.set(text, { name: `kept_${asked.size}`, times: 1 });
    return { text, values: [...values] };
  }
  known.times += 1;
  return { ...(known.times > KEPT_AFTER ? { name: known.name } : {}), text, values: [...values] };
};
