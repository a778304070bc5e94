/**
 * Rows of a subselect that travel as JSON. They are arrays, since objects would have all their names built, sent and read
 * again for each of them; what stands where is said once.
 */
export interface JsonTuple<T> {
  /** Yields one row as JSON. */
  readonly sql: string;
  /** One row as it came, by the names of its columns. */
  read(values: readonly unknown[]): T;
}

/** SQL of each column; T is what JSON leaves of their types. */
export const jsonTuple = <T extends object>(columns: { readonly [Name in keyof T]-?: string }): JsonTuple<T> => {
  const names = Object.keys(columns);
  return {
    sql: `json_build_array(${Object.values<string>(columns).join(', ')})`,
    read: (values) => {
      const row: Record<string, unknown> = {};
      for (let i = 0; i < names.length; i++) row[names[i] as string] = values[i];
      return row as T;
    },
  };
};
