/** Door of the indicators room: what is measured of customers, how values come in, and what they are or were. */
import type { Clock, NewId } from '../kernel/clock';
import type { Customers } from '../customers';
import type { Database } from '../platform/database';
import type { UnitOfWork } from '../platform/unit-of-work';
import type { Policies } from '../policies';
import { createComplaintCommands } from './complaint.commands';
import { createDerivedCommands } from './derived.commands';
import { createExpertScoreCommands } from './expert-score.commands';
import { createIndicatorCommands, type IndicatorCommands } from './indicator.commands';
import { createIndicatorImport } from './indicator.import';
import { createIndicatorQueries, currentValues, packedValues, type IndicatorQueries } from './indicator.queries';
import { judgement } from './judgement';
import { createSourceQueries } from './source.queries';

export {
  DIMENSIONS,
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
export { derivationOf } from './domain/derived-data';
export { COMPLAINT_RULES, COMPLAINT_RULES_VERSION } from './domain/complaint-rules-data';
export { customerNumber, keyColumns, type IndicatorMap } from './domain/import-map';
export { QUALITIES, type Quality, type SnapshotContent } from './domain/snapshot';
export { complaintReads } from './complaint.reads';
export { definitionOf, indicatorReads } from './indicator.reads';
export { readIndicatorMap } from './indicator.import';
export { isMaskedFor, isSensitive, packedValuesAt } from './indicator.queries';

export interface IndicatorsDeps {
  readonly database: Database;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly customers: Customers;
  readonly policies: Pick<Policies, 'inForce'>;
}

export interface Indicators {
  readonly commands: IndicatorCommands &
    ReturnType<typeof createExpertScoreCommands> &
    ReturnType<typeof createComplaintCommands> &
    ReturnType<typeof createDerivedCommands>;
  readonly queries: IndicatorQueries & ReturnType<typeof createSourceQueries>;
  /** Brings a file in, chunk by chunk. */
  readonly importFile: ReturnType<typeof createIndicatorImport>;
  readonly currentValues: typeof currentValues;
  /** Values of people in place of sources'. */
  readonly judgement: typeof judgement;
  readonly packedValues: typeof packedValues;
}

export const createIndicators = ({
  database,
  unitOfWork,
  clock,
  newId,
  customers,
  policies,
}: IndicatorsDeps): Indicators => {
  const commands = createIndicatorCommands({ unitOfWork, clock, customers, policies });
  return {
    commands: {
      ...commands,
      ...createExpertScoreCommands({ unitOfWork }),
      ...createComplaintCommands({ unitOfWork }),
      ...createDerivedCommands({ unitOfWork }),
    },
    queries: { ...createIndicatorQueries(database), ...createSourceQueries(database) },
    importFile: createIndicatorImport({ unitOfWork, newId, clock, commands }),
    currentValues,
    judgement,
    packedValues,
  };
};
