/** Every migration, in order. A migration that has been released is never edited. */
import { Platform1767225600001 } from './0001-platform';

export const MIGRATIONS = [Platform1767225600001];
