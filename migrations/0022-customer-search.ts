/**
 * An index for words inside of names: every two letters that stand beside each other, and every letter alone that is not
 * ASCII, since one or two Chinese characters are a word. It needs no extension of the server.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CustomerSearch1767225600022 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION tw_search_grams(searched text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT ARRAY(SELECT letter || following
                     FROM unnest(string_to_array(searched, NULL), (string_to_array(searched, NULL))[2:])
                       AS neighbours (letter, following)
                     WHERE following IS NOT NULL)
            || ARRAY(SELECT letter FROM unnest(string_to_array(searched, NULL)) AS letter WHERE ascii(letter) > 127)
      $$;
      CREATE INDEX customer_search ON customer USING gin (tw_search_grams(search_text));
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX customer_search; DROP FUNCTION tw_search_grams(text);');
  }
}
