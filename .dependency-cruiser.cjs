/**
 * The architecture as rules. Each rule has a name and a reason, and test/house/architecture.test.ts shows that each bites.
 * Paths of packages are matched wherever node_modules stands.
 */

/** Left to right: a room imports only rooms that stand before it. Kernel and platform have no door; the others do. */
const ORDER = [
  'kernel',
  'platform',
  'identity',
  'audit',
  'policies',
  'approvals',
  'customers',
  'indicators',
  'scorecards',
  'ratings',
  'overrides',
  'tiers',
  'limits',
  'warnings',
  'validation',
];
const WITHOUT_DOOR = ['kernel', 'platform'];
const oneOf = (names) => `(?:${names.join('|')})`;
const ROOM = oneOf(ORDER);
const ROOM_WITH_DOOR = oneOf(ORDER.filter((room) => !WITHOUT_DOOR.includes(room)));
const DOMAIN = `^src/${ROOM}/domain/`;
const npm = (...names) => `node_modules/${oneOf(names)}/`;

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** A package that only the named places may import. */
const keepIn = (name, comment, packages, places) =>
  forbid(name, comment, { pathNot: places }, { path: npm(...packages) });

module.exports = {
  forbidden: [
    ...ORDER.slice(0, -1).map((room, i) =>
      forbid(
        `room-order-${room}`,
        'Imports between rooms point left only; influence to the right travels as an outbox job.',
        { path: `^src/${room}/` },
        { path: `^src/${oneOf(ORDER.slice(i + 1))}/` },
      ),
    ),
    forbid(
      'known-room',
      'A folder of src/ that is not in the order of rooms escapes every other rule: give it its place.',
      { path: '^src/[^/]+/', pathNot: `^src/${ROOM}/` },
      {},
    ),
    forbid(
      'through-the-door',
      'What a room offers stands in its index.ts. Domain code may name pure code of a room to its left, as the door leads to the database.',
      { path: `^(?:src/(${ROOM})/|[^/]+/|[^/]+\\.ts$)`, pathNot: [DOMAIN, '^src/entities\\.ts$', '^test/'] },
      { path: `^src/${ROOM_WITH_DOOR}/`, pathNot: [`^src/${ROOM_WITH_DOOR}/index\\.ts$`, '^src/$1/'] },
    ),
    forbid(
      'entity-list-has-entities',
      'The list of entities is the one place that reaches behind the doors, and only for entities.',
      { path: '^src/entities\\.ts$' },
      { path: '^src/', pathNot: '\\.entity\\.ts$' },
    ),
    forbid(
      'rooms-get-values',
      'Rooms are given what they need; they know neither the composition root nor the environment.',
      { path: `^src/${ROOM}/` },
      { path: '^src/[^/]+\\.ts$', dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'rooms-know-no-doors',
      'GraphQL, workers and the command line are doors to the rooms, never the other way round.',
      { path: ['^src/', '^migrations/'] },
      { path: '^(?:graphql|workers|cli|bench|console|test)/' },
    ),
    forbid(
      'doors-stand-apart',
      'GraphQL and workers share rooms, not code of one another.',
      { path: '^(graphql|workers)/' },
      { path: '^(?:graphql|workers)/', pathNot: '^$1/' },
    ),
    forbid(
      'nobody-imports-cli-or-bench',
      'The command line and the measurements stand at the top of everything; only tests look down on them.',
      { pathNot: '^(?:cli|bench|test)/' },
      { path: '^(?:cli|bench)/' },
    ),
    forbid(
      'verifier-stands-alone',
      'The verifier shares the written formats with the writer of the log, and no code.',
      { path: '^cli/verify/' },
      {
        path: '^(?:src|graphql|workers|cli|migrations|bench)/|node_modules/',
        pathNot: '^cli/verify/|node_modules/@types/',
      },
    ),
    forbid(
      'nobody-imports-tests',
      'What tests support stays with the tests.',
      { pathNot: '^test/' },
      { path: '^test/' },
    ),
    forbid(
      'console-sees-the-contract-only',
      'The console knows the server by its schema and its published operations.',
      { path: '^console/' },
      {
        path: '^(?:src|graphql|workers|cli|migrations|bench)/',
        pathNot: ['^graphql/schema\\.graphql$', '^graphql/operations/'],
      },
    ),

    forbid(
      'kernel-is-pure',
      'The vocabulary of every room depends on nothing but exact numbers and hashing.',
      { path: '^src/kernel/' },
      { pathNot: ['^src/kernel/', npm('canonicalize', 'decimal.js'), '^(?:node:)?crypto$'] },
    ),
    forbid(
      'domain-is-pure',
      'Decisions see the kernel and pure code of their own and earlier rooms. From a door they take types alone.',
      { path: DOMAIN },
      {
        path: '^(?:src|graphql|workers|cli|migrations|bench)/|^ormconfig\\.ts$',
        pathNot: ['^src/kernel/', DOMAIN],
        dependencyTypesNot: ['type-only'],
      },
    ),
    forbid(
      'domain-types-from-doors',
      'Even as types, decisions know no rows, stores or platform: only what a door shows.',
      { path: DOMAIN },
      { path: '^src/', pathNot: ['^src/kernel/', DOMAIN, '^src/[^/]+/index\\.ts$'] },
    ),
    forbid(
      'domain-packages',
      'The packages of decisions compute and do nothing else: no database, network, file, clock or log.',
      { path: DOMAIN },
      { path: 'node_modules/', pathNot: npm('@casl/ability', 'zod') },
    ),
    forbid(
      'domain-without-node',
      'Files, processes, randomness and time are arguments of decisions.',
      { path: DOMAIN },
      { dependencyTypes: ['core'] },
    ),

    keepIn(
      'graphql-packages-in-graphql',
      'graphql/ is the only folder that knows GraphQL.',
      ['type-graphql', '@apollo/[^/]+', '@as-integrations/[^/]+', 'graphql', 'graphql-[^/]+', '@graphql-[^/]+/[^/]+'],
      '^graphql/',
    ),
    keepIn(
      'bullmq-in-workers',
      'Queues are known by workers/ and the platform.',
      ['bullmq'],
      ['^workers/', '^src/platform/'],
    ),
    keepIn('ioredis-in-platform', 'One place opens connections to Redis.', ['ioredis'], '^src/platform/'),
    keepIn(
      'opentelemetry-in-platform',
      'Spans are opened through the platform, which loads nothing unless tracing is switched on.',
      ['@opentelemetry/[^/]+'],
      '^src/platform/',
    ),
    keepIn(
      'typeorm-in-stores',
      'Decisions, commands and doors never speak to the ORM.',
      ['typeorm'],
      ['\\.(?:entity|store|queries)\\.ts$', '^src/platform/', '^migrations/', '^ormconfig\\.ts$'],
    ),
    keepIn(
      'pg-in-platform',
      'One place opens connections to PostgreSQL; measurements compare with the bare driver.',
      ['pg', 'pg-[^/]+'],
      ['^src/platform/', '^bench/'],
    ),

    forbid(
      'no-cycles',
      'Two files that need each other are one file or three. Types may look back: they are gone when the code runs.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    forbid('resolvable', 'An import that leads nowhere.', {}, { couldNotResolve: true }),
    forbid(
      'declared-packages',
      'A package is used only where package.json names it.',
      {},
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    ),
    forbid(
      'no-development-packages',
      'What runs in production is installed there.',
      { path: '^(?:src|graphql|workers|cli|migrations|ormconfig\\.ts)' },
      { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Types count: a type-only import is a dependency on what another room shows.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'default', 'import', 'types'],
    },
    exclude: { path: '^(?:dist|coverage)/' },
  },
};
