/** Row of `org_unit`. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('org_unit')
export class OrgUnitEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text', { unique: true })
  code!: string;

  @Column('text', { name: 'name_zh' })
  nameZh!: string;

  @Column('text', { name: 'name_en' })
  nameEn!: string;

  @Column('uuid', { name: 'parent_id', nullable: true })
  parentId!: string | null;

  @Column('text')
  line!: string;
}
