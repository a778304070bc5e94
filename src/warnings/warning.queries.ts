/** Reads warnings for screens and for those who watch. It never writes. */
import type { Actor } from '../kernel/actor';
import { refuse } from '../kernel/refusal';
import { ok, type Result } from '../kernel/result';
import { permit } from '../identity';
import type { Database } from '../platform/database';
import {
  choiceConditions,
  filterConditions,
  rangeConditions,
  type Choice,
  type Filter,
  type Range,
} from '../platform/filter';
import { newestFirst } from '../platform/keyset';
import type { ListSource } from '../platform/read-model';
import type { RiskEventKind, Severity } from '../policies';
import type { WarningState } from './domain/warning';

export type WarningFilter = Filter<{
  readonly severity?: Choice<Severity>;
  readonly state?: Choice<WarningState>;
  readonly kind?: Choice<RiskEventKind>;
  readonly customerId?: string;
  readonly ownerId?: string;
  readonly raisedAt?: Range<Date>;
  readonly deadline?: Range<Date>;
}>;

export interface WatchedWarning {
  readonly id: string;
  readonly severity: Severity;
  readonly state: WarningState;
  readonly version: number;
}

export const createWarningQueries = ({ query }: Database) => ({
  mayRead: (viewer: Actor): Result<true> => permit(viewer, 'warning.read'),

  /** Newest first. Needs `warning.read`. */
  listWarnings: (viewer: Actor, filter: WarningFilter): Result<ListSource> => {
    const permitted = permit(viewer, 'warning.read');
    return permitted.ok
      ? ok({
          model: 'Warning',
          alias: 'warning',
          select: (params) => ({
            from: 'warning',
            where: filterConditions(filter, (leaf) => [
              ...choiceConditions('warning.severity', 'text', leaf.severity, params),
              ...choiceConditions('warning.state', 'text', leaf.state, params),
              ...choiceConditions('warning.kind', 'text', leaf.kind, params),
              ...(leaf.customerId === undefined ? [] : [`warning.customer_id = ${params.add(leaf.customerId)}::uuid`]),
              ...(leaf.ownerId === undefined ? [] : [`warning.owner_id = ${params.add(leaf.ownerId)}::uuid`]),
              ...rangeConditions('warning.raised_at', 'timestamptz', leaf.raisedAt, params),
              ...rangeConditions('warning.deadline', 'timestamptz', leaf.deadline, params),
            ]),
            order: newestFirst('warning', 'raised_at'),
          }),
        })
      : permitted;
  },

  /** Read once for many viewers: the answer tells each of them what he may see, else FORBIDDEN or NOT_FOUND. */
  forViewers: async (ids: readonly string[]): Promise<(viewer: Actor, id: string) => Result<WatchedWarning>> => {
    const rows = await query<WatchedWarning>(
      'SELECT id, severity, state, version FROM warning WHERE id = ANY ($1::uuid[])',
      [ids],
    );
    const warnings = new Map(rows.map((warning) => [warning.id, warning]));
    return (viewer, id) => {
      const permitted = permit(viewer, 'warning.read');
      if (!permitted.ok) return permitted;
      const warning = warnings.get(id);
      return warning === undefined ? refuse('NOT_FOUND', 'There is no such warning.') : ok(warning);
    };
  },
});

/** Worst severity of the warnings that are not closed, by customer; with null, of everybody. Green ones warn of nothing. */
export const openSeverities = async (
  query: Database['query'],
  customerIds: readonly string[] | null,
): Promise<ReadonlyMap<string, Exclude<Severity, 'GREEN'>>> => {
  const rows = await query<{ customerId: string; red: boolean }>(
    `SELECT customer_id AS "customerId", bool_or(severity = 'RED') AS red FROM warning
     WHERE state <> 'CLOSED' AND severity <> 'GREEN' AND ($1::uuid[] IS NULL OR customer_id = ANY ($1::uuid[]))
     GROUP BY customer_id`,
    [customerIds],
  );
  return new Map(rows.map(({ customerId, red }) => [customerId, red ? 'RED' : 'YELLOW']));
};

export type WarningQueries = ReturnType<typeof createWarningQueries>;
