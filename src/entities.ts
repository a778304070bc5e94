/** Every TypeORM entity of the project; the schema test compares each with the migrated database. */
import { PolicyVersionEntity } from './policies/policy-version.entity';

export const ENTITIES = [PolicyVersionEntity];
