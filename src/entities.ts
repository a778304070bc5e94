/** Every TypeORM entity of the project; the schema test compares each with the migrated database. */
import {
  ChangeRequestEntity,
  ChangeRequestLevelEntity,
  ChangeRequestVoteEntity,
} from './approvals/change-request.entity';
import { PolicyVersionEntity } from './policies/policy-version.entity';

export const ENTITIES = [
  PolicyVersionEntity,
  ChangeRequestEntity,
  ChangeRequestLevelEntity,
  ChangeRequestVoteEntity,
];
