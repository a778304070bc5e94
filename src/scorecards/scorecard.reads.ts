/** How scorecard versions and frozen cut points are read for screens. */
import type { Actor } from '../kernel/actor';
import { Decimal } from '../kernel/decimal';
import { byActorId, permit } from '../identity';
import { batched, identity, int, moment, one, text, type ColumnField, type RoomReads } from '../platform/read-model';
import { lintScorecard } from './domain/lint-scorecard';
import type { ScorecardQueries } from './scorecard.queries';

const mayRead = (viewer: Actor): boolean => permit(viewer, 'policy.read').ok;

const id = text('id');

/** Columns of the scorecard that a version is of. */
const ofScorecard = (column: string): ColumnField => text((t) => `${t}_scorecard.${column}`, { join: 'scorecard' });

export const createScorecardReads = (queries: ScorecardQueries): RoomReads => ({
  models: [
    {
      name: 'ScorecardVersion',
      table: (t) => `scorecard_version AS ${t}`,
      key: 'id',
      mayRead,
      joins: { scorecard: (t) => `LEFT JOIN scorecard AS ${t}_scorecard ON ${t}_scorecard.id = ${t}.scorecard_id` },
      fields: {
        id: identity,
        scorecard: ofScorecard('code'),
        number: int('number'),
        nameZh: text((t) => `${t}.definition #>> '{name,zh}'`),
        nameEn: text((t) => `${t}.definition #>> '{name,en}'`),
        state: text('state'),
        effectiveFrom: moment('effective_from'),
        version: int('revision'),
        createdAt: moment('created_at'),
        creator: one('User', byActorId('created_by')),
        basedOn: one('ScorecardVersion', (version, base) => `${base}.id = ${version}.based_on_id`),
        digest: text('digest'),
        // Held against its digest, as everything that rates.
        definition: batched({ id }, async (versions, { viewer }) => {
          const found = await queries.versionsByIds(viewer, [...new Set(versions.map((version) => version.id))]);
          return versions.map((version) => found.find((one) => one.id === version.id)?.definition ?? null);
        }),
        findings: batched({ id }, async (versions, { viewer }) => {
          const found = await queries.versionsByIds(viewer, [...new Set(versions.map((version) => version.id))]);
          return versions.map((version) => {
            const held = found.find((one) => one.id === version.id);
            return (held === undefined ? [] : lintScorecard(held.definition)).map(
              ({ code, severity, path, text: said }) => ({
                code,
                severity,
                path,
                textZh: said.zh,
                textEn: said.en,
              }),
            );
          });
        }),
      },
    },
    {
      name: 'CutPointSet',
      table: (t) => `cut_point_set AS ${t}`,
      key: 'id',
      mayRead,
      fields: {
        id: identity,
        segment: text('segment'),
        referenceSize: int('reference_size'),
        frozenAt: moment('frozen_at'),
        digest: text('digest'),
        characteristics: batched({ id }, async (sets, { viewer }) => {
          const found = await queries.cutPointsByIds(viewer, [...new Set(sets.map((set) => set.id))]);
          return sets.map((set) =>
            found
              .find((one) => one.id === set.id)
              ?.characteristics.map(({ id: characteristic, cuts, ...row }) => ({
                ...row,
                characteristic,
                cuts: cuts?.map((cut) => new Decimal(cut).toFixed()) ?? null,
              })),
          );
        }),
      },
    },
  ],
});
