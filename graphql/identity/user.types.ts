import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import type { Role } from '../../src/kernel/role';
import { LINES, type Line, type User as UserView } from '../../src/identity';
import { enumOf, RoleEnum } from '../enums';
import { asNode } from '../global-id';
import { Node } from '../node.types';

const LineEnum = enumOf(LINES);
registerEnumType(LineEnum, { name: 'Line', description: 'Reporting line of an org unit.' });

@ObjectType({ description: 'A unit of the organisation.', simpleResolvers: true })
export class OrgUnit {
  @Field({ description: 'Short code.' })
  code!: string;

  @Field({ description: 'Chinese name.' })
  nameZh!: string;

  @Field({ description: 'English name.' })
  nameEn!: string;

  @Field(() => LineEnum, { description: 'Reporting line.' })
  line!: Line;
}

@ObjectType('User', { implements: Node, description: 'A person who works with the system.', simpleResolvers: true })
export class User extends Node {
  key!: string;

  @Field({ description: 'Name to show.' })
  displayName!: string;

  @Field({ description: 'False once the person has left.' })
  active!: boolean;

  @Field(() => [RoleEnum], { description: 'Roles in force.' })
  roles!: readonly Role[];

  @Field(() => OrgUnit, { description: 'Where the person works.' })
  orgUnit!: OrgUnit;
}

export const userNode = (view: UserView): User => asNode('User', view);

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
