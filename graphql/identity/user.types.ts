import { IsOptional, MaxLength } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { Role } from '../../src/kernel/role';
import { LINES, type Line } from '../../src/kernel/line';
import { connectionType } from '../connection';
import { enumOf, RoleEnum } from '../enums';
import { Node } from '../node.types';

export const LineEnum = enumOf(LINES);
registerEnumType(LineEnum, {
  name: 'Line',
  description: 'Reporting line of an org unit.',
  valuesConfig: {
    SALES: { description: '销售条线' },
    RISK: { description: '风险条线' },
    FINANCE: { description: '财务条线' },
    AUDIT: { description: '审计条线' },
    IT: { description: '科技条线' },
  },
});

@ObjectType('OrgUnit', { implements: Node, description: 'A unit of the organisation 「组织单元」.' })
export class OrgUnit extends Node {
  @Field({ description: 'Short code, unique.', simple: true })
  code!: string;

  @Field({ description: 'Chinese name.', simple: true })
  nameZh!: string;

  @Field({ description: 'English name.', simple: true })
  nameEn!: string;

  @Field(() => LineEnum, { description: 'Reporting line.', simple: true })
  line!: Line;
}

export const OrgUnitConnection = connectionType('OrgUnit', OrgUnit);

@ObjectType('User', { implements: Node, description: 'A person who works with the system.', simpleResolvers: true })
export class User extends Node {
  @Field({ description: 'Name to show.' })
  displayName!: string;

  @Field({ description: 'False once the person has left.' })
  active!: boolean;

  @Field(() => [RoleEnum], { description: 'Roles in force.' })
  roles!: readonly Role[];

  @Field(() => Int, { description: 'Grows with every change of the user or his roles.' })
  version!: number;

  @Field(() => OrgUnit, { description: 'Where the person works.' })
  orgUnit!: OrgUnit;
}

export const UserConnection = connectionType('User', User);

@InputType({ description: 'Which users; all conditions together.' })
export class UserWhere {
  @Field(() => RoleEnum, { nullable: true, description: 'Holds this role now.' })
  role?: Role | null;

  @Field(() => ID, { nullable: true, description: 'Works in this org unit.' })
  orgUnit?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'False: has left; true: has not.' })
  active?: boolean | null;

  @Field(() => String, { nullable: true, description: 'Part of the name, or of the subject of the sign-in.' })
  @IsOptional()
  @MaxLength(100)
  search?: string | null;
}

@ObjectType({ description: 'The caller.', simpleResolvers: true })
export class Viewer {
  @Field(() => ID, { description: 'Id of the caller: a user, or a service.' })
  id!: string;

  @Field({ description: 'Name to show.' })
  displayName!: string;

  @Field(() => [RoleEnum], { description: 'Roles in force.' })
  roles!: readonly Role[];

  @Field(() => [String], { description: 'Actions that the roles allow, for showing and hiding parts of a screen.' })
  permissions!: readonly string[];
}
