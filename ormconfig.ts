/**
 * TypeORM's command line reads this data source. The running application opens its own through src/platform/database,
 * with the same entities and under the app role.
 */
import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from './migrations';
import { loadConfig } from './src/config';
import { ENTITIES } from './src/entities';
import { dataSourceOptions, OWNER_ROLE } from './src/platform/database';

const config = loadConfig();

export default new DataSource({
  ...dataSourceOptions(config.databaseOwnerUrl ?? '', OWNER_ROLE, {
    entities: ENTITIES,
    poolSize: 2,
    applicationName: 'typeorm',
  }),
  migrations: MIGRATIONS,
  migrationsTableName: 'migration',
});
