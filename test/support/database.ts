/**
 * A database of its own for a test file, cloned from the migrated template, with a clock and ids that tests can steer.
 */
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { ENTITIES } from '../../src/entities';
import { writeAuditEvents, writePosting } from '../../src/audit/audit-event.store';
import { APP_ROLE, openDatabase, type Database, type Query } from '../../src/platform/database';
import { createUnitOfWork, type UnitOfWork } from '../../src/platform/unit-of-work';
import { databaseUrl, testServer } from './server';

export interface TestDatabase {
  readonly name: string;
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  /** The clock of the unit of work; starts at 2026-01-15T08:00:00Z and moves only by hand. */
  readonly clock: SteeredClock;
  readonly newId: () => string;
  /** Plain SQL as the app role, outside any unit of work. */
  readonly asApp: Query;
  /** Plain SQL as the login that owns the database. */
  readonly asOwner: Query;
}

export interface SteeredClock {
  (): Date;
  set(iso: string): void;
  advance(ms: number): void;
}

const steeredClock = (iso: string): SteeredClock => {
  let now = new Date(iso).getTime();
  return Object.assign(() => new Date(now), {
    set: (next: string) => {
      now = new Date(next).getTime();
    },
    advance: (ms: number) => {
      now += ms;
    },
  });
};

let clones = 0;

/** Clones the template before all tests of the file and drops the clone after them. Use inside `describe` or at file level. */
export const useDatabase = (): TestDatabase => {
  const holder: { value?: TestDatabase; close?: () => Promise<void> } = {};

  beforeAll(async () => {
    const opened = await cloneDatabase();
    holder.value = opened.database;
    holder.close = opened.close;
  });
  afterAll(async () => holder.close?.());

  // Tests read the fields at run time, after beforeAll has filled them.
  return new Proxy({} as TestDatabase, {
    get: (_, property) => {
      if (holder.value === undefined) throw new Error('the database is there from beforeAll on');
      return holder.value[property as keyof TestDatabase];
    },
  });
};

export const cloneDatabase = async (
  template = testServer().template,
): Promise<{ database: TestDatabase; close: () => Promise<void> }> => {
  const server = testServer();
  const name = `tw_test_${process.pid}_${++clones}`;
  const admin = new Client({ connectionString: server.ownerUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  const ownerUrl = databaseUrl(server.ownerUrl, name);
  const appUrl = databaseUrl(server.appUrl, name);
  const database = await openDatabase({
    url: appUrl,
    entities: ENTITIES,
    poolSize: 20,
    applicationName: 'tierwarden-test',
  });
  const app = new Client({ connectionString: appUrl, options: `-c role=${APP_ROLE}` });
  const owner = new Client({ connectionString: ownerUrl });
  await Promise.all([app.connect(), owner.connect()]);
  const clock = steeredClock('2026-01-15T08:00:00.000Z');
  return {
    database: {
      name,
      ownerUrl,
      appUrl,
      database,
      clock,
      newId: uuidv7,
      unitOfWork: createUnitOfWork({ database, clock, newId: uuidv7, writeAudit: writeAuditEvents, writePosting }),
      asApp: async (sql, params) => (await app.query(sql, params === undefined ? [] : [...params])).rows as never[],
      asOwner: async (sql, params) => (await owner.query(sql, params === undefined ? [] : [...params])).rows as never[],
    },
    close: async () => {
      await Promise.all([database.close(), app.end(), owner.end()]);
      await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
};
