/** Every TypeORM entity of the project; the schema test compares each with the migrated database. */
import {
  CustomerEntity,
  CustomerRelationEntity,
  CustomerVersionEntity,
  IndustryEntity,
} from './customers/customer.entity';
import { ImportBatchEntity } from './customers/import-batch.entity';
import { OrgUnitEntity } from './identity/org-unit.entity';
import { UserEntity, UserRoleEntity } from './identity/user.entity';
import {
  IndicatorConflictEntity,
  IndicatorCurrentEntity,
  IndicatorOriginEntity,
  IndicatorPrecedenceEntity,
  IndicatorSnapshotEntity,
} from './indicators/indicator.entity';
import { CreditLimitEntity, CreditLimitEntryEntity } from './limits/credit-limit.entity';
import { GradeOverrideEntity } from './overrides/grade-override.entity';
import { PolicyVersionEntity } from './policies/policy-version.entity';
import { CustomerGradeEntity, RatingEntity } from './ratings/rating.entity';
import { RatingParkedEntity, RatingRunChunkEntity, RatingRunEntity } from './ratings/run.entity';
import {
  CutPointSetEntity,
  ModelFileEntity,
  ScorecardEntity,
  ScorecardVersionEntity,
} from './scorecards/scorecard.entity';
import { TierTaskEntity } from './tiers/tier-task.entity';
import { ValueComputationEntity } from './tiers/value.entity';
import { OutcomeEntity } from './validation/outcome.entity';

export const ENTITIES = [
  OrgUnitEntity,
  UserEntity,
  UserRoleEntity,
  PolicyVersionEntity,
  IndustryEntity,
  CustomerEntity,
  CustomerVersionEntity,
  CustomerRelationEntity,
  ImportBatchEntity,
  IndicatorSnapshotEntity,
  IndicatorCurrentEntity,
  IndicatorOriginEntity,
  IndicatorPrecedenceEntity,
  IndicatorConflictEntity,
  ScorecardEntity,
  ScorecardVersionEntity,
  CutPointSetEntity,
  ModelFileEntity,
  RatingRunEntity,
  RatingRunChunkEntity,
  RatingParkedEntity,
  RatingEntity,
  CustomerGradeEntity,
  GradeOverrideEntity,
  ValueComputationEntity,
  TierTaskEntity,
  CreditLimitEntity,
  CreditLimitEntryEntity,
  OutcomeEntity,
];
