/**
 * What guards a vote and what follows from it costs the server less: whether a vote stands is planned once for a connection, a grade
 * asks for its rating again only where that is another, voters are found by their key, and a row of the trail is written as one array.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { reversed, rewriteFunctions, type FunctionChange } from './0120-lighter-runs';

export class LighterVotes1767225600130 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await rewriteFunctions(runner, CHANGES);
    await runner.query('SELECT tw_trail_install()');
  }

  async down(runner: QueryRunner): Promise<void> {
    await rewriteFunctions(runner, reversed(CHANGES));
    await runner.query('SELECT tw_trail_install()');
  }
}

const LASTS = `SELECT NOT EXISTS (SELECT FROM change_request_round AS later WHERE later.request_id = request
                           AND later.round > done_in AND later.from_level <= at_level)`;
const STANDS = `SELECT NOT EXISTS (SELECT FROM change_request_step WHERE vote_id = vote.id)
          AND change_request_lasts(vote.request_id, vote.round, vote.level_ordinal)`;

/** In PL/pgSQL, which keeps its plans: a function in SQL is read and planned anew by every statement that calls it. */
const kept = (body: string): FunctionChange[1] => [
  [' LANGUAGE sql\n', ' LANGUAGE plpgsql\n'],
  [`        ${body}\n`, `        BEGIN\n          RETURN (${body});\n        END\n`],
];

const RATING_OF_ITS_CUSTOMER = `      IF NOT EXISTS (SELECT FROM rating WHERE id = NEW.rating_id AND customer_id = NEW.customer_id) THEN
        RAISE EXCEPTION 'a grade without a rating of its customer' USING ERRCODE = '23503';
      END IF;
`;

const CHANGES: readonly FunctionChange[] = [
  ['change_request_lasts(uuid, smallint, smallint)', kept(LASTS)],
  ['change_request_vote_stands(change_request_vote)', kept(STANDS)],
  [
    'change_request_vote_guard()',
    [
      ['WHERE voter.id::text = ANY (persons) AND', 'WHERE voter.id IN (NEW.voter_id, NEW.principal_id) AND'],
      ['WHERE id::text = ANY (persons) AND NOT active', 'WHERE id IN (NEW.voter_id, NEW.principal_id) AND NOT active'],
    ],
  ],
  [
    'customer_grade_guard()',
    [
      [
        RATING_OF_ITS_CUSTOMER,
        `      -- Ratings stay as they are, and with their customers.
      IF TG_OP = 'INSERT' OR (OLD.rating_id, OLD.customer_id) IS DISTINCT FROM (NEW.rating_id, NEW.customer_id) THEN
${RATING_OF_ITS_CUSTOMER}      END IF;
`,
      ],
    ],
  ],
  [
    'tw_trail_source(oid, text[])',
    [
      [`'''[''' || string_agg(format(`, `'array_to_json(ARRAY[' || string_agg(format(`],
      [
        `          THEN $$ || coalesce(to_json(written.%I::text)::text, 'null')$$
          ELSE $$ || coalesce(to_json(to_jsonb(written.%I) #>> '{}')::text, 'null')$$ END, named.name),
        $$ || ','$$ ORDER BY named.place) || $$ || ']'$$,`,
        `          THEN 'written.%I::text'
          WHEN kind.typname = 'jsonb' THEN $$written.%I #>> '{}'$$
          ELSE $$to_jsonb(written.%I) #>> '{}'$$ END, named.name), ', ' ORDER BY named.place) || '])::text',`,
      ],
    ],
  ],
];
