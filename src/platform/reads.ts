/**
 * Reads for the doors: one statement for everything that was asked for of a list or an object, prepared under a name while
 * its shape keeps coming. Permissions of what is joined are asked for here, those of a list by the query that made it.
 */
import type { Actor } from '../kernel/actor';
import { COUNT_CAP } from '../kernel/page';
import type { Database } from './database';
import { afterKey, orderClause, SqlParams, whereClause, type OrderColumn } from './keyset';
import type { ListSource, ReadEnv, ReadModel, RoomReads } from './read-model';
import {
  pageOf,
  planRead,
  type Plan,
  type Prepare,
  type ReadPage,
  type Run,
  type SelectedPage,
  type Selection,
} from './read-plan';

export interface Reads {
  readonly models: ReadonlyMap<string, ReadModel>;
  /** The objects with these keys, in their order; null for what is not there or not for the viewer. */
  byKeys(model: string, keys: readonly string[], selection: Selection, env: ReadEnv): Promise<(object | null)[]>;
  /** The first object of a list. */
  first(list: ListSource, selection: Selection, env: ReadEnv): Promise<object | null>;
  page(list: ListSource, page: SelectedPage, selection: Selection, env: ReadEnv): Promise<ReadPage>;
}

/** Statements that the server keeps plans of, on each connection. Shapes of filters have no end, so this has one. */
const MAX_NAMED = 400;
/** Plans kept for one selection: one for each combination of roles. */
const MAX_PLANS = 32;

/** One for each database: names of statements are its own. */
export const createReads = (database: Database, rooms: readonly RoomReads[]): Reads => {
  const models = assemble(rooms);
  const plans = new WeakMap<Selection, Map<string, Plan>>();
  const nameOf = createNames();

  const modelOf = (name: string): ReadModel => {
    const model = models.get(name);
    if (model === undefined) throw new Error(`no model is called ${name}`);
    return model;
  };

  const planOf = (model: ReadModel, alias: string, selection: Selection, viewer: Actor): Plan => {
    const known = plans.get(selection) ?? new Map<string, Plan>();
    plans.set(selection, known);
    const key = `${model.name} ${alias} ${viewer.kind} ${viewer.roles.join()}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size >= MAX_PLANS) known.clear();
    const plan = planRead({ models, model, alias, selection, viewer });
    known.set(key, plan);
    return plan;
  };

  const rowsOf = (text: string, values: readonly unknown[], plannedByValues = false) =>
    database.rows({ name: plannedByValues ? null : nameOf(text), text, values });

  const run = async <T>(
    plan: Plan,
    env: ReadEnv,
    rows: Promise<(string | null)[][]>,
    shape: (rows: (string | null)[][], run: Run) => T,
  ) => {
    const prepared = new Map<Prepare, unknown>();
    const preparing = plan.prepares.map(async (prepare) => {
      prepared.set(prepare, await prepare(env));
    });
    const [found] = preparing.length === 0 ? [await rows] : await Promise.all([rows, ...preparing]);
    const current: Run = { env, prepared, batches: new Map() };
    const answer = shape(found, current);
    if (current.batches.size > 0) await fill(current);
    return answer;
  };

  return {
    models,
    byKeys: async (name, keys, selection, env) => {
      const model = modelOf(name);
      if (!model.mayRead(env.viewer)) return keys.map(() => null);
      const plan = planOf(model, 't', selection, env.viewer);
      const place = plan.values.length + 1;
      const text = `SELECT ${[...plan.columns, `t.${model.key}`].join(', ')} FROM ${model.table('t')} ${plan.joins.join(' ')} WHERE t.${model.key} ${keys.length === 1 ? `= $${place}` : `= ANY ($${place}::uuid[])`}${model.canonical === undefined ? '' : ` AND ${model.canonical('t')}`}`;
      const rows = rowsOf(text, [...plan.values, keys.length === 1 ? keys[0] : keys]);
      return run(plan, env, rows, (found, current) => {
        const byKey = new Map(
          found.map((row) => [
            row[row.length - 1],
            plan.sees?.(row, current) === false ? null : plan.read(row, current),
          ]),
        );
        return keys.map((key) => byKey.get(key) ?? null);
      });
    },

    first: async (list, selection, env) => {
      const plan = planOf(modelOf(list.model), list.alias, selection, env.viewer);
      const params = new SqlParams();
      params.values.push(...plan.values);
      const { from, where } = list.select(params);
      const text = `SELECT ${plan.columns.join(', ') || 'NULL'} FROM ${from} ${plan.joins.join(' ')} ${whereClause(where)} LIMIT 1`;
      return run(plan, env, rowsOf(text, params.values), ([row], current) =>
        row === undefined ? null : plan.read(row, current),
      );
    },

    page: async (list, page, selection, env) => {
      const { alias } = list;
      const plan = planOf(modelOf(list.model), alias, selection, env.viewer);
      const params = new SqlParams();
      params.values.push(...plan.values);
      const { from, where, order, plannedByValues } = list.select(params);
      const conditions = page.after === null ? where : [afterKey(order, page.after, params), ...where];
      const { columns, keys } = page.keys ? withKeys(plan.columns, order) : { columns: plan.columns, keys: [] };
      // Cut to the page before anything is joined: what a page costs does not grow with its list.
      const text = `SELECT ${columns.join(', ') || 'NULL'} FROM (SELECT ${alias}.* FROM ${from} ${whereClause(conditions)} ${orderClause(order)} LIMIT ${page.first + 1}) AS ${alias} ${plan.joins.join(' ')} ${orderClause(order)}`;
      const [answer, total] = await Promise.all([
        run(plan, env, rowsOf(text, params.values, plannedByValues), (rows, current) =>
          pageOf(rows, page, keys, (row) => plan.read(row, current), null),
        ),
        page.total ? countOf(list) : null,
      ]);
      return total === null ? answer : { ...answer, total };
    },
  };

  async function countOf(list: ListSource) {
    const params = new SqlParams();
    const { from, where, plannedByValues } = list.select(params);
    const [row] = await rowsOf(
      `SELECT count(*) FROM (SELECT FROM ${from} ${whereClause(where)} LIMIT ${COUNT_CAP + 1}) AS capped`,
      params.values,
      plannedByValues,
    );
    return pageOf([], { first: 0, after: null }, [], () => ({}), Number(row?.[0] ?? 0)).total;
  }
};

/** The select list with the keys of the order, and their places: what stands there anyhow does not stand there twice. */
const withKeys = (selected: readonly string[], order: readonly OrderColumn[]) => {
  const columns = [...selected];
  const keys = order.map(({ expression }) => {
    const place = columns.indexOf(expression);
    return place >= 0 ? place : columns.push(expression) - 1;
  });
  return { columns, keys };
};

/** Names for statements: a shape gets one when it comes the second time, as long as there are names left. */
const createNames = (): ((text: string) => string | null) => {
  const named = new Map<string, string>();
  const seen = new Set<string>();
  return (text) => {
    const known = named.get(text);
    if (known !== undefined) return known;
    if (named.size >= MAX_NAMED) return null;
    if (!seen.delete(text)) {
      if (seen.size >= MAX_NAMED) seen.clear();
      seen.add(text);
      return null;
    }
    const name = `read_${named.size}`;
    named.set(text, name);
    return name;
  };
};

/** Makes what is made for all objects at once. */
const fill = async ({ batches, env }: Run): Promise<void> => {
  await Promise.all(
    [...batches].map(async ([field, { parts, targets }]) => {
      const load = field.load as (parts: unknown, env: ReadEnv) => Promise<readonly unknown[]>;
      const values = await load(parts, env);
      targets.forEach(({ object, property }, i) => {
        object[property] = values[i];
      });
    }),
  );
};

/** Puts the links of every room onto the models of the rooms to its left. */
const assemble = (rooms: readonly RoomReads[]): Map<string, ReadModel> => {
  const models = new Map<string, ReadModel>();
  for (const { models: own, links = {} } of rooms) {
    for (const model of own) models.set(model.name, model);
    for (const [name, fields] of Object.entries(links)) {
      const model = models.get(name);
      if (model === undefined) throw new Error(`a link leaves ${name}, which no room to the left describes`);
      models.set(name, { ...model, fields: { ...model.fields, ...fields } });
    }
  }
  return models;
};
