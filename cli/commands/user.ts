/**
 * `tierwarden user`: the people of an installation, for operators: the first ones have to come from somewhere. Roles and
 * segregation are judged as everywhere else, and every change is in the audit log under the command line's name.
 */
import { Option, type Command } from 'commander';
import { asSystem, required } from '../../src/app';
import { loadConfig } from '../../src/config';
import { LINES, type Line } from '../../src/kernel/line';
import { type User } from '../../src/identity';
import { MAX_PAGE_SIZE, type Page, type PageKey } from '../../src/kernel/page';
import { ROLES, type Role } from '../../src/kernel/role';
import { CommandFailed, say, sayJson } from '../output';
import { withApp } from '../with-app';

interface AddOptions {
  readonly name: string;
  readonly unit: string;
  readonly role: readonly Role[];
  readonly json?: true;
}

interface UnitOptions {
  readonly nameZh: string;
  readonly nameEn: string;
  readonly line: Line;
  readonly parent?: string;
  readonly json?: true;
}

export const register = (program: Command): void => {
  const user = program.command('user').description('people and org units of the installation');
  user
    .command('add <subject>')
    .description('add a user; SUBJECT is the `sub` of his tokens')
    .requiredOption('--name <name>', 'name to show')
    .requiredOption('--unit <code>', 'org unit, by code')
    .addOption(new Option('--role <roles...>', 'roles').choices(ROLES).makeOptionMandatory())
    .option('--json', 'end with one JSON object: {id, subject, roles}')
    .action(addUser);
  user
    .command('unit <code>')
    .description('add an org unit')
    .requiredOption('--name-zh <name>', 'Chinese name')
    .requiredOption('--name-en <name>', 'English name')
    .addOption(new Option('--line <line>', 'reporting line').choices(LINES).makeOptionMandatory())
    .option('--parent <code>', 'unit above it')
    .option('--json', 'end with one JSON object: {id, code}')
    .action(addUnit);
  user
    .command('list')
    .description('list users with their units and roles')
    .option('--json', 'as one JSON object')
    .action(listUsers);
  user
    .command('token <subject>')
    .description('print a token valid for 12 hours; only with the embedded database')
    .action(printToken);
};

const addUser = (subject: string, { name, unit, role, json }: AddOptions): Promise<void> =>
  withApp(loadConfig(), async (app) => {
    const by = asSystem('cli', app.newId());
    const units = required(await app.identity.queries.orgUnits(by.actor)).map(({ code }) => code);
    if (!units.includes(unit)) throw new CommandFailed(unknownUnit(unit, units));
    const { user } = required(
      await app.identity.commands.createUser(by, { subject, displayName: name, orgUnitCode: unit, roles: role }),
    );
    if (json) sayJson({ id: user.id, subject, roles: user.roles });
    else say(`added ${subject} (${user.roles.join(', ')})`);
  });

const unknownUnit = (unit: string, units: readonly string[]): string =>
  units.length === 0
    ? `there is no org unit ${unit}, nor any other yet: add one with tierwarden user unit`
    : `there is no org unit ${unit}; there are ${units.join(', ')}`;

const addUnit = (code: string, { nameZh, nameEn, line, parent, json }: UnitOptions): Promise<void> =>
  withApp(loadConfig(), async (app) => {
    const by = asSystem('cli', app.newId());
    const input = { code, nameZh, nameEn, line, ...(parent === undefined ? {} : { parentCode: parent }) };
    const unit = required(await app.identity.commands.createOrgUnit(by, input));
    if (json) sayJson({ id: unit.id, code });
    else say(`added ${code} (${line})`);
  });

const listUsers = ({ json }: { readonly json?: true }): Promise<void> =>
  withApp(loadConfig(), async (app) => {
    const by = asSystem('cli', app.newId());
    const users: User[] = [];
    for (let after: PageKey | null = null; ;) {
      const page: Page<User> = required(
        await app.identity.queries.users(by.actor, {}, { first: MAX_PAGE_SIZE, after }),
      );
      users.push(...page.items);
      after = page.keys.at(-1) ?? null;
      if (!page.hasNextPage) break;
    }
    users.sort((a, b) => (a.subject < b.subject ? -1 : 1));
    for (const { subject, displayName, orgUnit, roles, active } of users) {
      say(`${subject}\t${displayName}\t${orgUnit.code}\t${roles.join(' ')}${active ? '' : '\t(inactive)'}`);
    }
    if (json) sayJson({ users: users.map(({ id, subject, roles, active }) => ({ id, subject, roles, active })) });
  });

const TOKEN_MINUTES = 12 * 60;

const printToken = (subject: string): Promise<void> =>
  withApp(loadConfig(), async (app) => {
    const issue = app.tokens?.issue;
    if (issue === undefined) throw new CommandFailed('tokens come from the identity provider of this installation');
    const user = await app.identity.queries.bySubject(subject);
    if (user === null) throw new CommandFailed(`there is no user ${subject}`);
    say(await issue(subject, TOKEN_MINUTES));
  });
