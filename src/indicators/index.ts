/** Door of the indicators room: what is measured of customers, how values come in, and what they are or were. */
import type { Clock, NewId } from '../kernel/clock';
import type { Customers } from '../customers';
import type { Database } from '../platform/database';
import type { UnitOfWork } from '../platform/unit-of-work';
import { createIndicatorCommands, type IndicatorCommands } from './indicator.commands';
import { createIndicatorImport } from './indicator.import';
import { createIndicatorQueries, currentValues, packedValues, type IndicatorQueries } from './indicator.queries';

export {
  DIMENSIONS,
  findIndicator,
  INDICATORS,
  indicatorOf,
  MAX_ORDINAL,
  UNIT_MEANINGS,
  type Dimension,
  type Direction,
  type IndicatorCode,
  type IndicatorDefinition,
  type IndicatorUnit,
} from './domain/dictionary';
export { customerNumber, keyColumns, type IndicatorMap } from './domain/import-map';
export { QUALITIES, type Quality, type SnapshotContent } from './domain/snapshot';
export { indicatorReads } from './indicator.reads';
export { readIndicatorMap } from './indicator.import';
export { isMaskedFor } from './indicator.queries';

export interface IndicatorsDeps {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly customers: Customers;
}

export interface Indicators {
  readonly commands: IndicatorCommands;
  readonly queries: IndicatorQueries;
  /** Brings a file in, chunk by chunk. */
  readonly importFile: ReturnType<typeof createIndicatorImport>;
  readonly currentValues: typeof currentValues;
  readonly packedValues: typeof packedValues;
}

export const createIndicators = ({ database, unitOfWork, clock, newId, customers }: IndicatorsDeps): Indicators => {
  const commands = createIndicatorCommands({ unitOfWork, clock, customers });
  return {
    commands,
    queries: createIndicatorQueries(database),
    importFile: createIndicatorImport({ unitOfWork, newId, clock, commands }),
    currentValues,
    packedValues,
  };
};
