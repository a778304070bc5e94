/** Rows of `app_user` and `user_role`. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('app_user')
export class UserEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text', { unique: true })
  subject!: string;

  @Column('text', { name: 'display_name' })
  displayName!: string;

  @Column('uuid', { name: 'org_unit_id' })
  orgUnitId!: string;

  @Column('boolean', { default: true })
  active!: boolean;

  @Column('integer', { default: 1 })
  version!: number;
}

@Entity('user_role')
export class UserRoleEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'user_id' })
  userId!: string;

  @Column('text')
  role!: string;

  @Column('text', { name: 'granted_by' })
  grantedBy!: string;

  @Column('timestamptz', { name: 'granted_at' })
  grantedAt!: Date;

  @Column('text', { name: 'revoked_by', nullable: true })
  revokedBy!: string | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;
}
