import { Client } from 'pg';
import { MIGRATIONS } from '../../migrations';
import { ENTITIES } from '../../src/entities';
import { migrate } from '../../src/platform/migrate';
import { useDatabase } from '../support/database';
import { expectGolden } from './golden';
import { dumpSchema } from './schema-dump';

const test = useDatabase();

it('the migrated schema is the committed one', async () => {
  expectGolden('migrations/schema.sql', await dumpSchema(test.asOwner));
});

it('every entity fits its table', async () => {
  const metadatas = test.database.dataSource.entityMetadatas;
  expect(metadatas).toHaveLength(ENTITIES.length);
  const columns = await test.asOwner<{ table: string; column: string; nullable: boolean; type: string; array: boolean }>(
    `SELECT c.relname AS table, a.attname AS column, NOT a.attnotnull AS nullable, t.typcategory = 'A' AS array,
       CASE WHEN t.typcategory = 'A' THEN format_type(t.typelem, NULL) ELSE format_type(a.atttypid, NULL) END AS type
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
     WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped`,
  );
  const ALIASES: Readonly<Record<string, string>> = {
    timestamptz: 'timestamp with time zone',
    float8: 'double precision',
    // Grades are an enum in the database and plain text to entities.
    grade: 'text',
  };
  const plain = (type: string): string => ALIASES[type] ?? type;
  for (const metadata of metadatas) {
    const actual = columns.filter((column) => column.table === metadata.tableName);
    const mapped = metadata.columns.map((column) => ({
      column: column.databaseName,
      nullable: column.isNullable,
      type: plain(String(column.type)),
      array: column.isArray,
    }));
    for (const column of mapped) {
      const found = actual.find((candidate) => candidate.column === column.column);
      expect({ table: metadata.tableName, ...column }).toEqual({
        table: metadata.tableName,
        column: found?.column,
        nullable: found?.nullable,
        type: plain(found?.type ?? ''),
        array: found?.array,
      });
    }
  }
});

it('every migration can be undone and done again', async () => {
  const before = await dumpSchema(test.asOwner);
  const options = { ownerUrl: test.ownerUrl, appUrl: test.appUrl, migrations: MIGRATIONS };
  const undone = await migrate({ ...options, down: MIGRATIONS.length });
  expect(undone.reverted).toHaveLength(MIGRATIONS.length);
  const left = new Client({ connectionString: test.ownerUrl });
  await left.connect();
  const { rows } = await left.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
  );
  await left.end();
  expect(rows.map((row) => row.name)).toEqual(['migration']);
  const again = await migrate(options);
  expect(again.applied).toHaveLength(MIGRATIONS.length);
  expect(await dumpSchema(test.asOwner)).toBe(before);
});
