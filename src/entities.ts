/** Every TypeORM entity of the project; the schema test compares each with the migrated database. */
import {
  ChangeRequestEntity,
  ChangeRequestLevelEntity,
  ChangeRequestVoteEntity,
} from './approvals/change-request.entity';
import {
  CustomerEntity,
  CustomerRelationEntity,
  CustomerVersionEntity,
  IndustryEntity,
} from './customers/customer.entity';
import { ImportBatchEntity } from './customers/import-batch.entity';
import { OrgUnitEntity } from './identity/org-unit.entity';
import { UserEntity, UserRoleEntity } from './identity/user.entity';
import { IndicatorCurrentEntity, IndicatorSnapshotEntity } from './indicators/indicator.entity';
import { CreditLimitEntity, CreditLimitEntryEntity } from './limits/credit-limit.entity';
import { GradeOverrideEntity } from './overrides/grade-override.entity';
import { PolicyVersionEntity } from './policies/policy-version.entity';
import { CustomerGradeEntity, RatingEntity } from './ratings/rating.entity';
import { RatingParkedEntity, RatingRunChunkEntity, RatingRunEntity } from './ratings/run.entity';
import { CutPointSetEntity, ScorecardEntity, ScorecardVersionEntity } from './scorecards/scorecard.entity';
import { OutcomeEntity } from './validation/outcome.entity';

export const ENTITIES = [
  OrgUnitEntity,
  UserEntity,
  UserRoleEntity,
  PolicyVersionEntity,
  ChangeRequestEntity,
  ChangeRequestLevelEntity,
  ChangeRequestVoteEntity,
  IndustryEntity,
  CustomerEntity,
  CustomerVersionEntity,
  CustomerRelationEntity,
  ImportBatchEntity,
  IndicatorSnapshotEntity,
  IndicatorCurrentEntity,
  ScorecardEntity,
  ScorecardVersionEntity,
  CutPointSetEntity,
  RatingRunEntity,
  RatingRunChunkEntity,
  RatingParkedEntity,
  RatingEntity,
  CustomerGradeEntity,
  GradeOverrideEntity,
  CreditLimitEntity,
  CreditLimitEntryEntity,
  OutcomeEntity,
];
